-- Binds schema retention to the database that it is in, and says so in the log: at the first
-- installation, and when a clone is adopted. Internal.
CREATE OR REPLACE FUNCTION retention.bind_database(prefix text) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
#variable_conflict use_column
DECLARE
    system text;
    tli int;
    db oid;
BEGIN
    SELECT s.system_identifier::text INTO STRICT system FROM pg_control_system() s;
    SELECT k.timeline_id INTO STRICT tli FROM pg_control_checkpoint() k;
    SELECT d.oid INTO STRICT db FROM pg_database d WHERE d.datname = current_database();
    INSERT INTO retention.install AS i (system_identifier, database_oid, timeline, prefix)
        VALUES (system, db, tli, bind_database.prefix)
        ON CONFLICT ON CONSTRAINT install_pkey DO UPDATE
            SET system_identifier = excluded.system_identifier,
                database_oid = excluded.database_oid,
                timeline = excluded.timeline, bound_at = excluded.bound_at,
                bound_by = excluded.bound_by;
    -- In another database, or after pg_upgrade, triggers have other numbers.
    UPDATE retention.category SET guard_rows = NULL WHERE guard_rows IS NOT NULL;
    PERFORM retention.write_entry('bind', NULL, NULL,
        jsonb_build_object('system', system, 'timeline', tli, 'by', session_user));
END
$function$;
REVOKE ALL ON FUNCTION retention.bind_database(text) FROM PUBLIC;
