-- One leaf ($1: its oid) again, as in leaves.sql; no row where it was dropped.
SELECT c.oid, n.nspname, c.relname,
       pg_catalog.format('%I.%I', n.nspname, c.relname),
       pg_catalog.pg_relation_filenode(c.oid),
       pg_catalog.pg_relation_size(c.oid) / pg_catalog.current_setting('block_size')::bigint,
       COALESCE((SELECT o.option_value FROM pg_catalog.pg_options_to_table(c.reloptions) AS o
                  WHERE o.option_name = 'fillfactor')::int, 100)
  FROM pg_catalog.pg_class AS c
  JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
 WHERE c.oid = $1::pg_catalog.oid AND c.relkind = 'r'
