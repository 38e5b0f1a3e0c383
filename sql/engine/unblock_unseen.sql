-- What no stage met in this round is not in the way any more: $2 is the run of its last stage, $3 the
-- name of the stage that it began with.
SELECT retention.unblock($1::bigint, r.category, NULL::text, NULL::bytea[],
           (SELECT pg_catalog.max(f.started_at) FROM retention.run AS f
             WHERE f.category = r.category AND f.stage = $3::text AND f.started_at <= r.started_at))
  FROM retention.run AS r WHERE r.run = $2::uuid
