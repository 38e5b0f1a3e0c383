-- $1 a hold: its last inventory in the log
SELECT e.id, pg_catalog.substring(e.entry, '(?n)^time (.*)$')::timestamptz AS at,
       pg_catalog.substring(e.entry, '(?n)^rows (.*)$') AS rows,
       pg_catalog.substring(e.entry, '(?n)^root (.*)$') AS root
FROM retention.log_entry e
WHERE e.type = 'inventory' AND e.run IS NULL
  AND pg_catalog.substring(e.entry, '(?n)^hold (.*)$') = pg_catalog.replace($1::uuid::text, '-', '')
ORDER BY e.seq DESC
LIMIT 1
