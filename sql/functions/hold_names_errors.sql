-- A hold must name something, or say that it means everything. Internal.
CREATE OR REPLACE FUNCTION retention.hold_names_errors(everything boolean, category text,
    tenant text, subject text, subjects text[], starts_from timestamptz, starts_to timestamptz,
    record_key text[], record_keys text[]) RETURNS text[]
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    names_nothing constant boolean := coalesce(category, tenant, subject, subjects::text,
        starts_from::text, starts_to::text, record_key::text, record_keys::text) IS NULL;
BEGIN
    RETURN CASE
        WHEN everything AND NOT names_nothing THEN
            ARRAY['a hold over everything names nothing else']
        WHEN everything IS NOT TRUE AND names_nothing THEN
            ARRAY['it names nothing to hold; to hold every record of every category, say everything']
        ELSE '{}'::text[] END;
END
$function$;
REVOKE ALL ON FUNCTION retention.hold_names_errors(boolean, text, text, text, text[], timestamptz,
    timestamptz, text[], text[]) FROM PUBLIC;
