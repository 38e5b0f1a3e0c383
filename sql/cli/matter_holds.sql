-- $1 a matter: its holds; for legal alone
SELECT h.hold, h.kind, h.category, COALESCE(h.category, '(all)') AS reach, h.everything,
       (SELECT pg_catalog.sum(p.subjects) FROM retention.hold_part p WHERE p.hold = h.hold) AS subjects,
       (SELECT pg_catalog.sum(p.keys) FROM retention.hold_part p WHERE p.hold = h.hold) AS keys,
       h.placed_at, h.placed_by, h.reason, NULLIF(h.held_until, 'infinity') AS held_until,
       CASE
           WHEN h.held_until <= pg_catalog.clock_timestamp() THEN 'ended'
           WHEN h.held_until < 'infinity' THEN 'in its grace'
           ELSE 'in force'
       END AS state
FROM retention.hold h
WHERE h.matter = $1::text
ORDER BY h.placed_at, h.hold
