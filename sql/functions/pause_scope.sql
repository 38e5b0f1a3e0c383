-- Reads 'all', 'category:NAME' or 'tenant:VALUE'; the category must exist. Internal.
CREATE OR REPLACE FUNCTION retention.pause_scope(scope text, OUT kind text, OUT target text)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    IF scope = 'all' THEN
        kind := 'all';
    ELSIF scope ~ '^(category|tenant):.*\S' THEN
        kind := split_part(scope, ':', 1);
        target := substr(scope, length(kind) + 2);
    ELSE
        RAISE EXCEPTION USING ERRCODE = 'RT011',
            MESSAGE = 'the scope of a pause is "all", "category:NAME" or "tenant:VALUE"';
    END IF;
    IF kind = 'category'
            AND NOT EXISTS (SELECT FROM retention.category c WHERE c.name = target) THEN
        RAISE EXCEPTION USING ERRCODE = 'RT010',
            MESSAGE = format('there is no category "%s"', target);
    END IF;
END
$function$;
REVOKE ALL ON FUNCTION retention.pause_scope(text) FROM PUBLIC;
