-- Every entry waits for its place in the tree, from the transaction on that wrote it.
CREATE OR REPLACE FUNCTION retention.log_enqueue() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    INSERT INTO retention.log_pending (entry) VALUES (NEW.id);
    RETURN NULL;
END
$function$;
REVOKE ALL ON FUNCTION retention.log_enqueue() FROM PUBLIC;

CREATE OR REPLACE TRIGGER enqueue AFTER INSERT ON retention.log_entry
    FOR EACH ROW EXECUTE FUNCTION retention.log_enqueue();
ALTER TABLE retention.log_entry ENABLE ALWAYS TRIGGER enqueue;
