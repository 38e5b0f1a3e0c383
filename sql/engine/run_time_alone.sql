-- The one instant of a run whose stage counts groups ($1 category, $2 stage): like run_time.sql, and in
-- no second in which a run of the stage began whose groups are kept, since this instant tells the
-- records of one run from those of another. Waits a second at most, where there was one just now; where
-- the clock was set back, keep_groups refuses.
SELECT pg_catalog.date_trunc('second', pg_catalog.clock_timestamp())::text
FROM (SELECT pg_catalog.max(g.cohort) AS at FROM retention.kept_group g
      WHERE g.category = $1 AND g.stage = $2) last
    CROSS JOIN LATERAL pg_catalog.pg_sleep(
        CASE WHEN last.at > pg_catalog.clock_timestamp() - interval '1 second'
              AND last.at <= pg_catalog.clock_timestamp()
             THEN EXTRACT(epoch FROM last.at + interval '1 second' - pg_catalog.clock_timestamp())
             ELSE 0 END)
