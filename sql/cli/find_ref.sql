-- $1 category, $2 relation, $3 epoch, $4 digest in hex: the last entry of a batch that acted on it
--
-- The digests of a batch are sorted, and spread as evenly as random numbers are: the first bytes of
-- one tell where it would stand, to within some standard deviations (at most half the root of their
-- number). So a window of a batch is read and not all of it: slices of a value stored outside of its
-- row are read alone. The ends of the window tell whether the digest belongs into it; where it does
-- not, which is rare, all are read.
SELECT e.id,
    pg_catalog.timezone('UTC', pg_catalog.substring(e.entry, '(?n)^time (.*)$')::timestamptz)::text || '+00'
        AS at,
    e.run, e.seq, r.stage,
    pg_catalog.substring(e.entry, '(?n)^action (.*)$') AS action, r.sha256, r.requested_by
FROM (
    SELECT pg_catalog.decode($4::text, 'hex') AS ref,
        ('x' || pg_catalog.left($4::text, 8))::bit(32)::bigint / 4294967296.0::float8 AS share
    OFFSET 0
) wanted
CROSS JOIN retention.log_entry e
JOIN retention.log_records l ON l.run = e.run AND l.seq = e.seq
CROSS JOIN LATERAL (
    SELECT pg_catalog.octet_length(l.refs) / 32 AS n
    OFFSET 0
) c
CROSS JOIN LATERAL (
    SELECT
        pg_catalog.floor(GREATEST(0, share * n - 2 * pg_catalog.sqrt(n::float8) - 8))::int AS first,
        pg_catalog.ceil(LEAST(n, share * n + 2 * pg_catalog.sqrt(n::float8) + 8))::int AS last
    OFFSET 0
) p
CROSS JOIN LATERAL (
    SELECT pg_catalog.substring(l.refs, p.first * 32 + 1, (p.last - p.first) * 32) AS refs
    OFFSET 0
) w
LEFT JOIN retention.run r ON r.run = e.run
WHERE e.type = 'batch' AND e.category = $1::text AND e.relation = $2::text
  AND pg_catalog.substring(e.entry, '(?n)^epoch (.*)$') = $3::text
  AND CASE
      WHEN (p.first = 0 OR pg_catalog.substring(w.refs, 1, 32) <= ref)
          AND (p.last = n
               OR pg_catalog.substring(w.refs, pg_catalog.octet_length(w.refs) - 31, 32) >= ref)
      THEN pg_catalog.mod(pg_catalog.position(w.refs, ref), 32) = 1
      ELSE pg_catalog.mod(pg_catalog.position(l.refs, ref), 32) = 1
  END
ORDER BY e.id DESC
LIMIT 1
