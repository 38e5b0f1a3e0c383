-- Why a leaf ($1, as regclass reads it) must not be emptied as a whole by a role ($2; NULL: the
-- current one): NULL where nothing but its records can stand against it. TRUNCATE fires no trigger
-- for DELETE, follows no foreign key, and is not replicated through a root. The guard refuses it
-- while a hold of its category is in force; its function's name begins with the category's.
-- And the leaf's blocks. Asked before, and again under the lock.
WITH tree AS (
    SELECT a.relid FROM pg_catalog.pg_partition_ancestors($1::pg_catalog.regclass) AS a
), own AS (
    SELECT g.*, p.proname, n.nspname = 'retention_guard' AS is_guard
      FROM pg_catalog.pg_trigger AS g
      JOIN pg_catalog.pg_proc AS p ON p.oid = g.tgfoid
      JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
     WHERE g.tgrelid IN (SELECT t.relid FROM tree AS t) AND NOT g.tgisinternal
)
SELECT CASE
       WHEN c.relkind <> 'r' OR NOT c.relispartition
       THEN 'it is no partition'
       WHEN NOT pg_catalog.has_table_privilege(COALESCE($2::pg_catalog.name, current_user), c.oid,
                                               'TRUNCATE')
       THEN pg_catalog.format('role "%s" lacks TRUNCATE on it',
                              COALESCE($2::pg_catalog.name, current_user))
       WHEN EXISTS (SELECT FROM pg_catalog.pg_constraint AS f
                     WHERE f.contype = 'f' AND f.confrelid IN (SELECT t.relid FROM tree AS t))
       THEN 'a foreign key refers to it'
       WHEN EXISTS (SELECT FROM own AS g
                     WHERE NOT g.is_guard AND (g.tgtype & 8 <> 0 OR g.tgtype & 32 <> 0))
       THEN 'a trigger fires for DELETE or TRUNCATE'
       WHEN EXISTS (SELECT FROM pg_catalog.pg_class AS r
                     WHERE r.oid IN (SELECT t.relid FROM tree AS t) AND r.relhasrules)
       THEN 'it has rewrite rules'
       WHEN EXISTS (SELECT FROM pg_catalog.pg_publication_tables AS u
                      JOIN pg_catalog.pg_namespace AS s ON s.nspname = u.schemaname
                      JOIN pg_catalog.pg_class AS r
                           ON r.relnamespace = s.oid AND r.relname = u.tablename
                     WHERE r.oid IN (SELECT t.relid FROM tree AS t))
       THEN 'it is published'
       WHEN EXISTS (SELECT FROM own AS g
                      JOIN retention.held_scope AS h
                           ON pg_catalog."left"(h.category, 50) =
                              pg_catalog."left"(g.proname::text, -9)
                     WHERE g.is_guard AND g.tgrelid = c.oid AND g.tgtype & 32 <> 0
                       AND h.held_until > pg_catalog.now())
       THEN 'the guard refuses TRUNCATE while a legal hold is in force'
       END,
       pg_catalog.pg_relation_size(c.oid) / pg_catalog.current_setting('block_size')::bigint
  FROM pg_catalog.pg_class AS c
 WHERE c.oid = $1::pg_catalog.regclass
