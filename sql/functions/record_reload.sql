-- What came of the leader's last reload, for `retentionctl status`: NULLs where it is in effect, and
-- when a worker begins.
CREATE OR REPLACE FUNCTION retention.record_reload(term bigint, refused text, needs_restart text)
RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    PERFORM retention.require_term(record_reload.term);
    UPDATE retention.leader l
        SET reload_refused = record_reload.refused,
            reload_refused_at = CASE WHEN record_reload.refused IS NOT NULL
                                     THEN clock_timestamp() END,
            needs_restart = record_reload.needs_restart
        WHERE l.reload_refused IS DISTINCT FROM record_reload.refused
           OR l.needs_restart IS DISTINCT FROM record_reload.needs_restart;
END
$function$;
REVOKE ALL ON FUNCTION retention.record_reload(bigint, text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION retention.record_reload(bigint, text, text) TO @prefix@worker;
