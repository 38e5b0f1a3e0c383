-- $1 categories, NULL: all. The compliance view, and what is overdue: records that are due and free,
-- or blocked, and whose oldest fell due more than a day ago, so that every daily window was open
-- since. Where nobody has counted since the next record fell due, that record is overdue too: a
-- worker that does not run must not look like one that has nothing to do. Nor must one whose runs
-- never come as far as counting, whatever falls due next: a worker counts once a day at least, so two
-- days without that are overdue.
SELECT
    v.category, v.title, v.state, v.mode, v.relation, v.measured_at, v.rows, v.claimed, v.due,
    v.held, v.kept, v.kept_while, v.kept_floor, v.waiting, v.not_started, v.blocked, v.unclaimed,
    v.to_act, v.floor_after_cap, v.oldest, v.next_due, v.last_success, v.last_run, v.last_status,
    v.last_message, v.last_remaining, v.running, v.running_rows, v.running_to_act, v.paused,
    v.paused_until, v.paused_reason, v.brake_engaged_at, v.brake_due, v.brake_limit,
    o.overdue, v.failing, v.guard, v.guard_state, v.guard_problem, v.failed_at, v.failed_sqlstate,
    v.failed_because, i.intake, i.since AS intake_since, i.arrival_per_day, i.records_per_second,
    i.backlog, i.catch_up_seconds, i.work_seconds, i.window_seconds, i.shared_seconds, i."window",
    pg_catalog.array_to_string(c.changed_columns, ', ') AS changed_columns,
    CASE
        WHEN v.cause IS NOT NULL AND v.cause <> 'not measured yet' THEN v.cause
        WHEN v.measured_at IS NULL THEN 'never counted'
        WHEN o.overdue AND NOT l.leads THEN 'no worker'
        WHEN u.uncounted
            THEN 'not counted since ' || pg_catalog.to_char(v.measured_at, 'YYYY-MM-DD HH24:MI')
        WHEN o.overdue THEN 'not done yet'
        WHEN v.waiting > 0 AND v.to_act = 0 AND t.paused THEN 'waiting, or tenant paused'
        WHEN v.waiting > 0 AND v.to_act = 0 THEN 'waiting for others'
        WHEN v.held > 0 AND v.to_act = 0 THEN 'held'
    END AS cause
FROM retention.compliance v
JOIN retention.category c ON c.name = v.category
LEFT JOIN retention.intake i ON i.category = v.category
CROSS JOIN LATERAL (
    SELECT COALESCE(v.mode = 'enforce' AND v.state = 'active' AND v.paused IS NULL
        AND v.measured_at < pg_catalog.clock_timestamp() - interval '2 days', false) AS uncounted
) u
CROSS JOIN LATERAL (
    SELECT u.uncounted OR COALESCE(v.mode = 'enforce' AND (
        v.measured_at IS NULL
        OR (COALESCE(v.to_act, 0) + v.blocked > 0
            AND COALESCE(v.oldest, '-infinity') < pg_catalog.clock_timestamp() - interval '1 day')
        OR (v.next_due < pg_catalog.clock_timestamp() - interval '1 day'
            AND v.measured_at < v.next_due)), false) AS overdue
) o
CROSS JOIN (
    SELECT l.worker IS NOT NULL AND l.renewed_at + 4 * l.lease > pg_catalog.clock_timestamp() AS leads
    FROM retention.leader l
) l
CROSS JOIN (
    SELECT EXISTS (SELECT FROM retention.pause p WHERE p.scope = 'tenant' AND p.resumed_at IS NULL
        AND (p.until IS NULL OR p.until > pg_catalog.clock_timestamp())) AS paused
) t
WHERE $1::text[] IS NULL OR v.category = ANY ($1::text[])
ORDER BY v.category
