-- Is a period, as it stands in a policy text, at least as long as another whatever date it is added
-- to? Months, days and time are compared apart: '1 mon' is not known to be longer than '30 days'.
CREATE OR REPLACE FUNCTION retention.period_covers(period text, other text) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE STRICT
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    x interval;
    y interval;
BEGIN
    x := btrim(period, '"')::interval;
    y := btrim(other, '"')::interval;
    RETURN EXTRACT(year FROM x) * 12 + EXTRACT(month FROM x)
            >= EXTRACT(year FROM y) * 12 + EXTRACT(month FROM y)
        AND EXTRACT(day FROM x) >= EXTRACT(day FROM y)
        AND EXTRACT(hour FROM x) * 3600 + EXTRACT(minute FROM x) * 60 + EXTRACT(second FROM x)
            >= EXTRACT(hour FROM y) * 3600 + EXTRACT(minute FROM y) * 60 + EXTRACT(second FROM y);
EXCEPTION WHEN OTHERS THEN
    RETURN false;
END
$function$;
REVOKE ALL ON FUNCTION retention.period_covers(text, text) FROM PUBLIC;
