-- A json document as jsonb, or NULL where it is none: json takes what jsonb does not, as \u0000, half a
-- surrogate pair or a number beyond numeric. One odd record must not stop its category.
CREATE OR REPLACE FUNCTION retention.try_jsonb(document json) RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE STRICT
SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    RETURN document::jsonb;
EXCEPTION
    WHEN data_exception OR program_limit_exceeded THEN
        RETURN NULL;
END
$function$;
REVOKE ALL ON FUNCTION retention.try_jsonb(json) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION retention.try_jsonb(json) TO @prefix@worker, @prefix@operator,
    @prefix@auditor, @prefix@approver, @prefix@legal, @prefix@reader;
