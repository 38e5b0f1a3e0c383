-- The setting that says "a batch" was made by somebody who runs none. Internal; the guard's.
CREATE OR REPLACE FUNCTION retention.guard_require_batch() RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    IF NOT retention.guard_is_batch() THEN
        RAISE EXCEPTION USING ERRCODE = 'RT013',
            MESSAGE = 'setting "retention.batch" is for batches of the leading worker alone',
            HINT = 'Reset it: RESET retention.batch;';
    END IF;
END
$function$;
REVOKE ALL ON FUNCTION retention.guard_require_batch() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION retention.guard_require_batch() TO @prefix@reader;
