-- What the log tells of holds: how many entries each has, and the last that placed and that released
-- it. Internal.
CREATE OR REPLACE FUNCTION retention.holds_told()
RETURNS TABLE (hold uuid, entries bigint, placed bigint, released bigint)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    RETURN QUERY
    SELECT t.hold, count(*), max(t.id) FILTER (WHERE t.what = 'placed'),
           max(t.id) FILTER (WHERE t.what = 'released')
    FROM (SELECT e.id, substring(e.entry FROM '\nhold ([0-9a-f]{32})\n')::uuid AS hold,
                 substring(e.entry FROM '\nwhat ([a-z]+)\n') AS what
          FROM retention.log_entry e WHERE e.type = 'hold' AND e.run IS NULL) t
    GROUP BY t.hold;
END
$function$;
REVOKE ALL ON FUNCTION retention.holds_told() FROM PUBLIC;
