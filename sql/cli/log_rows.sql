-- Every entry that has a place in the tree, in that order, as the tables have it
SELECT l.index, l.leaf_hash, e.entry, e.type, COALESCE(e.run, e.run_ref) AS run,
    e.seq, e.category, e.relation, e.rows, r.refs
FROM retention.log_leaf l
LEFT JOIN retention.log_entry e ON e.id = l.entry
LEFT JOIN retention.log_records r ON r.run = e.run AND r.seq = e.seq
ORDER BY l.index
