-- The hold that is to be changed, locked against others who change it: RT010 if there is none,
-- RT011 if it is released. `what` is the verb: "extended". Internal.
CREATE OR REPLACE FUNCTION retention.lock_hold(hold uuid, what text, reason text)
RETURNS retention.hold
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $function$
#variable_conflict use_column
DECLARE
    h retention.hold%ROWTYPE;
BEGIN
    PERFORM retention.require_read_committed();
    IF coalesce(btrim(lock_hold.reason), '') = '' THEN
        RAISE EXCEPTION USING ERRCODE = 'RT020',
            MESSAGE = format('a hold is not %s without a reason', lock_hold.what);
    END IF;
    SELECT * INTO h FROM retention.hold o WHERE o.hold = lock_hold.hold FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING ERRCODE = 'RT010',
            MESSAGE = format('there is no hold %s', coalesce(lock_hold.hold::text, '(null)')),
            HINT = '"retentionctl hold list" shows them.';
    END IF;
    IF h.released_at IS NOT NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'RT011',
            MESSAGE = format('hold %s is released', h.hold),
            HINT = CASE WHEN h.held_until > clock_timestamp()
                THEN format('What it covers counts as held until %s. Place another one.',
                    h.held_until)
                ELSE 'Place another one.' END;
    END IF;
    RETURN h;
END
$function$;
REVOKE ALL ON FUNCTION retention.lock_hold(uuid, text, text) FROM PUBLIC;
