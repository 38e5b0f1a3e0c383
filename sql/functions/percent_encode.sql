-- A name as it stands in log entries: bytes outside [A-Za-z0-9_.-] as %XX (base/encode.h).
CREATE OR REPLACE FUNCTION retention.percent_encode(name text) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    IF name COLLATE "C" ~ '^[A-Za-z0-9_.-]*$' THEN
        RETURN name;
    END IF;
    RETURN (SELECT string_agg(
                CASE WHEN b BETWEEN 48 AND 57 OR b BETWEEN 65 AND 90 OR b BETWEEN 97 AND 122
                          OR b IN (45, 46, 95)
                     THEN chr(b) ELSE '%' || upper(lpad(to_hex(b), 2, '0')) END, '' ORDER BY i)
            FROM (SELECT i, get_byte(bytes, i) AS b
                  FROM (SELECT convert_to(name, 'UTF8') AS bytes) encoded,
                       generate_series(0, octet_length(bytes) - 1) AS i) AS each_byte);
END
$function$;
REVOKE ALL ON FUNCTION retention.percent_encode(text) FROM PUBLIC;
