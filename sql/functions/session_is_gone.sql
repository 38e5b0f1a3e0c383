-- Whether one of the worker's own backends has ended, and with it its transaction; asked before
-- (run, seq) is looked up after a lost COMMIT. With terminate it is also told to end.
CREATE OR REPLACE FUNCTION retention.session_is_gone(pid int, backend_start timestamptz,
    terminate boolean) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    IF retention.backend_is_gone(session_is_gone.pid,
            coalesce(session_is_gone.backend_start,
                     (SELECT s.backend_start FROM retention.worker_session s
                      WHERE s.pid = session_is_gone.pid)),
            coalesce((SELECT s.role_oid FROM retention.worker_session s
                      WHERE s.pid = session_is_gone.pid),
                     (SELECT r.oid FROM pg_roles r WHERE r.rolname = session_user))) THEN
        RETURN true;
    END IF;
    IF session_is_gone.terminate THEN
        PERFORM pg_terminate_backend(session_is_gone.pid);
    END IF;
    RETURN false;
END
$function$;
REVOKE ALL ON FUNCTION retention.session_is_gone(int, timestamptz, boolean) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION retention.session_is_gone(int, timestamptz, boolean) TO @prefix@worker;
