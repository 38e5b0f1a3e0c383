-- $1 a time: how many entries of the tree come before the first one that is not older, by the time
-- that stands in it
SELECT COALESCE(
    (SELECT pg_catalog.min(l.index) FROM retention.log_leaf l
     JOIN retention.log_entry e ON e.id = l.entry WHERE pg_catalog.substring(e.entry, '(?n)^time (.*)$')::timestamptz
        >= $1::timestamptz),
    (SELECT pg_catalog.max(c.size) FROM retention.log_checkpoint c),
    0)
