-- Dead rows of a table ($1, as regclass reads it) and of all its partitions, and who clears them away.
-- Locks nothing: the control connection must not wait for a table. By statistics, which sessions
-- flush once a second. Everybody may read pg_locks, but not who is vacuuming what: the lock that VACUUM
-- takes tells (ANALYZE takes it, too).
WITH RECURSIVE tree AS (
    SELECT pg_catalog.to_regclass($1)::pg_catalog.oid AS oid
    UNION ALL
    SELECT i.inhrelid FROM tree t
      JOIN pg_catalog.pg_inherits i ON i.inhparent = t.oid
      JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid AND c.relispartition
), leaves AS MATERIALIZED (
    SELECT c.oid, pg_catalog.pg_stat_get_dead_tuples(c.oid) AS dead,
           -- of a table that came from elsewhere there are no statistics yet
           GREATEST(pg_catalog.pg_stat_get_live_tuples(c.oid),
                    c.reltuples::bigint - pg_catalog.pg_stat_get_dead_tuples(c.oid)) AS live,
           COALESCE((SELECT NOT o.option_value::boolean
                       FROM pg_catalog.pg_options_to_table(c.reloptions) o
                      WHERE o.option_name = 'autovacuum_enabled'), false) AS off
      FROM tree t JOIN pg_catalog.pg_class c ON c.oid = t.oid
     WHERE c.relkind = 'r'
)
SELECT COALESCE(sum(f.dead), 0)::bigint AS dead, COALESCE(sum(f.live), 0)::bigint AS live,
       pg_catalog.current_setting('autovacuum') = 'off'
           OR COALESCE(2 * sum(f.dead) FILTER (WHERE f.off) > sum(f.dead), false) AS off,
       EXISTS (SELECT FROM pg_catalog.pg_locks l
                WHERE l.locktype = 'relation' AND l.granted AND l.mode = 'ShareUpdateExclusiveLock'
                  AND l.database = (SELECT d.oid FROM pg_catalog.pg_database d
                                     WHERE d.datname = pg_catalog.current_database())
                  AND l.relation IN (SELECT v.oid FROM leaves v)) AS vacuuming
  FROM leaves f
