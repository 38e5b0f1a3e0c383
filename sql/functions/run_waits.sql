-- Why a run waits, for people who follow it; NULL: it goes on. Not part of the log.
CREATE OR REPLACE FUNCTION retention.run_waits(term bigint, run uuid, cause text) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
#variable_conflict use_column
BEGIN
    PERFORM retention.require_term(run_waits.term);
    UPDATE retention.run r SET waits_for = run_waits.cause
        WHERE r.run = run_waits.run AND r.term = run_waits.term AND r.status = 'running';
END
$function$;
REVOKE ALL ON FUNCTION retention.run_waits(bigint, uuid, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION retention.run_waits(bigint, uuid, text) TO @prefix@worker;
