-- $1 id of an entry: its place in the tree, NULL where it has none yet
SELECT l.index
FROM retention.log_entry e
LEFT JOIN retention.log_leaf l ON l.entry = e.id
WHERE e.id = $1::bigint
