-- $1 categories. When the next record of each falls due, and when the day (UTC) ends: milliseconds
-- from now, NULL: nothing is known.
SELECT c.category,
       pg_catalog.ceil(EXTRACT(epoch FROM s.next_due - n.at) * 1000)::bigint AS due,
       pg_catalog.ceil(EXTRACT(epoch FROM
           (pg_catalog.date_trunc('day', n.at AT TIME ZONE 'UTC') + interval '1 day')
               AT TIME ZONE 'UTC' - n.at) * 1000)::bigint AS day_ends
  FROM (SELECT pg_catalog.clock_timestamp() AS at) AS n
 CROSS JOIN pg_catalog.unnest($1::text[]) AS c (category)
  LEFT JOIN retention.category_status AS s ON s.category = c.category
