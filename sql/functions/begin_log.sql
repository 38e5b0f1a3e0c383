-- The first entry of the tree, index 0: which log this is, the key that signs it, and the database.
-- False, and nothing done, if the tree has been begun. Refused if it is another log's.
CREATE OR REPLACE FUNCTION retention.begin_log(term bigint, log text, vkey text) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
#variable_conflict use_column
DECLARE
    genesis bigint;
BEGIN
    PERFORM retention.require_control(begin_log.term);
    LOCK TABLE retention.log_leaf IN SHARE ROW EXCLUSIVE MODE;
    IF EXISTS (SELECT FROM retention.log_leaf) THEN
        RETURN false;
    END IF;
    genesis := retention.write_entry('genesis', NULL, NULL, jsonb_build_object(
        'log', begin_log.log, 'vkey', begin_log.vkey,
        'system', (SELECT s.system_identifier::text FROM pg_control_system() s),
        'timeline', retention.current_timeline()));
    INSERT INTO retention.log_leaf (index, entry, leaf_hash)
        SELECT 0, e.id, sha256('\x00'::bytea || convert_to(e.entry, 'UTF8'))
        FROM retention.log_entry e WHERE e.id = genesis;
    DELETE FROM retention.log_pending p WHERE p.entry = genesis;
    RETURN true;
END
$function$;
REVOKE ALL ON FUNCTION retention.begin_log(bigint, text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION retention.begin_log(bigint, text, text) TO @prefix@worker;
