-- $1 a hold: what only legal may read of its parts
SELECT p.part, p.tenant, p.reason FROM retention.hold_part p WHERE p.hold = $1::uuid ORDER BY p.part
