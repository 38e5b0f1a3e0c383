-- $1 a hold: its subjects and keys; for legal alone. Let go: one by one, or with its part.
SELECT s.part, s.kind, s.value, least(s.held_until, p.held_until) < 'infinity' AS freed
FROM retention.hold_subject s JOIN retention.hold_part p USING (hold, part) WHERE s.hold = $1::uuid
UNION ALL
SELECT k.part, NULL, CASE WHEN pg_catalog.cardinality(k.key) = 1 THEN k.key[1] ELSE k.key::text END,
       least(k.held_until, p.held_until) < 'infinity'
FROM retention.hold_key k JOIN retention.hold_part p USING (hold, part) WHERE k.hold = $1::uuid
ORDER BY 1, 2, 3
