-- Whether every standby has on disk what was written up to $1; NULL: none is known. A standby that
-- went disappears from pg_stat_replication, but its replication slot stays: both are looked at.
-- flush_lsn is shown only to members of pg_read_all_stats.
SELECT pg_catalog.bool_and(coalesce(s.lsn >= $1::pg_lsn, false))
  FROM (SELECT r.flush_lsn FROM pg_catalog.pg_stat_replication AS r
         WHERE r.state IS DISTINCT FROM 'backup' AND r.flush_lsn IS NOT NULL
        UNION ALL
        SELECT o.restart_lsn FROM pg_catalog.pg_replication_slots AS o
         WHERE o.slot_type = 'physical' AND NOT o.temporary) AS s (lsn)
