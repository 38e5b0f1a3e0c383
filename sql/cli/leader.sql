-- Who leads. One row. A worker that was killed leaves its row: its backend tells.
SELECT
    l.worker IS NOT NULL AND l.renewed_at + 4 * l.lease > pg_catalog.clock_timestamp()
        AND EXISTS (SELECT FROM pg_catalog.pg_stat_activity a
                    WHERE a.pid = l.pid AND a.usesysid = l.role_oid
                      AND a.datname = pg_catalog.current_database()) AS leads,
    l.host,
    l.term,
    l.renewed_at,
    l.reload_refused,
    l.reload_refused_at,
    l.needs_restart,
    l.accepted
FROM retention.leader l
