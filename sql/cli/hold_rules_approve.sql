-- $1, $2 the rules that were read
SELECT retention.approve_hold_rules($1::boolean, $2::interval)
