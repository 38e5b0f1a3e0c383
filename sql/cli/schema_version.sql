-- The last migration applied, and the prefix of the roles.
SELECT
    (SELECT pg_catalog.max(m.number) FROM retention.schema_migration m),
    (SELECT i.prefix FROM retention.install i LIMIT 1)
