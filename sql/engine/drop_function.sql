-- What keeps a role ($5; NULL: the current one) from dropping empty partitions of a table ($4, as
-- regclass reads it): its function ($1: schema, $2: name, $3: source, $6: settings, a line each) must
-- be there as setup prints it, with the rights of the table's owner and not of who calls it. NULL:
-- nothing. The name alone proves nothing, whoever may create in the schema can use it.
SELECT CASE
       WHEN p.oid IS NULL THEN 'is missing'
       WHEN NOT p.prosecdef OR p.proowner <> c.relowner OR p.prosrc <> $3::text
            OR pg_catalog.array_to_string(p.proconfig, E'\n') IS DISTINCT FROM $6::text
       THEN 'is not as it should be'
       WHEN NOT pg_catalog.has_function_privilege(COALESCE($5::pg_catalog.name, current_user), p.oid,
                                                  'EXECUTE')
       THEN pg_catalog.format('may not be executed by role "%s"',
                              COALESCE($5::pg_catalog.name, current_user))
       END
  FROM pg_catalog.pg_class AS c
  LEFT JOIN LATERAL (SELECT f.* FROM pg_catalog.pg_proc AS f
                       JOIN pg_catalog.pg_namespace AS n ON n.oid = f.pronamespace
                      WHERE n.nspname = $1::text AND f.proname = $2::text
                        AND f.proargtypes = '26 1184 23'::pg_catalog.oidvector) AS p ON true
 WHERE c.oid = $4::pg_catalog.regclass
