-- While others work, a connection rests so many milliseconds ($1) between two statements of a batch: the
-- processors are theirs meanwhile. The worker could wait as well, but would have to be woken in time.
-- The server's clock before and after it, in microseconds, tells how long the statements beside it
-- took: the worker's own tells when it came to read their answers.
SELECT (pg_catalog.date_part('epoch', pg_catalog.clock_timestamp()) * 1000000)::bigint,
       pg_catalog.pg_sleep($1::float8 / 1000),
       (pg_catalog.date_part('epoch', pg_catalog.clock_timestamp()) * 1000000)::bigint
