-- The timeline that the server writes now. (pg_control_checkpoint() names that of the last
-- checkpoint, which after a promotion may be minutes old.) Internal.
CREATE OR REPLACE FUNCTION retention.current_timeline() RETURNS int
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    IF pg_is_in_recovery() THEN
        RETURN (SELECT k.timeline_id FROM pg_control_checkpoint() k);
    END IF;
    RETURN ('x' || substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8))::bit(32)::int;
END
$function$;
REVOKE ALL ON FUNCTION retention.current_timeline() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION retention.current_timeline() TO @prefix@worker;
