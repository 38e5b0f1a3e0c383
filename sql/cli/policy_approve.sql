SELECT retention.approve_policy($1::text, $2::text, $3::bigint, $4::text, $5::uuid[])
