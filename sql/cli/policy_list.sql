-- What the database knows of each category
SELECT c.name AS category, c.state, c.mode, c.title, c.relation, c.loaded_sha256, c.loaded_by,
    c.loaded_at, c.approved_sha256, c.approved_by, c.approved_at, c.retired_because,
    c.unapproved_since, c.unapproved_by,
    pg_catalog.array_to_string(c.changed_columns, ', ') AS changed_columns,
    CASE WHEN c.unapproved_since IS NULL THEN c.approved_by
         ELSE pg_catalog.format('nobody (%s: an earlier text)', c.approved_by) END AS approval,
    CASE WHEN c.unapproved_since IS NULL THEN c.approved_at END AS approval_at
FROM retention.category c
ORDER BY c.name
