-- A scalar of a json document as text: numbers of the same value are the same (1.50, 1.5, 15e-1),
-- also where the document has them as strings. Anything else is as it stands there.
CREATE OR REPLACE FUNCTION retention.any_json(value text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $function$
SELECT CASE WHEN $1 OPERATOR(pg_catalog.~)
        '^\s*[-+]?[0-9]{1,250}([.][0-9]{0,250})?([eE][-+]?[0-9]{1,3})?\s*$' COLLATE pg_catalog."C"
    THEN pg_catalog.trim_scale($1::pg_catalog.numeric)::pg_catalog.text ELSE $1 END
$function$;
REVOKE ALL ON FUNCTION retention.any_json(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION retention.any_json(text) TO @prefix@worker, @prefix@reader,
    @prefix@operator, @prefix@auditor, @prefix@approver, @prefix@legal;
