-- A checkpoint that was signed and lies in the directory; the same again is nothing new. Refused if
-- one of that size has another root.
CREATE OR REPLACE FUNCTION retention.log_signed(term bigint, size bigint, root bytea, note text,
    host text) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
#variable_conflict use_column
DECLARE
    system text;
    tli constant int := retention.current_timeline();
BEGIN
    PERFORM retention.require_control(log_signed.term);
    SELECT s.system_identifier::text INTO STRICT system FROM pg_control_system() s;
    INSERT INTO retention.log_checkpoint (size, root, note, host, system_identifier, timeline)
        VALUES (log_signed.size, log_signed.root, log_signed.note, log_signed.host, system, tli)
        ON CONFLICT ON CONSTRAINT log_checkpoint_pkey DO NOTHING;
    IF EXISTS (SELECT FROM retention.log_checkpoint c
               WHERE c.size = log_signed.size AND c.root <> log_signed.root) THEN
        RAISE EXCEPTION USING ERRCODE = 'RT011',
            MESSAGE = format('a checkpoint of size %s with another root was signed',
                log_signed.size);
    END IF;
    UPDATE retention.log_state SET holder_host = log_signed.host, holder_system = system,
        holder_timeline = tli;
END
$function$;
REVOKE ALL ON FUNCTION retention.log_signed(bigint, bigint, bytea, text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION retention.log_signed(bigint, bigint, bytea, text, text)
    TO @prefix@worker;
