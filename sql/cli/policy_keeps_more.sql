-- $1 text in effect, $2 text to load
SELECT retention.policy_keeps_more($1::text, $2::text)
