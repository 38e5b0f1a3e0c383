-- A run that is done met every record that still refuses: what it did not meet is blocked no more.
SELECT retention.unblock($1::bigint, r.category, NULL::text, NULL::bytea[], r.started_at)
  FROM retention.run AS r WHERE r.run = $2::uuid
