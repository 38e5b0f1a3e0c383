-- A record's key as the statements of batches print it; NULL where it does not fit the columns.
-- `columns` is the "key" of hold facts. Internal.
CREATE OR REPLACE FUNCTION retention.canonical_key(key text[], columns jsonb) RETURNS text[]
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    result text[] := '{}';
    value text;
BEGIN
    IF cardinality(key) IS DISTINCT FROM jsonb_array_length(columns) THEN
        RETURN NULL;
    END IF;
    FOR i IN 1 .. cardinality(key) LOOP
        value := retention.canonical_text(key[i], columns -> (i - 1) ->> 'type', NULL);
        IF value IS NULL THEN
            RETURN NULL;
        END IF;
        result := result || value;
    END LOOP;
    RETURN result;
END
$function$;
REVOKE ALL ON FUNCTION retention.canonical_key(text[], jsonb) FROM PUBLIC;
