-- Holds that recovery brings back: those that are missing, given the copies in the log directory ($1
-- uuids, $2 how many log entries each includes), and those whose entries were written again ($3; $4:
-- that one placed or extended it). `frozen`: nothing may be deleted before.
SELECT h.hold, pg_catalog.bool_or(h.frozen) AS frozen
FROM (SELECT m.hold, true AS frozen FROM retention.holds_missing($1::uuid[], $2::bigint[]) m
      WHERE m.hold IS NOT NULL
      UNION ALL
      SELECT t.hold, t.scope
      FROM ROWS FROM (pg_catalog.unnest($3::uuid[]), pg_catalog.unnest($4::boolean[]))
          AS t (hold, scope)) h
GROUP BY h.hold
ORDER BY h.hold
