-- One record's key as an element of a list: the value itself where the key has one column, else an
-- array literal. NULL where it is none. Internal.
CREATE OR REPLACE FUNCTION retention.read_key(element text, width int) RETURNS text[]
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    IF width = 1 THEN
        RETURN ARRAY[element];
    END IF;
    BEGIN
        RETURN element::text[];
    EXCEPTION WHEN data_exception OR program_limit_exceeded THEN
        RETURN NULL;
    END;
END
$function$;
REVOKE ALL ON FUNCTION retention.read_key(text, int) FROM PUBLIC;
