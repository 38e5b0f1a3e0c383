-- The leaves of a table ($1, as regclass reads it), or the table itself where it has none:
-- what one pass sweeps.
-- pg_partition_tree has no row for a table that is not partitioned. The file node tells a rewritten leaf from a grown one.
SELECT c.oid, n.nspname, c.relname,
       pg_catalog.format('%I.%I', n.nspname, c.relname),
       pg_catalog.pg_relation_filenode(c.oid),
       pg_catalog.pg_relation_size(c.oid) / pg_catalog.current_setting('block_size')::bigint,
       COALESCE((SELECT o.option_value FROM pg_catalog.pg_options_to_table(c.reloptions) AS o
                  WHERE o.option_name = 'fillfactor')::int, 100)
  FROM (SELECT $1::pg_catalog.regclass AS relid
        UNION SELECT relid FROM pg_catalog.pg_partition_tree($1::pg_catalog.regclass)) AS t
  JOIN pg_catalog.pg_class AS c ON c.oid = t.relid
  JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
 WHERE c.relkind = 'r'
 ORDER BY c.oid
