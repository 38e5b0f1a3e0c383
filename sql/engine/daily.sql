-- The day's figures of every category that was measured on that day (UTC), once a day. What was
-- found on an earlier day is no figure of this one: where nobody counts, the day is missing from the
-- log. Blocked records are still due and free, so they are among those to act on.
SELECT pg_catalog.count(*) FILTER (WHERE retention.daily_compliance($1::bigint, c.category, t.day,
           coalesce(c.due, 0), coalesce(c.held, 0), coalesce(c.kept, 0), coalesce(c.blocked, 0),
           coalesce(c.not_started, 0), coalesce(c.unclaimed, 0),
           coalesce(c.to_act, 0), c.oldest))
  FROM (SELECT (pg_catalog.clock_timestamp() AT TIME ZONE 'UTC')::date AS day) AS t
 CROSS JOIN retention.compliance AS c
 WHERE (c.measured_at AT TIME ZONE 'UTC')::date = t.day AND c.mode <> 'declared'
