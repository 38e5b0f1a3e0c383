-- What of a JSON document stands under the paths (keys with dots between them), rebuilt; arrays on
-- the way are gone through. Where a path leads through a value that has no keys, null is left. A key
-- that has a dot of its own is in no path. What stands deeper than 100 levels becomes null: where the
-- server's stack ends (500 and more, with max_stack_depth = 2MB), one document would stop its category.
CREATE OR REPLACE FUNCTION retention.json_keep(document jsonb, paths text[], depth int DEFAULT 0)
RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    IF document IS NULL OR '' = ANY (paths) THEN
        RETURN document;
    ELSIF depth > 100 THEN
        RETURN 'null';
    END IF;
    CASE jsonb_typeof(document)
    WHEN 'object' THEN
        RETURN coalesce((
            SELECT jsonb_object_agg(m.key, retention.json_keep(m.value, m.rest, depth + 1))
            FROM (SELECT e.key, e.value,
                         ARRAY(SELECT substr(p, length(e.key) + 2) FROM unnest(paths) p
                               WHERE split_part(p, '.', 1) = e.key) AS rest
                  FROM jsonb_each(document) e) m
            WHERE m.rest <> '{}'), '{}');
    WHEN 'array' THEN
        RETURN coalesce((SELECT jsonb_agg(retention.json_keep(e.value, paths, depth + 1)
                                          ORDER BY e.place)
                         FROM jsonb_array_elements(document)
                             WITH ORDINALITY AS e(value, place)), '[]');
    ELSE
        RETURN 'null';
    END CASE;
END
$function$;
REVOKE ALL ON FUNCTION retention.json_keep(jsonb, text[], int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION retention.json_keep(jsonb, text[], int) TO @prefix@worker, @prefix@operator,
    @prefix@auditor, @prefix@approver, @prefix@legal, @prefix@reader;
