-- What the server feels while a run goes on. $1: the backends of the run's own connections. Everybody
-- may read pg_locks; standbys only a member of pg_read_all_stats sees, slots everybody. A slot's
-- distance is that of what it needs to be kept; a standby's that of what it has replayed.
WITH locks AS MATERIALIZED (
    SELECT l.pid, l.granted, l.locktype FROM pg_catalog.pg_locks l
     WHERE l.pid <> pg_catalog.pg_backend_pid() AND l.pid <> ALL ($1::int[])
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
     WHERE NOT s.temporary AND COALESCE(s.confirmed_flush_lsn, s.restart_lsn) IS NOT NULL
), slowest AS (
    SELECT b.name, b.bytes::bigint AS bytes FROM behind b ORDER BY b.bytes DESC LIMIT 1
)
SELECT (SELECT count(DISTINCT l.pid) FROM locks l WHERE l.locktype = 'relation') AS others,
       (SELECT count(DISTINCT l.pid) FROM locks l
         WHERE NOT l.granted AND pg_catalog.pg_blocking_pids(l.pid) && $1::int[]) AS blocked,
       greatest((SELECT count(*) FROM pg_catalog.pg_stat_replication s WHERE s.replay_lsn IS NOT NULL),
                (SELECT count(*) FROM pg_catalog.pg_replication_slots s
                  WHERE s.active AND s.slot_type = 'physical')) AS standbys,
       COALESCE((SELECT greatest(s.bytes, 0) FROM slowest s), 0) AS lag,
       (SELECT s.name FROM slowest s) AS slowest,
       pg_catalog.pg_wal_lsn_diff(h.lsn, '0/0')::bigint AS wal
  FROM here h
