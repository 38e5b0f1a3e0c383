SELECT retention.retire_policy($1::text, $2::text)
