-- Every function of the leader begins with this: leader_gate is locked until the transaction ends,
-- and under that lock the caller's term is the current one and its backend is registered. RT001
-- otherwise. Internal.
CREATE OR REPLACE FUNCTION retention.require_term(term bigint) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    LOCK TABLE retention.leader_gate IN ROW SHARE MODE;
    IF NOT EXISTS (SELECT FROM retention.leader l JOIN retention.worker_session s ON s.term = l.term
                   WHERE l.term = require_term.term AND l.worker IS NOT NULL
                     AND s.pid = pg_backend_pid()) THEN
        RAISE EXCEPTION USING ERRCODE = 'RT001',
            MESSAGE = format('term %s is over', coalesce(require_term.term::text, '(none)')),
            DETAIL = 'Another worker leads, or this session was not joined to the term.';
    END IF;
END
$function$;
REVOKE ALL ON FUNCTION retention.require_term(bigint) FROM PUBLIC;
