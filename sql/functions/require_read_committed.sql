-- Whoever places, changes or ends a hold must see what others committed while it waited for the
-- gate. Internal.
CREATE OR REPLACE FUNCTION retention.require_read_committed() RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    IF current_setting('transaction_isolation') NOT IN ('read committed', 'read uncommitted') THEN
        RAISE EXCEPTION USING ERRCODE = 'RT011',
            MESSAGE = format('holds cannot be placed or changed at isolation level %s',
                current_setting('transaction_isolation')),
            DETAIL = 'It would not see the policies that took effect while it waited for batches.',
            HINT = 'Do it in a transaction of its own at isolation level read committed.';
    END IF;
END
$function$;
REVOKE ALL ON FUNCTION retention.require_read_committed() FROM PUBLIC;
