-- $1 a hold, or NULL: what only legal may read of holds
SELECT h.hold, h.matter, m.name, m.court_reference, m.confidential, h.reason, h.release_reason
FROM retention.hold h JOIN retention.matter m ON m.matter = h.matter
WHERE $1::uuid IS NULL OR h.hold = $1::uuid
ORDER BY h.hold
