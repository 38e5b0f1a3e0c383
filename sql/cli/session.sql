-- Pins what values look like, and tells where we are. One row.
SELECT
    pg_catalog.current_database(),
    session_user,
    pg_catalog.pg_is_in_recovery(),
    pg_catalog.to_regnamespace('retention') IS NOT NULL AS has_schema,
    EXISTS (
        SELECT FROM pg_catalog.pg_class c
        WHERE c.relnamespace = pg_catalog.to_regnamespace('retention')
          AND c.relname = 'schema_migration'
    ) AS has_migrations,
    CASE WHEN pg_catalog.to_regnamespace('retention') IS NOT NULL
         THEN pg_catalog.has_schema_privilege('retention', 'USAGE')
    END AS may_use_schema,
    pg_catalog.set_config('search_path', '', false),
    pg_catalog.set_config('timezone', 'UTC', false),
    pg_catalog.set_config('datestyle', 'ISO, YMD', false),
    pg_catalog.set_config('intervalstyle', 'postgres', false),
    pg_catalog.set_config('bytea_output', 'hex', false)
