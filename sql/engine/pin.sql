-- The settings of one transaction. SET LOCAL each time: a trigger can change them for the session.
-- What decides how values print is pinned too. The time zone is the category's ($3): months and days
-- are added in it; keys are printed the same whatever it is.
SELECT pg_catalog.set_config('statement_timeout', $1, true),
       pg_catalog.set_config('lock_timeout', $2, true),
       pg_catalog.set_config('idle_in_transaction_session_timeout', '60s', true),
       pg_catalog.set_config('search_path', '', true),
       pg_catalog.set_config('row_security', 'off', true),
       pg_catalog.set_config('jit', 'off', true),
       pg_catalog.set_config('TimeZone', $3, true),
       pg_catalog.set_config('DateStyle', 'ISO, YMD', true),
       pg_catalog.set_config('IntervalStyle', 'postgres', true),
       pg_catalog.set_config('bytea_output', 'hex', true),
       pg_catalog.set_config('client_encoding', 'UTF8', true),
       pg_catalog.set_config('extra_float_digits', '1', true),
       pg_catalog.set_config('standard_conforming_strings', 'on', true),
       pg_catalog.set_config('synchronous_commit', 'off', true)
