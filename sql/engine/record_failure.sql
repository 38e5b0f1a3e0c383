SELECT retention.record_failure($1::bigint, $2::text, $3::text, $4::text)
