-- $1 time zone of the category: what a batch pins too, for this transaction
SELECT
    pg_catalog.set_config('timezone', $1::text, true),
    pg_catalog.set_config('search_path', '', true),
    pg_catalog.set_config('row_security', 'off', true),
    pg_catalog.set_config('datestyle', 'ISO, YMD', true),
    pg_catalog.set_config('intervalstyle', 'postgres', true),
    pg_catalog.set_config('bytea_output', 'hex', true),
    pg_catalog.set_config('extra_float_digits', '1', true),
    pg_catalog.set_config('standard_conforming_strings', 'on', true),
    pg_catalog.set_config('jit', 'off', true)
