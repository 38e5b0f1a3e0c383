-- For the functions of the sequencer: the caller's term is the current one, and it calls from the
-- leader's control session; whatever it commits is on disk when COMMIT returns, because a signature
-- follows. Internal.
CREATE OR REPLACE FUNCTION retention.require_control(term bigint) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    PERFORM retention.require_term(require_control.term);
    IF NOT EXISTS (SELECT FROM retention.worker_session s
                   WHERE s.pid = pg_backend_pid() AND s.kind = 'control') THEN
        RAISE EXCEPTION USING ERRCODE = 'RT001',
            MESSAGE = 'only the leader''s control session gives entries their places';
    END IF;
    IF NOT retention.is_bound() THEN
        RAISE EXCEPTION USING ERRCODE = 'RT006',
            MESSAGE = 'this database is not the one that schema retention was installed in',
            HINT = 'If the worker shall act on this copy, run: retentionctl adopt';
    END IF;
    IF current_setting('synchronous_commit') IN ('off', 'local') THEN
        PERFORM set_config('synchronous_commit', 'on', true);
    END IF;
END
$function$;
REVOKE ALL ON FUNCTION retention.require_control(bigint) FROM PUBLIC;
