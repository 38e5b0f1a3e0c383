-- The category that the worker runs now.
SELECT r.category
FROM retention.run r
WHERE r.finished_at IS NULL
ORDER BY r.started_at DESC
LIMIT 1
