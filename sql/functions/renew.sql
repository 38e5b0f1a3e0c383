-- The leader is alive: called by its control session more often than its lease. RT001 if it leads
-- no more.
CREATE OR REPLACE FUNCTION retention.renew(term bigint) RETURNS timestamptz
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    renewed timestamptz;
BEGIN
    UPDATE retention.leader l SET renewed_at = clock_timestamp()
        WHERE l.term = renew.term AND l.worker IS NOT NULL AND l.pid = pg_backend_pid()
        RETURNING l.renewed_at INTO renewed;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING ERRCODE = 'RT001',
            MESSAGE = format('term %s is over', coalesce(renew.term::text, '(none)'));
    END IF;
    RETURN renewed;
END
$function$;
REVOKE ALL ON FUNCTION retention.renew(bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION retention.renew(bigint) TO @prefix@worker;
