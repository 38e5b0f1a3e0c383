-- A moment written as text (in jsonb), or NULL for whatever is none: a condition on one odd record
-- must not stop its category.
--
-- Only ISO 8601 with a four-digit year is read: other forms depend on settings, and words like
-- "now" or "infinity" are no record of when something happened. Without a zone it is read in the
-- session's time zone, which is the category's; a bare date is the end of that day.
CREATE OR REPLACE FUNCTION retention.try_timestamptz(value text) RETURNS timestamptz
LANGUAGE plpgsql STABLE STRICT
SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    IF value ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}$' THEN
        RETURN (value::date + 1)::timestamp::timestamptz;
    ELSIF value ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,9})?)? ?(Z|[+-][0-9]{2}(:?[0-9]{2})?)?$' THEN
        RETURN value::timestamptz;
    END IF;
    RETURN NULL;
EXCEPTION
    WHEN data_exception THEN -- 30 February, 25:00, year 0
        RETURN NULL;
END
$function$;
REVOKE ALL ON FUNCTION retention.try_timestamptz(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION retention.try_timestamptz(text) TO @prefix@worker, @prefix@operator,
    @prefix@auditor, @prefix@approver, @prefix@legal, @prefix@reader;
