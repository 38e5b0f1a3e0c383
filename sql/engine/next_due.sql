-- When the next record of each category falls due: milliseconds from now, NULL: none is known.
SELECT s.category,
       pg_catalog.ceil(EXTRACT(epoch FROM s.next_due - pg_catalog.clock_timestamp()) * 1000)::bigint
  FROM retention.category_status AS s
