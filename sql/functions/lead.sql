-- Asks for leadership; idempotent for who leads already.
--
-- One worker leads, under a term. Whatever a worker writes, it writes through functions that lock
-- leader_gate IN ROW SHARE MODE and find their term in `leader`; so after a term has been raised
-- under leader_gate IN EXCLUSIVE MODE, nothing of an older term can begin, and nothing of it is in
-- flight. A worker that was stopped in the middle of a batch holds the gate for as long as its
-- backend lives, and the server cannot time it out. Therefore, in this order:
--
--   1. The row of `leader` is locked: of several candidates one goes on, the others are told so.
--   2. A leader whose backend lives, and whose lease has not passed, stays. A worker that lost its
--      control connection and comes again (same uuid) need not wait for its own lease.
--   3. Every backend in worker_session is terminated, and waited for (at most 10 s). One that does
--      not end (its process is stopped, or its disk hangs) could still commit: then nobody leads.
--   4. leader_gate is locked, the term is raised, and this backend is its control session.
--
-- Refused (RT011) where the owner of this schema could not terminate the caller, should the caller
-- be the one that is stuck one day: superusers, and roles that were not granted to the owner.
CREATE OR REPLACE FUNCTION retention.lead(worker uuid, host text, lease interval,
    max_skew interval DEFAULT '2 min',
    OUT leads boolean, OUT term bigint, OUT held_by text, OUT renewed_at timestamptz)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET lock_timeout = '10s'
AS $function$
#variable_conflict use_column
DECLARE
    patience constant interval := '10 s';
    me record;
    l retention.leader%ROWTYPE;
    s record;
    deadline timestamptz;
    stuck int;
BEGIN
    IF lead.worker IS NULL OR NOT lead.lease BETWEEN '1 s' AND '1 hour' OR lead.lease IS NULL
            OR NOT lead.max_skew BETWEEN '1 s' AND '1 day' OR lead.max_skew IS NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'RT011',
            MESSAGE = 'a leader needs a uuid, a lease (1 s to 1 hour), a max_skew (1 s to 1 day)';
    END IF;
    IF NOT pg_has_role(session_user, '@prefix@worker', 'MEMBER') THEN
        RAISE EXCEPTION USING ERRCODE = '42501',
            MESSAGE = format('role "%s" is not a member of role "%s"', session_user,
                '@prefix@worker'),
            HINT = format('Run: GRANT %I TO %I;', '@prefix@worker', session_user);
    END IF;
    IF (SELECT rolsuper FROM pg_roles WHERE rolname = session_user) THEN
        RAISE EXCEPTION USING ERRCODE = 'RT011',
            MESSAGE = format('superuser "%s" cannot lead: the next leader could not end its '
                             'sessions', session_user),
            HINT = format('Let the worker connect as a role of its own that is a member of %I.',
                          '@prefix@worker');
    END IF;
    IF NOT pg_has_role(current_user, session_user, 'USAGE') THEN
        RAISE EXCEPTION USING ERRCODE = 'RT011',
            MESSAGE = format('role "%s" cannot lead: the next leader could not end its sessions',
                             session_user),
            HINT = format('Run: GRANT %I TO %I;', session_user, current_user);
    END IF;

    PERFORM pg_stat_clear_snapshot();
    SELECT a.pid, a.backend_start, a.usesysid INTO STRICT me
        FROM pg_stat_get_activity(pg_backend_pid()) a;
    IF me.backend_start IS NULL
            OR me.usesysid <> (SELECT r.oid FROM pg_roles r WHERE r.rolname = session_user) THEN
        RAISE EXCEPTION USING ERRCODE = 'RT011',
            MESSAGE = format('role "%s" cannot lead in a session that another role opened',
                session_user);
    END IF;

    -- 1
    SELECT * INTO l FROM retention.leader o WHERE o.one FOR UPDATE SKIP LOCKED;
    IF NOT FOUND THEN
        leads := false;
        SELECT o.term, o.renewed_at INTO term, renewed_at FROM retention.leader o;
        held_by := 'a worker that is being asked or is taking over right now';
        RETURN;
    END IF;
    term := l.term;
    renewed_at := l.renewed_at;

    -- 2
    IF l.worker IS NOT NULL
            AND NOT retention.backend_is_gone(l.pid, l.backend_start, l.role_oid) THEN
        IF l.pid = me.pid AND l.worker = lead.worker THEN
            UPDATE retention.leader SET host = lead.host, lease = lead.lease,
                max_skew = lead.max_skew, renewed_at = clock_timestamp()
                RETURNING leader.renewed_at INTO renewed_at;
            leads := true;
            RETURN;
        END IF;
        IF l.worker <> lead.worker AND clock_timestamp() < l.renewed_at + l.lease THEN
            leads := false;
            held_by := format('worker %s on %s', l.worker, coalesce(l.host, 'an unknown host'));
            RETURN;
        END IF;
    END IF;

    -- 3
    deadline := clock_timestamp() + patience;
    LOOP
        stuck := NULL;
        FOR s IN SELECT w.pid, w.backend_start, w.role_oid FROM retention.worker_session w
                 WHERE w.pid <> me.pid ORDER BY w.pid LOOP
            IF NOT retention.backend_is_gone(s.pid, s.backend_start, s.role_oid) THEN
                PERFORM pg_terminate_backend(s.pid);
                stuck := s.pid;
            END IF;
        END LOOP;
        EXIT WHEN stuck IS NULL;
        IF clock_timestamp() > deadline THEN
            leads := false;
            held_by := format('backend %s of term %s, which does not end', stuck, l.term);
            RETURN;
        END IF;
        PERFORM pg_sleep(0.02);
    END LOOP;

    -- 4
    BEGIN
        LOCK TABLE retention.leader_gate IN EXCLUSIVE MODE;
    EXCEPTION WHEN lock_not_available THEN
        leads := false;
        held_by := 'a transaction that keeps table retention.leader_gate locked';
        RETURN;
    END;
    DELETE FROM retention.worker_session;
    INSERT INTO retention.worker_session (pid, term, backend_start, role_oid, kind)
        VALUES (me.pid, l.term + 1, me.backend_start, me.usesysid, 'control');
    UPDATE retention.leader SET term = l.term + 1, worker = lead.worker, pid = me.pid,
        backend_start = me.backend_start, role_oid = me.usesysid, host = lead.host,
        renewed_at = clock_timestamp(), lease = lead.lease, max_skew = lead.max_skew
        RETURNING leader.term, leader.renewed_at INTO term, renewed_at;
    leads := true;
END
$function$;
REVOKE ALL ON FUNCTION retention.lead(uuid, text, interval, interval) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION retention.lead(uuid, text, interval, interval) TO @prefix@worker;
