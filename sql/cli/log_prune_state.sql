-- $1 id of a prune entry: its place, how far it goes; whether a checkpoint covers it, and whether one
-- that does was anchored, where checkpoints are
SELECT
    l.index,
    pg_catalog.substring(e.entry, '(?n)^upto (.*)$') AS upto,
    EXISTS (SELECT FROM retention.log_checkpoint c WHERE c.size > l.index) AS covered,
    NOT (SELECT s.anchor_command FROM retention.log_state s)
        OR EXISTS (SELECT FROM retention.log_anchor a WHERE a.size > l.index) AS anchored,
    (SELECT s.anchor_error FROM retention.log_state s) AS anchor_error
FROM retention.log_entry e
LEFT JOIN retention.log_leaf l ON l.entry = e.id
WHERE e.id = $1::bigint
