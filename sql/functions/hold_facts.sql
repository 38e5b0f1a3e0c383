-- How holds find the records of a category: what its text in effect says, before the first approval
-- the text that is loaded. NULL: not known yet, and then whatever could reach the category holds
-- all of it. Internal.
CREATE OR REPLACE FUNCTION retention.hold_facts(c retention.category) RETURNS jsonb
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $function$
SELECT CASE WHEN jsonb_typeof(f.facts) = 'object' THEN f.facts END
FROM (SELECT CASE WHEN (c).approved_sha256 IS NULL THEN (c).loaded_hold_facts
                  ELSE (c).hold_facts END AS facts) f
$function$;
REVOKE ALL ON FUNCTION retention.hold_facts(retention.category) FROM PUBLIC;
