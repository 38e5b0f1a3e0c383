-- The emergency stop: everything is paused, and what is in flight is ended instead of waited for.
--
-- Backends that act for the worker are terminated until hold_gate is free; from then on, until this
-- transaction has committed the pause, no batch can begin. Refused (RT011) if a backend does not
-- end within 10 s: then stop PostgreSQL itself. Returns the pause.
CREATE OR REPLACE FUNCTION retention.stop_now(reason text) RETURNS uuid
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET lock_timeout = '200ms'
AS $function$
DECLARE
    s record;
    deadline constant timestamptz := clock_timestamp() + interval '10 s';
BEGIN
    LOOP
        FOR s IN SELECT w.pid, w.backend_start, w.role_oid FROM retention.worker_session w
                 WHERE w.kind = 'batch' LOOP
            IF NOT retention.backend_is_gone(s.pid, s.backend_start, s.role_oid) THEN
                PERFORM pg_terminate_backend(s.pid);
            END IF;
        END LOOP;
        BEGIN
            LOCK TABLE retention.hold_gate IN EXCLUSIVE MODE;
            EXIT;
        EXCEPTION WHEN lock_not_available THEN
            IF clock_timestamp() > deadline THEN
                RAISE EXCEPTION USING ERRCODE = 'RT011',
                    MESSAGE = 'a batch does not end although its backend was terminated',
                    HINT = 'Nothing is stopped yet. Stop the worker''s process, or the database.';
            END IF;
        END;
    END LOOP;
    RETURN retention.pause('all', stop_now.reason, NULL);
END
$function$;
REVOKE ALL ON FUNCTION retention.stop_now(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION retention.stop_now(text) TO @prefix@operator;
