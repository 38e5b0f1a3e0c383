-- $1 first digits of a request's or a hold's uuid, without dashes: requests that wait
SELECT r.request
FROM retention.hold_request r
WHERE r.decided_at IS NULL
  AND (pg_catalog.starts_with(pg_catalog.replace(r.request::text, '-', ''), $1::text)
       OR pg_catalog.starts_with(pg_catalog.replace(r.hold::text, '-', ''), $1::text))
LIMIT 2
