-- $1 request: how far it is
SELECT q.taken_at IS NOT NULL AS taken, q.finished_at IS NOT NULL AS finished
FROM retention.run_request q
WHERE q.request = $1::uuid
