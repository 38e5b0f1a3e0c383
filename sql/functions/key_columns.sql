-- The columns of a key with their types, for messages. Internal.
CREATE OR REPLACE FUNCTION retention.key_columns(columns jsonb) RETURNS text
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $function$
SELECT string_agg(format('%s %s', c ->> 'column', c ->> 'type'), ', ' ORDER BY place)
FROM jsonb_array_elements(columns) WITH ORDINALITY k (c, place)
$function$;
REVOKE ALL ON FUNCTION retention.key_columns(jsonb) FROM PUBLIC;
