-- A phone number in one form whatever way it was written: see any_phone for what it returns. Both
-- sides of every comparison go through this function, which is called for every record of a batch:
-- what is plain, three, three and four digits alone or behind +1 or 1, is not looked at further.
-- Digits that a regular expression counts, or translate() takes away, cost twice as much as to find
-- no other character behind the first in twelve bytes; to match them one after the other, a third
-- more.
-- It has no SET clause, so that it is inlined into the statements of batches, and no STRICT, which
-- would keep it from that.
CREATE OR REPLACE FUNCTION retention.as_e164(value text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $function$
SELECT CASE
    WHEN pg_catalog.octet_length($1) OPERATOR(pg_catalog.=) 12
        AND $1 OPERATOR(pg_catalog.~~) '+1%'
        AND ($1 COLLATE pg_catalog."C") OPERATOR(pg_catalog.!~) '.[^0-9]'
    THEN pg_catalog.substr($1, 4)
    WHEN ($1 COLLATE pg_catalog."C") OPERATOR(pg_catalog.~)
        '^ *([+]? *1)?[ -]*[(]?[2-9][0-9][0-9][)]?[ -]*[0-9][0-9][0-9][ -]*[0-9][0-9][0-9][0-9] *$'
    THEN pg_catalog.right(pg_catalog.translate($1, ' ()-', ''), 9)
    WHEN $1 IS NOT NULL THEN retention.any_phone($1) END
$function$;
REVOKE ALL ON FUNCTION retention.as_e164(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION retention.as_e164(text) TO @prefix@worker, @prefix@reader,
    @prefix@operator, @prefix@auditor, @prefix@approver, @prefix@legal;
