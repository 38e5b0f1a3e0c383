-- $1 category, $2 type, $3 and $4 first and last run, $5 since, $6 until, $7 at most (the last ones),
-- $8 relation; NULL: any. Times are those that stand in the entries;
-- the place is that in the tree, NULL where an entry has none yet.
SELECT l.id, p.index AS place, l.at, l.type, l.category, l.relation, l.rows, l.run, l.seq, l.detail
FROM (
    SELECT
        e.id,
        t.at,
        e.type,
        e.category,
        e.relation,
        e.rows,
        COALESCE(e.run, e.run_ref) AS run,
        e.seq,
        pg_catalog.concat_ws(' ',
            pg_catalog.substring(e.entry, '(?n)^(?:what|status|code) (.*)$'),
            pg_catalog.substring(e.entry, '(?n)^scope (.*)$'),
            CASE e.type
                WHEN 'genesis' THEN 'key ' || pg_catalog.substring(e.entry, '(?n)^vkey [^+]*\+([^+]*)')
                WHEN 'rotate' THEN 'key ' || pg_catalog.substring(e.entry, '(?n)^vkey [^+]*\+([^+]*)')
                WHEN 'retire' THEN 'key ' || pg_catalog.substring(e.entry, '(?n)^keyid (.*)$')
                WHEN 'epoch' THEN pg_catalog.substring(e.entry, '(?n)^(epoch .*)$')
                WHEN 'shred' THEN pg_catalog.substring(e.entry, '(?n)^(epoch .*)$')
                WHEN 'prune' THEN pg_catalog.substring(e.entry, '(?n)^(upto .*)$')
                WHEN 'restored' THEN pg_catalog.substring(e.entry, '(?n)^(undone .*)$')
            END,
            'by ' || pg_catalog.substring(e.entry, '(?n)^by (.*)$')) AS detail
    FROM retention.log_entry e
    CROSS JOIN LATERAL (
        SELECT pg_catalog.substring(e.entry, '(?n)^time (.*)$')::timestamptz AS at
    ) t
    WHERE ($1::text IS NULL OR e.category = $1::text)
      AND ($2::text IS NULL OR e.type = $2::text)
      AND ($8::text IS NULL OR e.relation = $8::text)
      AND ($3::uuid IS NULL OR e.run BETWEEN $3::uuid AND $4::uuid
           OR e.run_ref BETWEEN $3::uuid AND $4::uuid)
      AND ($5::timestamptz IS NULL OR t.at >= $5::timestamptz)
      AND ($6::timestamptz IS NULL OR t.at < $6::timestamptz)
    ORDER BY e.id DESC
    LIMIT $7::bigint
) l
LEFT JOIN retention.log_leaf p ON p.entry = l.id
ORDER BY l.id
