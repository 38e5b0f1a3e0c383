-- Moments as whole seconds in UTC, whatever the session's time zone
SELECT
    pg_catalog.to_char(pg_catalog.timezone('UTC', $1::timestamptz), 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
    pg_catalog.to_char(pg_catalog.timezone('UTC', $2::timestamptz), 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
