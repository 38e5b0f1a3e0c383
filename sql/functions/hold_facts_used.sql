-- The facts of every category that is not retired, by name: what holds are applied with. Internal.
CREATE OR REPLACE FUNCTION retention.hold_facts_used() RETURNS jsonb
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $function$
SELECT coalesce(jsonb_object_agg(c.name, retention.hold_facts(c)), '{}')
FROM retention.category c WHERE c.state <> 'retired'
$function$;
REVOKE ALL ON FUNCTION retention.hold_facts_used() FROM PUBLIC;
