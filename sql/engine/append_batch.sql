SELECT retention.append_batch($1::uuid, $2::bigint, $3::bigint, $4::text, $5::text, $6::bigint,
                              $7::text, $8::bytea)
