-- Text in lower case without blanks, so that both sides of a comparison agree: neither case nor
-- blanks, accents or the form of characters matter (see any_case). ASCII, which is most, is folded
-- here, whatever the database's locale or the column's collation. No SET clause and no STRICT, so
-- that it is inlined.
CREATE OR REPLACE FUNCTION retention.as_lower(value text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $function$
SELECT CASE WHEN ($1 COLLATE pg_catalog."C") OPERATOR(pg_catalog.~) E'^[\t-\r -~]*$'
    THEN pg_catalog.lower(pg_catalog.translate($1, E' \t\n\r\f\x0b', '') COLLATE pg_catalog."C")
    WHEN $1 IS NOT NULL THEN retention.any_case($1) END COLLATE pg_catalog."default"
$function$;
REVOKE ALL ON FUNCTION retention.as_lower(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION retention.as_lower(text) TO @prefix@worker, @prefix@reader,
    @prefix@operator, @prefix@auditor, @prefix@approver, @prefix@legal;
