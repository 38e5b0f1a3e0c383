-- $1 request: its runs; until it is finished, those of its categories that began since
SELECT
    r.run, r.category, r.stage, r.status, r.due, r.held, r.to_act, r.rows, r.batches,
    (SELECT pg_catalog.sum(e.rows) FILTER (WHERE e.relation = r.relation)::bigint
     FROM retention.log_entry e WHERE e.run = r.run AND r.finished_at IS NOT NULL) AS own_rows, r.remaining,
    r.message,
    (EXTRACT(EPOCH FROM COALESCE(r.finished_at, pg_catalog.clock_timestamp()) - r.started_at)
        * 1000000)::bigint AS elapsed_us
FROM retention.run_request q
JOIN retention.run r
  ON CASE WHEN q.finished_at IS NOT NULL THEN r.run = ANY (q.runs)
          ELSE r.started_at >= q.taken_at
               AND (q.categories IS NULL OR r.category = ANY (q.categories)) END
WHERE q.request = $1::uuid
ORDER BY r.started_at, r.run
