-- $1 what the server said ("permission denied for function pause"), $2 the prefix of the roles:
-- which of the groups may use the function or read the table that it names; NULL where none is
SELECT pg_catalog.string_agg(r.rolname, ', ' ORDER BY r.rolname)
FROM pg_catalog.pg_roles r
WHERE r.rolname IN ($2::text || 'worker', $2::text || 'operator', $2::text || 'approver',
                    $2::text || 'legal', $2::text || 'auditor')
  AND (EXISTS (SELECT FROM pg_catalog.pg_proc p
               JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
               WHERE n.nspname = 'retention'
                 AND p.proname = pg_catalog.split_part($1::text, ' function ', 2)
                 AND pg_catalog.has_function_privilege(r.oid, p.oid, 'EXECUTE'))
       OR EXISTS (SELECT FROM pg_catalog.pg_class c
                  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                  WHERE n.nspname = 'retention'
                    AND c.relname = pg_catalog.split_part($1::text, ' table ', 2)
                    AND pg_catalog.has_table_privilege(r.oid, c.oid, 'SELECT')))
