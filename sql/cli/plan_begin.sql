-- The run's time. One row.
SELECT pg_catalog.to_char(
    pg_catalog.timezone('UTC', pg_catalog.transaction_timestamp()), 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
