-- Locks hold_gate IN EXCLUSIVE MODE until the transaction ends: when this has returned, no batch is
-- in flight, and none begins.
--
-- A batch that keeps the gate for longer than 10 s may belong to a worker that is stopped or that
-- lost its network, and the server would wait for it for ever: such a backend is terminated, which
-- is safe at any time. RT011 if even that does not help, after 40 s in all. Internal.
CREATE OR REPLACE FUNCTION retention.close_hold_gate() RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
SET lock_timeout = '10s'
AS $function$
DECLARE
    s record;
BEGIN
    FOR attempt IN 1 .. 4 LOOP
        BEGIN
            LOCK TABLE retention.hold_gate IN EXCLUSIVE MODE;
            -- for guards in transactions with an older snapshot: see guard_snapshot()
            UPDATE retention.hold_change SET number = number + 1;
            RETURN;
        EXCEPTION WHEN lock_not_available THEN
            FOR s IN SELECT w.pid, w.backend_start, w.role_oid
                     FROM retention.worker_session w JOIN pg_locks k ON k.pid = w.pid
                     WHERE k.relation = 'retention.hold_gate'::regclass AND k.granted
                       AND k.database = (SELECT d.oid FROM pg_database d
                                         WHERE d.datname = current_database())
                       AND k.pid <> pg_backend_pid()
            LOOP
                IF NOT retention.backend_is_gone(s.pid, s.backend_start, s.role_oid) THEN
                    PERFORM pg_terminate_backend(s.pid);
                END IF;
            END LOOP;
        END;
    END LOOP;
    RAISE EXCEPTION USING ERRCODE = 'RT011',
        MESSAGE = 'table retention.hold_gate stays locked by others',
        HINT = 'Look into pg_locks for who keeps it, and end that session.';
END
$function$;
REVOKE ALL ON FUNCTION retention.close_hold_gate() FROM PUBLIC;
