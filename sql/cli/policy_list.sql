-- What the database knows of each category
SELECT c.name AS category, c.state, c.mode, c.title, c.relation, c.loaded_sha256, c.loaded_by,
    c.loaded_at, c.approved_sha256, c.approved_by, c.approved_at, c.retired_because
FROM retention.category c
ORDER BY c.name
