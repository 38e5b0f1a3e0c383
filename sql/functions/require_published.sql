-- How many cells were published, if the target took as many rows; else an end of the transaction:
-- something in the target swallowed some, and cells would be closed that nobody sees.
CREATE OR REPLACE FUNCTION retention.require_published(published bigint, inserted bigint)
RETURNS bigint
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    IF published IS DISTINCT FROM inserted THEN
        RAISE EXCEPTION USING ERRCODE = 'RT011',
            MESSAGE = format('%s cells were to be published, and the target took %s rows',
                published, inserted);
    END IF;
    RETURN published;
END
$function$;
REVOKE ALL ON FUNCTION retention.require_published(bigint, bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION retention.require_published(bigint, bigint) TO @prefix@worker;
