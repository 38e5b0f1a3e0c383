-- The name that percent_encode made this of. Internal.
CREATE OR REPLACE FUNCTION retention.percent_decode(encoded text) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    RETURN (SELECT convert_from(string_agg(
                CASE WHEN length(m.part[1]) = 3 THEN decode(substr(m.part[1], 2), 'hex')
                     ELSE convert_to(m.part[1], 'UTF8') END, ''::bytea ORDER BY m.place), 'UTF8')
            FROM regexp_matches(encoded, '%[0-9A-F]{2}|.', 'g') WITH ORDINALITY m (part, place));
END
$function$;
REVOKE ALL ON FUNCTION retention.percent_decode(text) FROM PUBLIC;
