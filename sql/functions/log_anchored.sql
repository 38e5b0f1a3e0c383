-- How the anchor command ended for the checkpoint of this size: error is NULL if it did its work.
-- A size of NULL: no command is set, and nothing waits for one.
CREATE OR REPLACE FUNCTION retention.log_anchored(term bigint, size bigint, error text)
RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
#variable_conflict use_column
BEGIN
    PERFORM retention.require_term(log_anchored.term);
    IF log_anchored.size IS NULL THEN
        UPDATE retention.log_state SET anchor_command = false, anchor_error = NULL,
            anchor_failures = 0
            WHERE anchor_command OR anchor_error IS NOT NULL OR anchor_failures <> 0;
        RETURN;
    END IF;
    IF log_anchored.error IS NULL THEN
        INSERT INTO retention.log_anchor (size) VALUES (log_anchored.size);
    END IF;
    UPDATE retention.log_state SET anchor_command = true, anchor_error = log_anchored.error,
        anchor_failures = CASE WHEN log_anchored.error IS NULL THEN 0 ELSE anchor_failures + 1 END;
END
$function$;
REVOKE ALL ON FUNCTION retention.log_anchored(bigint, bigint, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION retention.log_anchored(bigint, bigint, text) TO @prefix@worker;
