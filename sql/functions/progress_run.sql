-- How far a run is, for people who follow it. Not part of the log.
CREATE OR REPLACE FUNCTION retention.progress_run(term bigint, run uuid, rows bigint,
    batches bigint, pass int) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
#variable_conflict use_column
BEGIN
    PERFORM retention.require_term(progress_run.term);
    UPDATE retention.run r SET rows = progress_run.rows, batches = progress_run.batches,
            pass = progress_run.pass
        WHERE r.run = progress_run.run AND r.term = progress_run.term AND r.status = 'running';
    IF NOT FOUND THEN
        RAISE EXCEPTION USING ERRCODE = 'RT010', MESSAGE = 'there is no such running run';
    END IF;
END
$function$;
REVOKE ALL ON FUNCTION retention.progress_run(bigint, uuid, bigint, bigint, int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION retention.progress_run(bigint, uuid, bigint, bigint, int)
    TO @prefix@worker;
