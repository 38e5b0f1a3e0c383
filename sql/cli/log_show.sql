-- $1 id
SELECT e.id, e.at, e.type, e.category, e.relation, e.rows, COALESCE(e.run, e.run_ref) AS run, e.seq,
    e.entry
FROM retention.log_entry e
WHERE e.id = $1::bigint
