-- A phone number in one form whatever way it was written: "+" and the digits of the international
-- number. NULL where there is no digit but 0.
--
-- A number with a leading + or 00 is international; ten digits are a North American number without
-- its 1. Anything else is taken as it is, so two ways to write one number may be held together that
-- are two numbers in truth, never the other way round. Both sides of every comparison go through
-- this function, which is called for every record of a batch: what has the form is not looked at
-- further, since +1 and ten characters are a whole number only if all of them are digits. It has no
-- SET clause, so that it is inlined into the statements of batches, and no STRICT, which would keep
-- it from that.
CREATE OR REPLACE FUNCTION retention.as_e164(value text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $function$
SELECT CASE WHEN $1 OPERATOR(pg_catalog.~~) '+1__________'
             AND pg_catalog.translate(pg_catalog.substr($1, 2), '0123456789', '')
                 OPERATOR(pg_catalog.=) '' THEN $1
    ELSE '+' OPERATOR(pg_catalog.||) CASE
    WHEN pg_catalog.ltrim(
            pg_catalog.translate($1, pg_catalog.translate($1, '0123456789', ''), ''), '0')
            OPERATOR(pg_catalog.=) '' THEN NULL
    WHEN pg_catalog.left(
            pg_catalog.translate($1, pg_catalog.translate($1, '0123456789+', ''), ''), 1)
            OPERATOR(pg_catalog.=) '+'
        THEN pg_catalog.translate($1, pg_catalog.translate($1, '0123456789', ''), '')
    WHEN pg_catalog.left(
            pg_catalog.translate($1, pg_catalog.translate($1, '0123456789', ''), ''), 2)
            OPERATOR(pg_catalog.=) '00'
        THEN pg_catalog.substr(
            pg_catalog.translate($1, pg_catalog.translate($1, '0123456789', ''), ''), 3)
    WHEN pg_catalog.length(
            pg_catalog.translate($1, pg_catalog.translate($1, '0123456789', ''), ''))
            OPERATOR(pg_catalog.=) 10
        THEN '1' OPERATOR(pg_catalog.||)
            pg_catalog.translate($1, pg_catalog.translate($1, '0123456789', ''), '')
    ELSE pg_catalog.translate($1, pg_catalog.translate($1, '0123456789', ''), '') END END
$function$;
REVOKE ALL ON FUNCTION retention.as_e164(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION retention.as_e164(text) TO @prefix@worker, @prefix@reader,
    @prefix@operator, @prefix@auditor, @prefix@approver, @prefix@legal;
