-- $1 a hold that was committed: the time now, from which it is in force for certain
SELECT h.hold, h.category, h.placed_at, h.held_until, pg_catalog.clock_timestamp() AS in_force_at,
       r.dual_control, r.grace
FROM retention.hold h CROSS JOIN retention.hold_rules r
WHERE h.hold = $1::uuid
