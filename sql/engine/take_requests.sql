-- The requests that wait; categories one a line, NULL: all.
SELECT q.request, pg_catalog.array_to_string(q.categories, E'\n')
  FROM retention.take_requests($1::bigint) AS q
