-- Counts the records of a category that a hold covers, by the statement in category.hold_facts.
--
-- The worker's login wrote that statement down, so it does not run with the rights of the owner of
-- this schema: the function belongs to @prefix@reader, which may read the governed tables and
-- held_scope, and nothing else. It is STABLE, so nothing but a query runs. Internal; fails where a
-- table may not be read, or not in full (row_security).
CREATE OR REPLACE FUNCTION retention.count_held(statement text, hold uuid, zone text)
RETURNS bigint
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET row_security = off
SET jit = off
SET datestyle = 'ISO, YMD'
SET intervalstyle = 'postgres'
SET bytea_output = 'hex'
SET timezone = 'UTC'
AS $function$
DECLARE
    rows bigint;
BEGIN
    PERFORM set_config('timezone', coalesce(zone, 'UTC'), true);
    EXECUTE statement INTO rows USING count_held.hold;
    RETURN rows;
END
$function$;
GRANT CREATE ON SCHEMA retention TO @prefix@reader;
ALTER FUNCTION retention.count_held(text, uuid, text) OWNER TO @prefix@reader;
REVOKE CREATE ON SCHEMA retention FROM @prefix@reader;
REVOKE ALL ON FUNCTION retention.count_held(text, uuid, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION retention.count_held(text, uuid, text) TO @prefix@owner;
