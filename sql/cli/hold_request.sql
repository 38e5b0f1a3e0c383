-- $1 a request: what became of it
SELECT r.request, r.hold, r.what, r.part, r.decision, r.decided_at, h.held_until
FROM retention.hold_request r JOIN retention.hold h ON h.hold = r.hold
WHERE r.request = $1::uuid
