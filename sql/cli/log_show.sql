-- $1 id, or $2 place in the tree
SELECT e.id, l.index AS place, pg_catalog.substring(e.entry, '(?n)^time (.*)$')::timestamptz AS at,
    e.type, e.category, e.relation, e.rows, COALESCE(e.run, e.run_ref) AS run, e.seq, e.entry
FROM retention.log_entry e
LEFT JOIN retention.log_leaf l ON l.entry = e.id
WHERE e.id = COALESCE($1::bigint,
                      (SELECT p.entry FROM retention.log_leaf p WHERE p.index = $2::bigint))
