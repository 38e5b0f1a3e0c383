-- The beginning of a phone number: its country code; for North American numbers with keep "npa" the
-- area code too, with "npanxx" the exchange too. NULL for what is no phone number with its country
-- (ten digits are a North American one). What it gives, it leaves as it is.
--
-- It is asked several times for every record: what most records hold, and what it makes of that, is
-- told by one expression, which is inlined into the statements of batches (no SET clause, no
-- STRICT); digits that a regular expression counts cost twice as much as digits written out.
CREATE OR REPLACE FUNCTION retention.truncate_phone(value text, keep text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $function$
SELECT CASE
    WHEN ($1 COLLATE pg_catalog."C") OPERATOR(pg_catalog.~) CASE
            WHEN $2 OPERATOR(pg_catalog.=) 'npa'
            THEN '^[+]1[2-9][0-9][0-9]([2-9][0-9][0-9][0-9][0-9][0-9][0-9])?$'
            WHEN $2 OPERATOR(pg_catalog.=) 'npanxx'
            THEN '^[+]1[2-9][0-9][0-9][2-9][0-9][0-9]([0-9][0-9][0-9][0-9])?$'
            WHEN $2 OPERATOR(pg_catalog.=) 'country'
            THEN '^[+]1([2-9][0-9][0-9][2-9][0-9][0-9][0-9][0-9][0-9][0-9])?$' END
    THEN pg_catalog.left($1, CASE WHEN $2 OPERATOR(pg_catalog.=) 'npa' THEN 5
                                  WHEN $2 OPERATOR(pg_catalog.=) 'npanxx' THEN 8 ELSE 2 END)
    WHEN $1 IS NOT NULL THEN retention.truncate_any_phone($1, $2) END
$function$;
REVOKE ALL ON FUNCTION retention.truncate_phone(text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION retention.truncate_phone(text, text) TO @prefix@worker, @prefix@operator,
    @prefix@auditor, @prefix@approver, @prefix@legal, @prefix@reader;
