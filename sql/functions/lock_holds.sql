-- Before the gate is closed to change how holds are found: whoever is releasing or changing one
-- finishes first, because it has changed rows of held_scope and will want the gate. Internal.
CREATE OR REPLACE FUNCTION retention.lock_holds() RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    PERFORM FROM retention.hold h WHERE h.released_at IS NULL ORDER BY h.hold FOR SHARE;
END
$function$;
REVOKE ALL ON FUNCTION retention.lock_holds() FROM PUBLIC;
