-- Every entry that has a place in the tree, in that order, as the tables have it; of one that names
-- its run alone, the category that the run was planned for
SELECT l.index, l.leaf_hash, e.entry, e.type, COALESCE(e.run, e.run_ref) AS run,
    e.seq, e.category, e.relation, e.rows, r.refs,
    CASE WHEN e.type IN ('done', 'anomaly') THEN (
        SELECT p.category FROM retention.log_entry p
        WHERE p.run_ref = e.run_ref AND p.type = 'plan' LIMIT 1
    ) END AS planned
FROM retention.log_leaf l
LEFT JOIN retention.log_entry e ON e.id = l.entry
LEFT JOIN retention.log_records r ON r.run = e.run AND r.seq = e.seq
ORDER BY l.index
