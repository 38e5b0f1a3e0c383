-- $1 name: the text in force (approved), and the one that was loaded last, each with how holds find
-- the records
SELECT c.name AS category, c.state, c.mode, c.loaded_sha256, c.loaded_by, c.loaded_at,
    c.approved_sha256, c.approved_by, c.approved_at,
    c.unapproved_since, c.unapproved_by, l.text AS loaded, a.text AS approved,
    pg_catalog.array_to_string(c.changed_columns, ', ') AS changed_columns,
    retention.hold_facts_text(c.loaded_hold_facts) AS loaded_facts,
    CASE WHEN c.approved_sha256 IS NOT NULL
         THEN retention.hold_facts_text(c.hold_facts) END AS approved_facts
FROM retention.category c
JOIN retention.policy_text l ON l.category = c.name AND l.sha256 = c.loaded_sha256
LEFT JOIN retention.policy_text a ON a.category = c.name AND a.sha256 = c.approved_sha256
WHERE c.name = $1::text
