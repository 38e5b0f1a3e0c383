-- The beginning of a phone number: its country code; for North American numbers with keep "npa" the
-- area code too, with "npanxx" the exchange too. NULL for what is no phone number with its country
-- (ten digits are a North American one). What it gives, it leaves as it is.
--
-- It is asked several times for every record: what most records hold, and what it makes of that, is
-- told by one expression, which is inlined into the statements of batches (no SET clause, no
-- STRICT). +1, an area code and an exchange that begin with 2 to 9 are found by comparing bytes; a
-- regular expression, which takes several times as long with each character that it tells from the
-- others, sees only whether anything but digits stands behind the first.
CREATE OR REPLACE FUNCTION retention.truncate_phone(value text, keep text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $function$
SELECT CASE
    WHEN ($1 COLLATE pg_catalog."C") OPERATOR(pg_catalog.>=) '+12'
        AND ($1 COLLATE pg_catalog."C") OPERATOR(pg_catalog.<) '+1:'
        AND (pg_catalog.octet_length($1) OPERATOR(pg_catalog.=) 12
                AND (pg_catalog.substr($1, 6) COLLATE pg_catalog."C") OPERATOR(pg_catalog.>=) '2'
            OR $2 OPERATOR(pg_catalog.=) 'npa'
                AND pg_catalog.octet_length($1) OPERATOR(pg_catalog.=) 5
            OR $2 OPERATOR(pg_catalog.=) 'npanxx'
                AND pg_catalog.octet_length($1) OPERATOR(pg_catalog.=) 8
                AND (pg_catalog.substr($1, 6) COLLATE pg_catalog."C") OPERATOR(pg_catalog.>=) '2')
        AND ($1 COLLATE pg_catalog."C") OPERATOR(pg_catalog.!~) '.[^0-9]'
    THEN pg_catalog.left($1, CASE WHEN $2 OPERATOR(pg_catalog.=) 'npa' THEN 5
                                  WHEN $2 OPERATOR(pg_catalog.=) 'npanxx' THEN 8 ELSE 2 END)
    WHEN ($1 COLLATE pg_catalog."C") OPERATOR(pg_catalog.=) '+1' THEN $1
    WHEN $1 IS NOT NULL THEN retention.truncate_any_phone($1, $2) END
$function$;
REVOKE ALL ON FUNCTION retention.truncate_phone(text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION retention.truncate_phone(text, text) TO @prefix@worker, @prefix@operator,
    @prefix@auditor, @prefix@approver, @prefix@legal, @prefix@reader;
