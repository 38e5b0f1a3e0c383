-- One row a category: what is due, held, kept, and why it is still there.
--
-- overdue is what should be gone: due, and free of everything that keeps it; what is blocked is
-- part of it. oldest is the moment at which the oldest of these fell due. cause says what stands in
-- the way, the strongest first.
CREATE OR REPLACE VIEW retention.compliance AS
SELECT c.name AS category,
       c.title,
       c.state,
       c.mode,
       c.relation,
       s.measured_at,
       s.rows,
       s.claimed,
       s.due,
       s.held,
       s.kept_while + s.kept_floor AS kept,
       s.kept_while,
       s.kept_floor,
       s.waiting,
       s.not_started,
       greatest(coalesce(s.blocked, 0), b.blocked) AS blocked,
       s.unclaimed,
       s.to_act,
       s.floor_after_cap,
       s.oldest,
       s.next_due,
       s.last_success,
       l.run AS last_run,
       l.status AS last_status,
       l.message AS last_message,
       l.remaining AS last_remaining,
       r.run AS running,
       r.rows AS running_rows,
       r.to_act AS running_to_act,
       p.scope AS paused,
       p.until AS paused_until,
       p.reason AS paused_reason,
       c.brake_engaged_at,
       c.brake_due,
       c.brake_limit,
       CASE WHEN c.mode = 'declared' THEN 'declared'
            WHEN c.state = 'red' THEN 'policy file gone'
            WHEN c.invalid_because IS NOT NULL THEN 'policy invalid: ' || c.invalid_because
            WHEN c.scope_problem IS NOT NULL THEN 'what holds cover was altered: ' || c.scope_problem
            WHEN c.state = 'suspended' THEN 'awaiting approval'
            WHEN c.guard_problem IS NOT NULL THEN 'guard not in place: ' || c.guard_problem
            WHEN c.mode = 'observe' AND c.failed_at IS NOT NULL
                THEN 'last run failed: ' || c.failed_because
            WHEN c.mode = 'observe' THEN 'observe only'
            WHEN p.pause IS NOT NULL THEN 'paused'
            WHEN c.brake_engaged_at IS NOT NULL THEN 'brake'
            WHEN r.run IS NOT NULL THEN concat_ws(': waits, ', 'running', r.waits_for)
            WHEN c.failed_at > l.finished_at OR c.failed_at IS NOT NULL AND l.run IS NULL
                THEN 'last run failed: ' || c.failed_because
            WHEN l.status IN ('failed', 'lost', 'stopped') THEN concat_ws(': ', 'last run ' || l.status, l.message)
            WHEN greatest(coalesce(s.blocked, 0), b.blocked) > 0 THEN 'blocked records'
            WHEN l.status = 'done' AND l.remaining > 0 THEN l.message
            WHEN s.measured_at IS NULL THEN 'not measured yet'
       END AS cause,
       s.to_act AS overdue,
       c.mode = 'enforce' AND c.state <> 'suspended'
           AND (c.state = 'red' OR c.invalid_because IS NOT NULL
                OR c.failed_at IS NOT NULL
                OR coalesce(l.status IN ('failed', 'lost'), false))
           OR c.scope_problem IS NOT NULL
           OR c.guard_problem IS NOT NULL AND c.state = 'active' AS failing,
       c.guard,
       c.guard_state,
       c.guard_problem,
       c.guard_checked_at,
       c.failed_at,
       c.failed_sqlstate,
       c.failed_because
FROM retention.category c
    LEFT JOIN retention.category_status s ON s.category = c.name
    CROSS JOIN LATERAL (SELECT count(*) AS blocked FROM retention.blocked_record k
                        WHERE k.category = c.name) b
    LEFT JOIN LATERAL (SELECT o.* FROM retention.run o WHERE o.category = c.name
                       AND o.finished_at IS NOT NULL ORDER BY o.started_at DESC LIMIT 1) l ON true
    LEFT JOIN LATERAL (SELECT o.* FROM retention.run o WHERE o.category = c.name
                       AND o.finished_at IS NULL ORDER BY o.started_at DESC LIMIT 1) r ON true
    LEFT JOIN LATERAL (SELECT o.* FROM retention.pause o
                       WHERE o.resumed_at IS NULL
                           AND (o.until IS NULL OR o.until > clock_timestamp())
                         AND (o.scope = 'all' OR o.scope = 'category' AND o.name = c.name)
                       ORDER BY o.scope, o.paused_at LIMIT 1) p ON true
WHERE c.state <> 'retired';
GRANT SELECT ON retention.compliance TO @prefix@worker, @prefix@legal, @prefix@operator,
    @prefix@approver, @prefix@auditor;
