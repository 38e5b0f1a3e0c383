-- What the columns of {relation: {column: ...}} are now; the answer has the same shape, so that it
-- can be asked again of what it answered.
--
-- A name is no identity: two columns can swap theirs, a column can be dropped and made anew. By
-- what stands here retention.changed_columns() tells whether a name still means what it meant when
-- a policy was approved:
--
--   is       relation and number: another one is another column, whatever its name
--   type     with its modifier and collation
--   labels   of an enum, by oid: a new one is no change, a renamed one is
--   row      transaction that wrote the column's description last
--   file     of the table, or of its first partition that has one: another one after a rewrite
--            (VACUUM FULL too)
--
-- NULL where a column is gone. Catalogs are read by index: it runs in every batch.
CREATE OR REPLACE FUNCTION retention.column_facts(reads jsonb) RETURNS jsonb
LANGUAGE plpgsql VOLATILE STRICT SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = force_generic_plan
SET enable_hashjoin = off
SET enable_mergejoin = off
SET enable_seqscan = off
SET jit = off
AS $function$
BEGIN
    RETURN (SELECT coalesce(jsonb_object_agg(relation.name, relation.columns), '{}')
        FROM (SELECT r.key AS name,
                (SELECT coalesce(jsonb_object_agg(n.name, CASE WHEN a.attnum IS NOT NULL THEN
                        jsonb_build_object(
                            'is', concat_ws('.', c.oid, a.attnum),
                            'type', concat_ws('.', a.atttypid, a.atttypmod, a.attcollation),
                            'row', a.xmin::text,
                            'file', coalesce(o.file, 0),
                            'labels', (SELECT jsonb_object_agg(e.oid, e.enumlabel) FROM pg_enum e
                                WHERE e.enumtypid = CASE t.typtype WHEN 'd' THEN t.typbasetype
                                                                   ELSE t.oid END))
                        END), '{}')
                 FROM jsonb_object_keys(r.value) n (name)
                     LEFT JOIN pg_class c ON c.oid = o.oid
                     LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = n.name::name
                         AND a.attnum > 0 AND NOT a.attisdropped
                     LEFT JOIN pg_type t ON t.oid = a.atttypid) AS columns
              FROM jsonb_each(column_facts.reads) r
                  CROSS JOIN LATERAL (SELECT n.oid,
                        (WITH RECURSIVE tree AS (
                            SELECT f.oid, f.relkind, f.relfilenode FROM pg_class f
                                WHERE f.oid = n.oid
                            UNION ALL
                            SELECT f.oid, f.relkind, f.relfilenode
                                FROM tree t JOIN pg_inherits i ON i.inhparent = t.oid
                                    JOIN pg_class f ON f.oid = i.inhrelid
                                WHERE t.relkind = 'p')
                         SELECT t.relfilenode FROM tree t WHERE t.relkind = 'r'
                         ORDER BY t.oid LIMIT 1) AS file
                      FROM retention.relation_oid(r.key) n (oid) OFFSET 0) o)
             relation);
END
$function$;
REVOKE ALL ON FUNCTION retention.column_facts(jsonb) FROM PUBLIC;
