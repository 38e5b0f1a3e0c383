-- A run of a category failed before its plan, so that no row of retention.run and no entry tells of
-- it: retentionctl status does, until a round of the category ends well (record_status).
CREATE OR REPLACE FUNCTION retention.record_failure(term bigint, category text, sqlstate text,
    because text) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    PERFORM retention.require_term(record_failure.term);
    UPDATE retention.category c SET failed_at = clock_timestamp(),
            failed_sqlstate = nullif(record_failure.sqlstate, ''),
            failed_because = record_failure.because
        WHERE c.name = record_failure.category;
END
$function$;
REVOKE ALL ON FUNCTION retention.record_failure(bigint, text, text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION retention.record_failure(bigint, text, text, text) TO @prefix@worker;
