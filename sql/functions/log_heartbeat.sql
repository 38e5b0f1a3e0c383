-- An entry that says that the log is alive, so that there is something to sign and anchor.
CREATE OR REPLACE FUNCTION retention.log_heartbeat(term bigint, size bigint) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    PERFORM retention.require_control(log_heartbeat.term);
    PERFORM retention.write_entry('heartbeat', NULL, NULL,
        jsonb_build_object('size', log_heartbeat.size));
END
$function$;
REVOKE ALL ON FUNCTION retention.log_heartbeat(bigint, bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION retention.log_heartbeat(bigint, bigint) TO @prefix@worker;
