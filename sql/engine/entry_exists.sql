-- The last statements before COMMIT: the worker sees for itself that the entry of what it deleted
-- is there, whatever append_batch did. A message is all that a statement without a function can
-- raise an error with; count keeps the planner from raising it.
SELECT CASE WHEN count(*) = 1 THEN true
            ELSE ('the log entry was not written: ' || count(*)::text)::boolean END
FROM retention.log_entry e
WHERE e.run = $1::uuid AND e.seq = $2::bigint AND e.type = 'batch' AND e.entry = $3::text
  AND ($4::bigint IS NULL
       OR EXISTS (SELECT FROM retention.log_records r WHERE r.run = e.run AND r.seq = e.seq
                  AND octet_length(r.refs) = $4::bigint))
