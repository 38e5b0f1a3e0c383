-- The partitions of a table ($1, as regclass reads it) that may be dropped once they are empty and
-- wholly past: all leaves but default ones.
SELECT c.oid, pg_catalog.format('%I.%I', n.nspname, c.relname),
       pg_catalog.concat(n.nspname, '.', c.relname)
  FROM pg_catalog.pg_partition_tree($1::pg_catalog.regclass) AS t
  JOIN pg_catalog.pg_class AS c ON c.oid = t.relid
  JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
 WHERE c.relkind = 'r' AND c.relispartition
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_partitioned_table AS p WHERE p.partdefid = c.oid)
 ORDER BY c.oid
