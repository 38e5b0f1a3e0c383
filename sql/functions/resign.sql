-- Gives leadership up: the next worker need not wait for the lease. False if it was lost before.
CREATE OR REPLACE FUNCTION retention.resign(term bigint) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    UPDATE retention.leader l SET worker = NULL, pid = NULL, backend_start = NULL, role_oid = NULL
        WHERE l.term = resign.term AND l.worker IS NOT NULL AND l.pid = pg_backend_pid();
    IF FOUND THEN
        PERFORM pg_notify('retention', 'leader');
    END IF;
    RETURN FOUND;
END
$function$;
REVOKE ALL ON FUNCTION retention.resign(bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION retention.resign(bigint) TO @prefix@worker;
