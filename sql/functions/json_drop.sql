-- A JSON document without what stands under the paths (keys with dots between them); arrays on the
-- way are gone through. A key that has dots of its own is taken for a path, too: what is in doubt
-- goes, and so does what stands deeper than 100 levels (see json_keep).
CREATE OR REPLACE FUNCTION retention.json_drop(document jsonb, paths text[], depth int DEFAULT 0)
RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    IF document IS NULL OR paths = '{}' THEN
        RETURN document;
    ELSIF depth > 100 THEN
        RETURN 'null';
    END IF;
    CASE jsonb_typeof(document)
    WHEN 'object' THEN
        RETURN coalesce((
            SELECT jsonb_object_agg(e.key, retention.json_drop(e.value,
                       ARRAY(SELECT substr(p, length(e.key) + 2) FROM unnest(paths) p
                             WHERE starts_with(p, e.key || '.')), depth + 1))
            FROM jsonb_each(document) e WHERE e.key <> ALL (paths)), '{}');
    WHEN 'array' THEN
        RETURN coalesce((SELECT jsonb_agg(retention.json_drop(e.value, paths, depth + 1)
                                          ORDER BY e.place)
                         FROM jsonb_array_elements(document)
                             WITH ORDINALITY AS e(value, place)), '[]');
    ELSE
        RETURN document;
    END CASE;
END
$function$;
REVOKE ALL ON FUNCTION retention.json_drop(jsonb, text[], int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION retention.json_drop(jsonb, text[], int) TO @prefix@worker, @prefix@operator,
    @prefix@auditor, @prefix@approver, @prefix@legal, @prefix@reader;
