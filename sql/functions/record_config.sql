-- The settings of holds, brakes and log that the worker runs with, by the SHA-256 of their
-- normalised text; written when they differ from the last such entry, false if they do not.
CREATE OR REPLACE FUNCTION retention.record_config(term bigint, sha256 text) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
#variable_conflict use_column
DECLARE
    last text;
BEGIN
    PERFORM retention.require_term(record_config.term);
    SELECT e.entry INTO last FROM retention.log_entry e
        WHERE e.type = 'config' AND e.run IS NULL ORDER BY e.seq DESC LIMIT 1;
    IF position(E'\nsha256 ' || record_config.sha256 || E'\n' IN last) > 0 THEN
        RETURN false;
    END IF;
    PERFORM retention.write_entry('config', NULL, NULL,
        jsonb_build_object('sha256', record_config.sha256, 'by', session_user));
    RETURN true;
END
$function$;
REVOKE ALL ON FUNCTION retention.record_config(bigint, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION retention.record_config(bigint, text) TO @prefix@worker;
