-- A worker connection registers its backend under the term, so that a successor can end it. Rows of
-- backends of this role that have ended meanwhile are swept.
CREATE OR REPLACE FUNCTION retention.join_session(term bigint) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    LOCK TABLE retention.leader_gate IN ROW SHARE MODE;
    IF NOT EXISTS (SELECT FROM retention.leader l
                   WHERE l.term = join_session.term AND l.worker IS NOT NULL) THEN
        RAISE EXCEPTION USING ERRCODE = 'RT001',
            MESSAGE = format('term %s is over', coalesce(join_session.term::text, '(none)'));
    END IF;
    IF NOT pg_has_role(current_user, session_user, 'USAGE') THEN
        RAISE EXCEPTION USING ERRCODE = 'RT011',
            MESSAGE = format('role "%s" cannot act for the leader: its sessions could not be ended',
                             session_user),
            HINT = format('Run: GRANT %I TO %I;', session_user, current_user);
    END IF;
    IF NOT EXISTS (SELECT FROM pg_stat_get_activity(pg_backend_pid()) a
                   JOIN pg_roles r ON r.oid = a.usesysid AND r.rolname = session_user
                   WHERE a.backend_start IS NOT NULL) THEN
        RAISE EXCEPTION USING ERRCODE = 'RT011',
            MESSAGE = format('role "%s" cannot act for the leader in a session that another role '
                             'opened', session_user);
    END IF;
    DELETE FROM retention.worker_session s
        WHERE s.kind = 'batch' AND s.pid <> pg_backend_pid()
          AND retention.backend_is_gone(s.pid, s.backend_start, s.role_oid);
    INSERT INTO retention.worker_session (pid, term, backend_start, role_oid, kind)
        SELECT a.pid, join_session.term, a.backend_start, a.usesysid, 'batch'
        FROM pg_stat_get_activity(pg_backend_pid()) a
        ON CONFLICT ON CONSTRAINT worker_session_pkey DO UPDATE
            SET term = excluded.term, backend_start = excluded.backend_start,
                role_oid = excluded.role_oid,
                kind = CASE WHEN worker_session.backend_start = excluded.backend_start
                            THEN worker_session.kind ELSE excluded.kind END;
END
$function$;
REVOKE ALL ON FUNCTION retention.join_session(bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION retention.join_session(bigint) TO @prefix@worker;
