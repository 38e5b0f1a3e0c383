-- The rules of holds that a copy of a hold was made under: see hold_mirrors and recover_hold. A
-- backup may have weaker ones than were in effect later, and legal may have released holds under
-- them since. The stricter ones count: of both, and for what was released, of which nothing is gone yet, since
-- nothing runs before the recovery is over. Where the backup's are stricter they stay. Internal.
CREATE OR REPLACE FUNCTION retention.recover_hold_rules(rules jsonb) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $function$
#variable_conflict use_column
DECLARE
    was constant retention.hold_rules :=
        jsonb_populate_record(NULL::retention.hold_rules, nullif(rules, 'null'));
    r retention.hold_rules%ROWTYPE;
    h record;
BEGIN
    SELECT * INTO STRICT r FROM retention.hold_rules o FOR NO KEY UPDATE;
    IF (was.dual_control AND NOT r.dual_control OR was.grace > r.grace) IS NOT TRUE THEN
        RETURN;
    END IF;
    UPDATE retention.hold_rules o SET dual_control = r.dual_control OR was.dual_control,
            grace = greatest(r.grace, was.grace);
    FOR h IN SELECT o.hold, o.held_until, o.released_at + was.grace AS until FROM retention.hold o
             WHERE o.held_until < o.released_at + was.grace
               AND o.released_at + was.grace > clock_timestamp()
             ORDER BY o.hold FOR NO KEY UPDATE
    LOOP
        UPDATE retention.hold o SET held_until = h.until WHERE o.hold = h.hold;
        -- what ended with the hold, not what was given up before
        UPDATE retention.hold_part o SET held_until = h.until
            WHERE (o.hold, o.held_until) = (h.hold, h.held_until);
        UPDATE retention.hold_subject o SET held_until = h.until
            WHERE (o.hold, o.held_until) = (h.hold, h.held_until);
        UPDATE retention.hold_key o SET held_until = h.until
            WHERE (o.hold, o.held_until) = (h.hold, h.held_until);
        PERFORM retention.apply_hold_parts(NULL, ARRAY[h.hold]);
    END LOOP;
END
$function$;
REVOKE ALL ON FUNCTION retention.recover_hold_rules(jsonb) FROM PUBLIC;
