-- $1 a hold: its parts
SELECT p.part, p.starts_from, p.starts_to, p.subjects, p.keys, p.placed_at, p.placed_by,
       NULLIF(p.held_until, 'infinity') AS held_until
FROM retention.hold_part p
WHERE p.hold = $1::uuid
ORDER BY p.part
