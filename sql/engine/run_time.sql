-- The one instant of a run, in whole seconds, so that the log tells it exactly; rounded down: never early.
SELECT pg_catalog.date_trunc('second', pg_catalog.clock_timestamp())::text
