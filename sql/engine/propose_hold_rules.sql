-- $1 term, $2 holds.dual_control and $3 holds.grace of the main file
SELECT retention.propose_hold_rules($1::bigint, $2::boolean, $3::interval)
