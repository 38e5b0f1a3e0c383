-- Did a COMMIT arrive? Asked after the backend that sent it is gone (session_is_gone).
CREATE OR REPLACE FUNCTION retention.batch_exists(run uuid, seq bigint) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    RETURN EXISTS (SELECT FROM retention.log_entry e
                   WHERE e.run = batch_exists.run AND e.seq = batch_exists.seq);
END
$function$;
REVOKE ALL ON FUNCTION retention.batch_exists(uuid, bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION retention.batch_exists(uuid, bigint) TO @prefix@worker;
