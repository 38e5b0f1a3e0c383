-- Announces the key that will sign from the next start on. The worker that runs places the entry,
-- signs it with the old key, and signs nothing after it. Only for who may install: members of the
-- owner.
CREATE OR REPLACE FUNCTION retention.rotate_key(vkey text) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    IF NOT EXISTS (SELECT FROM retention.log_leaf) THEN
        RAISE EXCEPTION USING ERRCODE = 'RT011', MESSAGE = 'the log was not begun',
            HINT = 'Set log.signing_key to the new key; there is nothing to rotate from.';
    END IF;
    PERFORM retention.write_entry('rotate', NULL, NULL, jsonb_build_object('vkey', vkey));
    PERFORM pg_notify('retention', 'log');
END
$function$;
REVOKE ALL ON FUNCTION retention.rotate_key(text) FROM PUBLIC;
