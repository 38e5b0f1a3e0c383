-- $1 categories, $2 which of them have tenants; $3 to $5 their time zones and the minutes of the day
-- between which their windows lie, NULL: they have none. When the next record of each falls due, when
-- a pause of it, or of a tenant, last ended and ends next, when the window that is open ends and the
-- next one begins (see window.sql), and when the day (UTC) ends: milliseconds from now, NULL: nothing
-- is known.
SELECT c.category,
       pg_catalog.ceil(EXTRACT(epoch FROM s.next_due - n.at) * 1000)::bigint AS due,
       pg_catalog.ceil(EXTRACT(epoch FROM
           (pg_catalog.date_trunc('day', n.at AT TIME ZONE 'UTC') + interval '1 day')
               AT TIME ZONE 'UTC' - n.at) * 1000)::bigint AS day_ends,
       pg_catalog.ceil(EXTRACT(epoch FROM p.ended - n.at) * 1000)::bigint AS pause_ended,
       pg_catalog.ceil(EXTRACT(epoch FROM p.ends - n.at) * 1000)::bigint AS pause_ends,
       CASE WHEN CASE WHEN c.from_minute <= c.to_minute
                      THEN m.now >= c.from_minute AND m.now < c.to_minute
                      ELSE m.now >= c.from_minute OR m.now < c.to_minute END
            THEN pg_catalog.ceil(EXTRACT(epoch FROM
                (m.day + CASE WHEN c.to_minute <= m.now THEN interval '1 day' ELSE interval '0' END
                       + pg_catalog.make_interval(mins => c.to_minute)) AT TIME ZONE c.zone - n.at)
                * 1000)::bigint END AS window_ends,
       pg_catalog.ceil(EXTRACT(epoch FROM
           (m.day + CASE WHEN c.from_minute <= m.now THEN interval '1 day' ELSE interval '0' END
                  + pg_catalog.make_interval(mins => c.from_minute)) AT TIME ZONE c.zone - n.at)
           * 1000)::bigint AS window_begins
  FROM (SELECT pg_catalog.clock_timestamp() AS at) AS n
 CROSS JOIN ROWS FROM (pg_catalog.unnest($1::text[]), pg_catalog.unnest($2::boolean[]),
                       pg_catalog.unnest($3::text[]), pg_catalog.unnest($4::int[]),
                       pg_catalog.unnest($5::int[]))
            AS c (category, has_tenants, zone, from_minute, to_minute)
 CROSS JOIN LATERAL (
           SELECT pg_catalog.date_trunc('day', n.at AT TIME ZONE c.zone) AS day,
                  (EXTRACT(hour FROM n.at AT TIME ZONE c.zone) * 60
                   + EXTRACT(minute FROM n.at AT TIME ZONE c.zone))::int AS now) AS m
  LEFT JOIN retention.category_status AS s ON s.category = c.category
 CROSS JOIN LATERAL (
           SELECT pg_catalog.max(p.until) FILTER (WHERE p.until <= n.at) AS ended,
                  pg_catalog.min(p.until) FILTER (WHERE p.until > n.at) AS ends
             FROM retention.pause AS p
            WHERE p.resumed_at IS NULL
              AND (p.scope = 'all' OR p.scope = 'category' AND p.name = c.category
                   OR p.scope = 'tenant' AND c.has_tenants)) AS p
