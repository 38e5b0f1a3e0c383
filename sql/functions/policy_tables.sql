-- The tables that a normalised policy text acts on: its own and its dependants', as they are
-- written there. Empty for a text that is no policy. Internal.
CREATE OR REPLACE FUNCTION retention.policy_tables(policy text) RETURNS text[]
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $function$
SELECT coalesce(array_agg(DISTINCT s.value), '{}')
FROM retention.policy_settings(policy) s
WHERE s.name = 'table' AND s.place ~ '^data(\.with\[\d+\])*$'
$function$;
REVOKE ALL ON FUNCTION retention.policy_tables(text) FROM PUBLIC;
