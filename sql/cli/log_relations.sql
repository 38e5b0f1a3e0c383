-- The tables that entries of the log name
SELECT DISTINCT e.relation
FROM retention.log_entry e
WHERE e.relation IS NOT NULL
ORDER BY e.relation
