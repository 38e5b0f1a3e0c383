-- $1 a hold: its subjects and keys; for legal alone
SELECT s.part, s.kind, s.value, s.held_until < 'infinity' AS freed
FROM retention.hold_subject s WHERE s.hold = $1::uuid
UNION ALL
SELECT k.part, NULL, CASE WHEN pg_catalog.cardinality(k.key) = 1 THEN k.key[1] ELSE k.key::text END,
       k.held_until < 'infinity'
FROM retention.hold_key k WHERE k.hold = $1::uuid
ORDER BY 1, 2, 3
