-- The day's figures of every category that has been measured, once a day. Blocked records are still
-- due and free, so they are among those to act on.
SELECT pg_catalog.count(*) FILTER (WHERE retention.daily_compliance($1::bigint, c.category,
           (pg_catalog.clock_timestamp() AT TIME ZONE 'UTC')::date,
           coalesce(c.due, 0), coalesce(c.held, 0), coalesce(c.kept, 0), coalesce(c.blocked, 0),
           coalesce(c.not_started, 0), coalesce(c.unclaimed, 0),
           coalesce(c.to_act, 0), c.oldest))
  FROM retention.compliance AS c
 WHERE c.measured_at IS NOT NULL AND c.mode <> 'declared'
