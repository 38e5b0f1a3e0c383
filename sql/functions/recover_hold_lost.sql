-- A hold was placed or extended after the backup, and its copy in the log directory cannot be read:
-- see recover_begin and holds_missing.
CREATE OR REPLACE FUNCTION retention.recover_hold_lost(hold uuid, why text) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    INSERT INTO retention.hold_lost (hold, why)
        VALUES (recover_hold_lost.hold, recover_hold_lost.why)
        ON CONFLICT ON CONSTRAINT hold_lost_pkey DO UPDATE SET why = excluded.why;
END
$function$;
REVOKE ALL ON FUNCTION retention.recover_hold_lost(uuid, text) FROM PUBLIC;
