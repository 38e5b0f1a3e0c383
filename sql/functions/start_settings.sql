-- What a normalised policy text says of starting points: the same text where they are the same.
-- Internal.
CREATE OR REPLACE FUNCTION retention.start_settings(policy text) RETURNS text
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $function$
SELECT coalesce(string_agg(concat_ws(' ', s.place, s.name, s.value), E'\n' ORDER BY s.line), '')
FROM retention.policy_settings(policy) s
WHERE s.place = 'data' AND s.name IN ('start', 'not_before') OR s.place ~ '^data\.start'
   OR s.place = '' AND s.name = 'timezone'
$function$;
REVOKE ALL ON FUNCTION retention.start_settings(text) FROM PUBLIC;
