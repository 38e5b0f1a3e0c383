-- The log is insert-only for everybody, its owner included.
CREATE OR REPLACE FUNCTION retention.log_refuse_change() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    RAISE EXCEPTION USING ERRCODE = 'RT011',
        MESSAGE = format('table "%s" can only be appended to', TG_TABLE_NAME);
END
$function$;
REVOKE ALL ON FUNCTION retention.log_refuse_change() FROM PUBLIC;

CREATE OR REPLACE TRIGGER insert_only BEFORE UPDATE OR DELETE OR TRUNCATE ON retention.log_entry
    FOR EACH STATEMENT EXECUTE FUNCTION retention.log_refuse_change();
CREATE OR REPLACE TRIGGER insert_only BEFORE UPDATE OR DELETE OR TRUNCATE ON retention.log_records
    FOR EACH STATEMENT EXECUTE FUNCTION retention.log_refuse_change();
ALTER TABLE retention.log_entry ENABLE ALWAYS TRIGGER insert_only;
ALTER TABLE retention.log_records ENABLE ALWAYS TRIGGER insert_only;
CREATE OR REPLACE TRIGGER insert_only BEFORE UPDATE OR DELETE OR TRUNCATE ON retention.log_leaf
    FOR EACH STATEMENT EXECUTE FUNCTION retention.log_refuse_change();
ALTER TABLE retention.log_leaf ENABLE ALWAYS TRIGGER insert_only;
CREATE OR REPLACE TRIGGER insert_only BEFORE UPDATE OR DELETE OR TRUNCATE ON retention.log_checkpoint
    FOR EACH STATEMENT EXECUTE FUNCTION retention.log_refuse_change();
ALTER TABLE retention.log_checkpoint ENABLE ALWAYS TRIGGER insert_only;
CREATE OR REPLACE TRIGGER insert_only BEFORE UPDATE OR DELETE OR TRUNCATE ON retention.log_anchor
    FOR EACH STATEMENT EXECUTE FUNCTION retention.log_refuse_change();
ALTER TABLE retention.log_anchor ENABLE ALWAYS TRIGGER insert_only;
