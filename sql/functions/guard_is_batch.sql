-- Whether this session is one of the leading worker's: of the backend that joined the current term.
-- begin_batch has asked for holds under the gate, so the guard need not. Internal; the guard's.
CREATE OR REPLACE FUNCTION retention.guard_is_batch() RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    RETURN EXISTS (
        SELECT FROM retention.worker_session s
            JOIN retention.leader l ON l.term = s.term AND l.worker IS NOT NULL
            JOIN pg_stat_get_activity(pg_backend_pid()) a
                ON a.pid = s.pid AND a.usesysid = s.role_oid AND a.backend_start = s.backend_start
            JOIN pg_roles r ON r.oid = s.role_oid AND r.rolname = session_user
        WHERE s.pid = pg_backend_pid());
END
$function$;
REVOKE ALL ON FUNCTION retention.guard_is_batch() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION retention.guard_is_batch() TO @prefix@reader;
