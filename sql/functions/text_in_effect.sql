-- The normalised text of a category that is in effect; before the first approval the one that is
-- loaded. Internal.
CREATE OR REPLACE FUNCTION retention.text_in_effect(c retention.category) RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $function$
SELECT t.text FROM retention.policy_text t
WHERE t.category = (c).name AND t.sha256 = coalesce((c).approved_sha256, (c).loaded_sha256)
$function$;
REVOKE ALL ON FUNCTION retention.text_in_effect(retention.category) FROM PUBLIC;
