-- Locks hold_gate IN EXCLUSIVE MODE until the transaction ends: when this has returned, no batch is
-- in flight, and none begins.
--
-- A batch that keeps the gate for longer than 10 s may belong to a worker that is stopped or that
-- lost its network, and the server would wait for it for ever: such a backend is terminated, which
-- is safe at any time. RT011 if even that does not help, after 40 s in all: it says who keeps it,
-- by process or prepared transaction and role, since lawyers get to read it. Internal.
CREATE OR REPLACE FUNCTION retention.close_hold_gate() RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
SET lock_timeout = '10s'
AS $function$
DECLARE
    s record;
    keepers text;
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
    -- A prepared transaction keeps its locks without a process, one on its own number among them.
    SELECT string_agg(CASE WHEN k.pid IS NULL
                   THEN format('The prepared transaction %s (role "%s") keeps it: PREPARE '
                       'TRANSACTION came, and neither COMMIT PREPARED nor ROLLBACK PREPARED.',
                       coalesce(quote_literal(p.gid), '?'), coalesce(p.owner, '?'))
                   ELSE format('Server process %s (role "%s") keeps it: %s.', k.pid,
                       coalesce(a.usename, '?'), CASE WHEN w.pid IS NOT NULL
                           THEN 'a deletion run in the middle of a batch'
                           ELSE 'a transaction that has not ended' END)
                   END, E'\n' ORDER BY k.pid, p.gid)
        INTO keepers
        FROM (SELECT DISTINCT o.pid, o.virtualtransaction AS owner FROM pg_locks o
              WHERE o.relation = 'retention.hold_gate'::regclass AND o.granted
                AND o.mode <> 'AccessShareLock' -- whoever reads it, as pg_dump, keeps nobody away
                AND o.database = (SELECT d.oid FROM pg_database d
                                  WHERE d.datname = current_database())
                AND o.pid IS DISTINCT FROM pg_backend_pid()) k
            LEFT JOIN pg_stat_activity a ON a.pid = k.pid
            LEFT JOIN retention.worker_session w ON w.pid = k.pid
            LEFT JOIN pg_locks n ON k.pid IS NULL AND n.pid IS NULL AND n.granted
                AND n.virtualtransaction = k.owner AND n.locktype = 'transactionid'
                AND n.mode = 'ExclusiveLock'
            LEFT JOIN pg_prepared_xacts p ON p.transaction = n.transactionid;
    RAISE EXCEPTION USING ERRCODE = 'RT011',
        MESSAGE = 'nothing was done: no hold is placed, changed or released, because another '
            'transaction kept table retention.hold_gate locked for 40 seconds',
        DETAIL = coalesce(keepers, 'It has let go by now.'),
        HINT = 'Try the same again now. If that fails, too, ask the operator to stop the '
            'deletion runs ("retentionctl stop --now") or to end what is named, and try it again then.';
END
$function$;
REVOKE ALL ON FUNCTION retention.close_hold_gate() FROM PUBLIC;
