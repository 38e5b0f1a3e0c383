-- Whether every standby has on disk what was written up to $1, and these are at least $2; and how
-- many are known. A standby that went disappears from pg_stat_replication, but its replication slot
-- stays: so slots count, and connections that use none. flush_lsn is shown only to members of
-- pg_read_all_stats.
SELECT coalesce(pg_catalog.bool_and(coalesce(s.lsn >= $1::pg_lsn, false)), false)
           AND pg_catalog.count(*) >= $2::bigint,
       pg_catalog.count(*)
  FROM (SELECT r.flush_lsn FROM pg_catalog.pg_stat_replication AS r
         WHERE r.state IS DISTINCT FROM 'backup' AND r.flush_lsn IS NOT NULL
           AND NOT EXISTS (SELECT FROM pg_catalog.pg_replication_slots AS u
                            WHERE u.active_pid = r.pid)
        UNION ALL
        SELECT o.restart_lsn FROM pg_catalog.pg_replication_slots AS o
         WHERE o.slot_type = 'physical' AND NOT o.temporary) AS s (lsn)
