-- While others work, a connection rests so many milliseconds ($1) between two statements of a batch: the
-- processors are theirs meanwhile. The worker could wait as well, but would have to be woken in time.
SELECT pg_catalog.pg_sleep($1::float8 / 1000)
