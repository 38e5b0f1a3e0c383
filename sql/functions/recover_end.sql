-- Ends a recovery: see recover_begin. `undone`: batches that the database had lost.
CREATE OR REPLACE FUNCTION retention.recover_end(database_size bigint, log_size bigint,
    undone bigint, host text) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
#variable_conflict use_column
DECLARE
    leaves bigint;
BEGIN
    SELECT max(l.index) + 1 INTO leaves FROM retention.log_leaf l;
    IF leaves IS DISTINCT FROM recover_end.log_size THEN
        RAISE EXCEPTION USING ERRCODE = 'RT011',
            MESSAGE = format('%s entries are in their places after recovery instead of %s',
                leaves, recover_end.log_size);
    END IF;
    IF recover_end.log_size > recover_end.database_size THEN
        PERFORM retention.write_entry('restored', NULL, NULL, jsonb_build_object(
            'database_size', recover_end.database_size, 'log_size', recover_end.log_size,
            'undone', recover_end.undone));
    END IF;
    UPDATE retention.log_state SET state = 'recovered', message = NULL, hint = NULL,
        missing = NULL, database_size = recover_end.log_size, log_size = recover_end.log_size,
        holder_host = recover_end.host, holder_timeline = retention.current_timeline(),
        holder_system = (SELECT s.system_identifier::text FROM pg_control_system() s);
    PERFORM pg_notify('retention', 'log');
END
$function$;
REVOKE ALL ON FUNCTION retention.recover_end(bigint, bigint, bigint, text) FROM PUBLIC;
