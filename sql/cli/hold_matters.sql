-- $1 a hold, or NULL: what only legal may read of holds
SELECT h.hold, h.matter, m.name, m.court_reference, m.confidential, h.reason, h.release_reason,
       q.decision_reason AS release_confirm_reason
FROM retention.hold h JOIN retention.matter m ON m.matter = h.matter
LEFT JOIN LATERAL (
    SELECT r.decision_reason FROM retention.hold_request r
    WHERE r.hold = h.hold AND r.what = 'release' AND r.decision = 'confirmed'
    ORDER BY r.decided_at DESC LIMIT 1
) q ON h.released_at IS NOT NULL
WHERE $1::uuid IS NULL OR h.hold = $1::uuid
ORDER BY h.hold
