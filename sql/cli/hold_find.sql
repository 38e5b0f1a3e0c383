-- $1 a uuid or its first digits, without dashes: the holds whose uuid begins with them
SELECT h.hold, h.category, h.held_until < 'infinity'
FROM retention.hold h
WHERE pg_catalog.starts_with(pg_catalog.replace(h.hold::text, '-', ''), $1::text)
LIMIT 2
