SELECT retention.start_run($1::bigint, $2::uuid, $3::text, $4::text, $5::text, $6::text, $7::text,
                           $8::text, $9::bigint, $10::bigint, $11::bigint, $12::timestamptz, $13::text,
                           $14::bigint, $15::text)
