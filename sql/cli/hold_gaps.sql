-- $1 a hold, or NULL: categories that parts in force do not reach, wholly or for some values
SELECT g.hold, g.category, pg_catalog.string_agg(DISTINCT g.why, '; ' ORDER BY g.why) AS why
FROM retention.hold_gap g
JOIN retention.hold_part p ON p.hold = g.hold AND p.part = g.part
JOIN retention.category c ON c.name = g.category
WHERE p.held_until > pg_catalog.clock_timestamp() AND c.state <> 'retired'
  AND ($1::uuid IS NULL OR g.hold = $1::uuid)
GROUP BY g.hold, g.category
ORDER BY g.hold, g.category
