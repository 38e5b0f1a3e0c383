-- The first call of every batch, once its relations are locked by name: gates, term, pauses, approval,
-- fingerprint, clocks. $4 is resolved here, under the lock: the leaf that the action will mean.
SELECT pg_catalog.floor(EXTRACT(epoch FROM b.at))::bigint, b.xid, b.epoch
  FROM retention.begin_batch($1::uuid, $2::bigint, $3::text, $4::pg_catalog.regclass,
                             pg_catalog.to_timestamp($5::float8 / 1000000)) AS b
