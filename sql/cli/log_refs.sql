-- $1 run, $2 seq: the record digests of a batch, in their order
SELECT pg_catalog.encode(pg_catalog.substring(r.refs, n * 32 + 1, 32), 'hex')
FROM retention.log_records r,
    pg_catalog.generate_series(0, pg_catalog.octet_length(r.refs) / 32 - 1) n
WHERE r.run = $1::uuid AND r.seq = $2::bigint
ORDER BY n
