-- Whether a backend that was recorded with its start and role has ended. What pg_stat_activity
-- hides from us, or what was not recorded, counts as alive; a process of another role, database or
-- start is another backend (a clone knows the origin's, and must leave them alone). A backend
-- leaves that view after its transaction is over and its locks are released. Internal.
CREATE OR REPLACE FUNCTION retention.backend_is_gone(pid int, backend_start timestamptz,
    role_oid oid)
RETURNS boolean
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    IF backend_is_gone.pid IS NULL THEN
        RETURN true;
    END IF;
    PERFORM pg_stat_clear_snapshot();
    RETURN NOT EXISTS (SELECT FROM pg_stat_get_activity(backend_is_gone.pid) a
                       WHERE a.usesysid = backend_is_gone.role_oid
                         AND a.datid = (SELECT d.oid FROM pg_database d
                                        WHERE d.datname = current_database())
                         AND (a.backend_start IS NULL
                              OR backend_is_gone.backend_start IS NULL
                              OR a.backend_start = backend_is_gone.backend_start));
END
$function$;
REVOKE ALL ON FUNCTION retention.backend_is_gone(int, timestamptz, oid) FROM PUBLIC;
