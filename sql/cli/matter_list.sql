-- $1 true: closed ones too; $2 a matter, or NULL
SELECT m.matter, m.name, m.court_reference, m.confidential, m.opened_at, m.opened_by,
       m.closed_at, m.closed_by, m.close_reason,
       pg_catalog.count(h.hold) AS holds,
       pg_catalog.count(h.hold) FILTER (WHERE h.held_until = 'infinity') AS in_force,
       CASE WHEN m.closed_at IS NOT NULL THEN 'closed' ELSE 'open' END AS state
FROM retention.matter m LEFT JOIN retention.hold h ON h.matter = m.matter
WHERE ($1::boolean OR m.closed_at IS NULL) AND ($2::text IS NULL OR m.matter = $2::text)
GROUP BY m.matter
ORDER BY m.matter
