-- Until its transaction ends, a command that may change what is guarded keeps the gate open: a hold
-- that is placed meanwhile waits for it, and after the gate holds are seen as they are, or 40001
-- comes (guard_snapshot). Internal; the event triggers'.
CREATE OR REPLACE FUNCTION retention.guard_gate() RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    IF NOT EXISTS (SELECT FROM retention.category c WHERE c.guard = 'refuse' AND c.guard_seen) THEN
        RETURN;
    END IF;
    LOCK TABLE retention.hold_gate IN ROW SHARE MODE;
    IF current_setting('transaction_isolation') IN ('repeatable read', 'serializable') THEN
        PERFORM retention.guard_snapshot();
    END IF;
END
$function$;
REVOKE ALL ON FUNCTION retention.guard_gate() FROM PUBLIC;
