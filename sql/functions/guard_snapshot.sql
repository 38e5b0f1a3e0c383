-- A transaction of REPEATABLE READ or SERIALIZABLE looks at holds as they were when it began. Under
-- the gate nobody changes them; whether somebody did since the snapshot was taken, locking the row
-- that each of them changed tells: then 40001, "could not serialize access". Nobody waits for such
-- a lock: who changes the row has closed the gate before, and who locks it keeps the gate open.
-- Internal; the guard's.
CREATE OR REPLACE FUNCTION retention.guard_snapshot() RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    PERFORM FROM retention.hold_change c FOR SHARE;
END
$function$;
REVOKE ALL ON FUNCTION retention.guard_snapshot() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION retention.guard_snapshot() TO @prefix@reader;
