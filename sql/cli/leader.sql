-- Who leads. One row.
SELECT
    l.worker IS NOT NULL AND l.renewed_at + 4 * l.lease > pg_catalog.clock_timestamp() AS leads,
    l.host,
    l.term,
    l.renewed_at
FROM retention.leader l
