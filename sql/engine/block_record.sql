SELECT retention.block_record($1::bigint, $2::uuid, $3::text, $4::text, $5::bytea, $6::bigint,
                              $7::text, $8::text)
