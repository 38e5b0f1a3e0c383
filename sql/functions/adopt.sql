-- Binds a clone or a restored database, so that the worker may act on it. Only for who may install:
-- members of the owner. Leadership that was copied along is dropped. False: it was bound already.
CREATE OR REPLACE FUNCTION retention.adopt() RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    LOCK TABLE retention.leader_gate IN EXCLUSIVE MODE;
    IF retention.is_bound() THEN
        RETURN false;
    END IF;
    UPDATE retention.leader SET term = term + 1, worker = NULL, pid = NULL, backend_start = NULL,
        role_oid = NULL;
    DELETE FROM retention.worker_session;
    PERFORM retention.bind_database((SELECT prefix FROM retention.install));
    PERFORM pg_notify('retention', 'bind');
    RETURN true;
END
$function$;
REVOKE ALL ON FUNCTION retention.adopt() FROM PUBLIC;
