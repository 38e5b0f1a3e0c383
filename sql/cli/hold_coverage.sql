-- $1 a hold: what it covers now, by category
SELECT v.category, v.applies, v.why, v.rows
FROM retention.hold_coverage($1::uuid) v
ORDER BY v.applies DESC, v.category
