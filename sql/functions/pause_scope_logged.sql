-- The scope as it stands in the log. A tenant is a value of a governed column and must not: the
-- pause's own number stands for it, and who may read table pause can look it up. Internal.
CREATE OR REPLACE FUNCTION retention.pause_scope_logged(kind text, target text, pause uuid)
RETURNS text
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    RETURN CASE kind WHEN 'all' THEN 'all'
                     WHEN 'category' THEN 'category:' || target
                     ELSE 'tenant:' || replace(pause::text, '-', '') END;
END
$function$;
REVOKE ALL ON FUNCTION retention.pause_scope_logged(text, text, uuid) FROM PUBLIC;
