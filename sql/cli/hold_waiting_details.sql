-- $1 a hold, or NULL; $2 a request, or NULL: what requests would give up, and why; for legal alone. At
-- most twenty values of each.
SELECT r.request, r.hold, r.what, r.part, r.requested_by, r.reason,
       COALESCE(pg_catalog.cardinality(r.subjects), 0)
           + COALESCE(pg_catalog.cardinality(r.record_keys), 0) AS count,
       pg_catalog.concat_ws(E'\n    ', pg_catalog.array_to_string(r.subjects[1:20], E'\n    '),
                            pg_catalog.array_to_string(r.record_keys[1:20], E'\n    ')) AS first
FROM retention.hold_request r
WHERE r.decided_at IS NULL AND ($1::uuid IS NULL OR r.hold = $1::uuid)
  AND ($2::uuid IS NULL OR r.request = $2::uuid)
ORDER BY r.requested_at, r.request
