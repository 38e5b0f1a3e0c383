-- Runs that an older term left open: a new leader ends each of them with finish_run(..., 'lost').
CREATE OR REPLACE FUNCTION retention.open_runs(term bigint) RETURNS TABLE (run uuid, category text)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
#variable_conflict use_column
BEGIN
    PERFORM retention.require_term(open_runs.term);
    RETURN QUERY SELECT r.run, r.category FROM retention.run r
        WHERE r.finished_at IS NULL AND r.term < open_runs.term ORDER BY r.started_at;
END
$function$;
REVOKE ALL ON FUNCTION retention.open_runs(bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION retention.open_runs(bigint) TO @prefix@worker;
