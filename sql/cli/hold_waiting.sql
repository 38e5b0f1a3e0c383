-- $1 a hold, or NULL: requests that wait for a second person
SELECT r.request, r.hold, r.what, r.part, r.requested_at, r.requested_by,
       r.requested_by = session_user AS own
FROM retention.hold_request r
WHERE r.decided_at IS NULL AND ($1::uuid IS NULL OR r.hold = $1::uuid)
ORDER BY r.requested_at, r.request
