-- What the leader found when it compared the log with its directory, for `status`.
CREATE OR REPLACE FUNCTION retention.log_report(term bigint, state text, message text, hint text,
    missing bigint, database_size bigint, log_size bigint) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
#variable_conflict use_column
BEGIN
    PERFORM retention.require_term(log_report.term);
    UPDATE retention.log_state SET state = log_report.state, message = log_report.message,
        hint = log_report.hint, missing = log_report.missing,
        database_size = coalesce(log_report.database_size, database_size),
        log_size = coalesce(log_report.log_size, log_size), checked_at = clock_timestamp();
END
$function$;
REVOKE ALL ON FUNCTION retention.log_report(bigint, text, text, text, bigint, bigint, bigint)
    FROM PUBLIC;
GRANT EXECUTE ON FUNCTION retention.log_report(bigint, text, text, text, bigint, bigint, bigint)
    TO @prefix@worker;
