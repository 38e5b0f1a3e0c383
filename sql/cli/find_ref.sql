-- $1 category, $2 relation, $3 epoch, $4 digest in hex: the entry of the batch that it went in
SELECT e.id, pg_catalog.timezone('UTC', e.at)::text || '+00' AS at, e.run, e.seq, r.stage, r.action, r.sha256, r.requested_by
FROM retention.log_entry e
JOIN retention.log_records l ON l.run = e.run AND l.seq = e.seq
LEFT JOIN retention.run r ON r.run = e.run
WHERE e.type = 'batch' AND e.category = $1::text AND e.relation = $2::text
  AND pg_catalog.substring(e.entry, '(?n)^epoch (.*)$') = $3::text
  AND pg_catalog.mod(pg_catalog.position(l.refs, pg_catalog.decode($4::text, 'hex')), 32) = 1
ORDER BY e.id
LIMIT 1
