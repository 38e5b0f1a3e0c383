-- $1 true: ended ones too; $2 a hold, or NULL. What everybody may read who reads the schema.
SELECT h.hold, NULL::text AS matter, h.kind, h.category, h.everything,
       p.parts, p.subjects, p.keys, h.placed_at, h.placed_by, h.review_by, h.expected_end,
       COALESCE(h.review_by < pg_catalog.timezone('UTC', pg_catalog.clock_timestamp())::date,
                false) AS review_over,
       CASE
           WHEN h.held_until <= pg_catalog.clock_timestamp() THEN 'ended'
           WHEN h.held_until < 'infinity' THEN 'in its grace'
           WHEN w.what = 'release' THEN 'release waits'
           WHEN w.what IS NOT NULL THEN 'narrowing waits'
           ELSE 'in force'
       END AS state,
       h.released_at, h.released_by, q.requested_at AS release_requested_at,
       q.requested_by AS release_requested_by, NULLIF(h.held_until, 'infinity') AS held_until,
       g.gaps
FROM retention.hold h
CROSS JOIN LATERAL (
    SELECT pg_catalog.count(*) AS parts, pg_catalog.sum(p.subjects) AS subjects,
           pg_catalog.sum(p.keys) AS keys
    FROM retention.hold_part p WHERE p.hold = h.hold
) p
CROSS JOIN LATERAL (
    SELECT pg_catalog.count(DISTINCT g.category) AS gaps
    FROM retention.hold_gap g WHERE g.hold = h.hold
) g
LEFT JOIN LATERAL (
    SELECT r.what FROM retention.hold_request r
    WHERE r.hold = h.hold AND r.decided_at IS NULL
    ORDER BY r.what DESC LIMIT 1
) w ON true
LEFT JOIN LATERAL (
    SELECT r.requested_at, r.requested_by FROM retention.hold_request r
    WHERE r.hold = h.hold AND r.what = 'release' AND r.decision = 'confirmed'
    ORDER BY r.decided_at DESC LIMIT 1
) q ON h.released_at IS NOT NULL
WHERE ($1::boolean OR h.held_until > pg_catalog.clock_timestamp())
  AND ($2::uuid IS NULL OR h.hold = $2::uuid)
ORDER BY h.placed_at, h.hold
