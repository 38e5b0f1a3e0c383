-- What of hold facts decides what holds cover, and is therefore approved with a text: all but how
-- records are counted and found, and which statements may look at them (read_as_reader). Column
-- category.hold_bound leaves out the same. Internal.
CREATE OR REPLACE FUNCTION retention.hold_facts_bound(facts jsonb) RETURNS jsonb
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $function$
SELECT CASE WHEN jsonb_typeof(facts) = 'object' THEN facts - '{count,found,timezone,statements}'::text[] END
$function$;
REVOKE ALL ON FUNCTION retention.hold_facts_bound(jsonb) FROM PUBLIC;
