-- Text in lower case without blanks around it, by the rules of the database and not those of the
-- column's collation ("C" knows no capital letters but A to Z), so that both sides of a comparison
-- agree. No SET clause and no STRICT, so that it is inlined.
CREATE OR REPLACE FUNCTION retention.as_lower(value text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $function$
SELECT pg_catalog.lower(pg_catalog.btrim($1) COLLATE pg_catalog."default")
$function$;
REVOKE ALL ON FUNCTION retention.as_lower(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION retention.as_lower(text) TO @prefix@worker, @prefix@reader,
    @prefix@operator, @prefix@auditor, @prefix@approver, @prefix@legal;
