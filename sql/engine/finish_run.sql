SELECT logged_batches, logged_rows, anomalies
  FROM retention.finish_run($1::bigint, $2::uuid, $3::bigint, $4::bigint, $5::bigint, $6::text, $7::text)
