-- What the server feels while a run goes on. $1: the backends of the run's own connections, whose
-- parallel workers are not others either. Everybody may read pg_locks; standbys only a member of
-- pg_read_all_stats sees, slots everybody. A slot's distance is that of what it needs to be kept, while
-- it can be kept; a standby's that of what it has replayed. Who subscribes to a publication is no
-- standby.
WITH locks AS MATERIALIZED (
    SELECT l.pid, l.granted, l.locktype FROM pg_catalog.pg_locks l
     WHERE l.pid <> pg_catalog.pg_backend_pid() AND l.pid <> ALL ($1::int[])
       AND l.pid NOT IN (SELECT a.pid FROM pg_catalog.pg_stat_activity a
                          WHERE a.leader_pid = ANY ($1::int[]))
), here AS MATERIALIZED (
    SELECT pg_catalog.pg_current_wal_insert_lsn() AS lsn
), behind AS (
    SELECT s.application_name AS name,
           pg_catalog.pg_wal_lsn_diff(h.lsn, s.replay_lsn) AS bytes
      FROM pg_catalog.pg_stat_replication s CROSS JOIN here h
     WHERE s.replay_lsn IS NOT NULL AND s.application_name <> 'pg_basebackup'
    UNION ALL
    SELECT s.slot_name,
           pg_catalog.pg_wal_lsn_diff(h.lsn, COALESCE(s.confirmed_flush_lsn, s.restart_lsn))
      FROM pg_catalog.pg_replication_slots s CROSS JOIN here h
     WHERE NOT s.temporary AND s.wal_status IS DISTINCT FROM 'lost'
       AND COALESCE(s.confirmed_flush_lsn, s.restart_lsn) IS NOT NULL
), slowest AS (
    SELECT b.name, b.bytes::bigint AS bytes FROM behind b ORDER BY b.bytes DESC LIMIT 1
)
SELECT (SELECT count(DISTINCT l.pid) FROM locks l WHERE l.locktype = 'relation') AS others,
       (SELECT count(DISTINCT l.pid) FROM locks l
         WHERE NOT l.granted AND pg_catalog.pg_blocking_pids(l.pid) && $1::int[]) AS blocked,
       greatest((SELECT count(*) FROM pg_catalog.pg_stat_replication s WHERE s.replay_lsn IS NOT NULL
                    AND NOT EXISTS (SELECT FROM pg_catalog.pg_replication_slots o
                                     WHERE o.active_pid = s.pid AND o.slot_type = 'logical')),
                (SELECT count(*) FROM pg_catalog.pg_replication_slots s
                  WHERE s.active AND s.slot_type = 'physical')) AS standbys,
       COALESCE((SELECT greatest(s.bytes, 0) FROM slowest s), 0) AS lag,
       (SELECT s.name FROM slowest s) AS slowest,
       pg_catalog.pg_wal_lsn_diff(h.lsn, '0/0')::bigint AS wal
  FROM here h
