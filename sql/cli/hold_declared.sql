-- $1 a category or NULL: categories whose data is outside of this database
SELECT c.name AS category, c.title, (CASE WHEN c.approved_sha256 IS NULL THEN c.loaded_hold_facts
    ELSE c.hold_facts END) ->> 'declared' AS held_at
FROM retention.category c
WHERE c.mode = 'declared' AND c.state <> 'retired' AND ($1::text IS NULL OR c.name = $1::text)
ORDER BY c.name
