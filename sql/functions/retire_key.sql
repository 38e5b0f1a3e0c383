-- The key that signed until a rotation signs no more: written once by the worker that has the new
-- one. False: it stands in the log already.
CREATE OR REPLACE FUNCTION retention.retire_key(term bigint, keyid text) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    PERFORM retention.require_control(retire_key.term);
    IF EXISTS (SELECT FROM retention.log_entry e WHERE e.type = 'retire' AND e.run IS NULL
               AND e.entry LIKE E'%\nkeyid ' || retire_key.keyid || E'\n') THEN
        RETURN false;
    END IF;
    PERFORM retention.write_entry('retire', NULL, NULL, jsonb_build_object('keyid', keyid));
    RETURN true;
END
$function$;
REVOKE ALL ON FUNCTION retention.retire_key(bigint, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION retention.retire_key(bigint, text) TO @prefix@worker;
