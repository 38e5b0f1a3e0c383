-- Before the gate is closed to change how holds are found: whoever is releasing or changing one
-- finishes first, because it has changed rows of held_scope and will want the gate. So does whoever is
-- here before, so that what it changes of the holds under the gate (accept_hold_gaps) does not wait for
-- one who waits for the gate: holds first, then the gate, as everybody. Internal.
CREATE OR REPLACE FUNCTION retention.lock_holds() RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    PERFORM FROM retention.hold h WHERE h.released_at IS NULL ORDER BY h.hold FOR NO KEY UPDATE;
END
$function$;
REVOKE ALL ON FUNCTION retention.lock_holds() FROM PUBLIC;
