-- $1 a category: the holds that cover something in it
SELECT DISTINCT s.hold
FROM retention.held_scope s
WHERE s.category = $1::text AND s.held_until > pg_catalog.now()
ORDER BY s.hold
