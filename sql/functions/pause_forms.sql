-- What a tenant is that somebody wrote, for each category whose records have one: the text that the
-- statements of batches compare with (sql_paused in worker/policy/sql_free.c). NULL where the type of
-- its tenants has no such value. Where it is not known yet how the records are found (hold_facts),
-- it is taken as it was written. Internal.
CREATE OR REPLACE FUNCTION retention.pause_forms(tenant text)
RETURNS TABLE (category text, type text, form text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $function$
SELECT c.name, f.facts #>> '{tenant,type}',
       CASE WHEN f.facts IS NULL THEN pause_forms.tenant
            ELSE retention.pause_as_printed(pause_forms.tenant) ->> (f.facts #>> '{tenant,type}') END
FROM retention.category c CROSS JOIN LATERAL (SELECT retention.hold_facts(c) AS facts) f
WHERE c.state <> 'retired' AND (f.facts IS NULL OR f.facts ? 'tenant')
$function$;
REVOKE ALL ON FUNCTION retention.pause_forms(text) FROM PUBLIC;
