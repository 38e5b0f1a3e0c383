-- $1 a hold, $2 how many records it covers, $3 the root over their digests: into the log
SELECT retention.record_inventory($1::uuid, $2::bigint, $3::text)
