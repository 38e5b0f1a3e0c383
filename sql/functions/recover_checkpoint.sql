-- A checkpoint that was signed after the backup: see recover_begin. Where and when it was signed is
-- not known any more; the host is that of the directory.
CREATE OR REPLACE FUNCTION retention.recover_checkpoint(size bigint, root bytea, note text,
    host text) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    INSERT INTO retention.log_checkpoint (size, root, note, host, system_identifier, timeline)
        SELECT recover_checkpoint.size, recover_checkpoint.root, recover_checkpoint.note,
               recover_checkpoint.host,
               coalesce(s.holder_system,
                        (SELECT c.system_identifier::text FROM pg_control_system() c)),
               coalesce(s.holder_timeline, retention.current_timeline())
        FROM retention.log_state s
        ON CONFLICT ON CONSTRAINT log_checkpoint_pkey DO NOTHING;
END
$function$;
REVOKE ALL ON FUNCTION retention.recover_checkpoint(bigint, bytea, text, text) FROM PUBLIC;
