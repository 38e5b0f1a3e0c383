-- The columns in both of two answers of retention.column_facts() that are not the same column any
-- more, as relation.column.
--
-- ALTER COLUMN ... TYPE ... USING to the same type rewrites every value and leaves no trace but
-- this: the column's description was written anew, and the table has another file. A description
-- alone is written anew by SET DEFAULT, SET STATISTICS, GRANT and the like, a file by VACUUM FULL,
-- CLUSTER and TRUNCATE; none of these count, nor does an UPDATE. Of a partitioned table the file is
-- its first partition's: that one going is like a VACUUM FULL, and only together with a description
-- written anew is it taken for a rewrite.
CREATE OR REPLACE FUNCTION retention.changed_columns(before jsonb, now jsonb) RETURNS text[]
LANGUAGE sql IMMUTABLE STRICT
SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT coalesce(array_agg(b.name ORDER BY b.name), '{}')
    FROM (SELECT concat(r.key, '.', c.key) AS name, c.value AS was,
                 now -> r.key -> c.key AS "is"
          FROM jsonb_each(before) r, jsonb_each(r.value) c
          WHERE now -> r.key ? c.key AND jsonb_typeof(c.value) = 'object') b
    WHERE jsonb_typeof(b."is") <> 'object'
       -- "spread" and "quiet" are what earlier versions wrote
       OR NOT b."is" @> b.was - '{row,file,spread,quiet}'::text[]
       OR b."is" -> 'row' <> b.was -> 'row'
           AND b."is" -> 'file' <> b.was -> 'file'
$function$;
REVOKE ALL ON FUNCTION retention.changed_columns(jsonb, jsonb) FROM PUBLIC;
