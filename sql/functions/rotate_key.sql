-- Announces the key that will sign from the next start on. The worker that runs places the entry,
-- signs it with the old key, and signs nothing after it. Only for who may install: members of the
-- owner. Every key is named once, for this log, and no more of them than whoever verifies it reads: else
-- no head that is signed from then on could be verified. For the same reason each waits until the
-- one before it was signed in: a key that signs its own announcement is nobody's.
CREATE OR REPLACE FUNCTION retention.rotate_key(vkey text) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
#variable_conflict use_column
DECLARE
    part constant text := '^([^+ ]+)[+][0-9a-f]{8}[+]([A-Za-z0-9+/]{44,}={0,2})$';
    known record;
BEGIN
    PERFORM FROM retention.entry_counter FOR UPDATE; -- one after the other
    IF NOT EXISTS (SELECT FROM retention.log_leaf) THEN
        RAISE EXCEPTION USING ERRCODE = 'RT011', MESSAGE = 'the log was not begun',
            HINT = 'Set log.signing_key to the new key; there is nothing to rotate from.';
    END IF;
    IF rotate_key.vkey IS NULL OR rotate_key.vkey COLLATE "C" !~ part THEN
        RAISE EXCEPTION USING ERRCODE = 'RT011', MESSAGE = 'this is no verifier key',
            HINT = 'Run: retentionctl log rotate-key --key FILE';
    END IF;
    SELECT count(*) AS keys,
           min(k.name) FILTER (WHERE k.name <> substring(rotate_key.vkey, part)) AS other,
           bool_or(regexp_replace(k.vkey, part, '\2') = regexp_replace(rotate_key.vkey, part, '\2')) AS named
        INTO known
        FROM (SELECT n.vkey, substring(n.vkey, part) AS name
              FROM (SELECT substring(e.entry, E'\nvkey ([^\n]+)\n') AS vkey
                    FROM retention.log_entry e
                    WHERE e.type IN ('genesis', 'rotate') AND e.run IS NULL) n) k;
    IF known.other IS NOT NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'RT011',
            MESSAGE = format('this key is for log "%s", and this log is "%s"',
                substring(rotate_key.vkey, part), known.other),
            HINT = 'Set log.origin to the log''s own name.';
    END IF;
    IF known.named THEN
        RAISE EXCEPTION USING ERRCODE = 'RT011',
            MESSAGE = 'the log names this key already: it signs now, or did',
            HINT = 'Make a new one: retentionctl log keygen --signing FILE';
    END IF;
    IF known.keys >= 32 THEN
        RAISE EXCEPTION USING ERRCODE = 'RT011',
            MESSAGE = 'the log names 32 keys already: nobody could verify it with another one';
    END IF;
    IF EXISTS (SELECT FROM retention.log_entry e
               LEFT JOIN retention.log_leaf l ON l.entry = e.id
               WHERE e.type = 'rotate' AND e.run IS NULL
                 AND coalesce(l.index >= coalesce((SELECT max(c.size)
                                                   FROM retention.log_checkpoint c), 0), true)) THEN
        RAISE EXCEPTION USING ERRCODE = 'RT011',
            MESSAGE = 'the last rotation of the log''s key was not signed yet',
            HINT = 'Let the worker with the old key sign it first: "retentionctl status" says when '
                'the key was rotated.';
    END IF;
    PERFORM retention.write_entry('rotate', NULL, NULL, jsonb_build_object('vkey', rotate_key.vkey));
    PERFORM pg_notify('retention', 'log');
END
$function$;
REVOKE ALL ON FUNCTION retention.rotate_key(text) FROM PUBLIC;
