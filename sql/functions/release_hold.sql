-- Ends a hold. Under dual control the first person asks ('requested') and another one, by calling
-- the same, confirms ('released'); the one who asked may call again and is told 'requested'. From
-- then on the grace runs, and what the hold covers still counts as held until it is over. A request
-- from before the hold was extended is about less than the hold is now: it is withdrawn, and who
-- calls asks anew.
CREATE OR REPLACE FUNCTION retention.release_hold(hold uuid, reason text) RETURNS text
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
#variable_conflict use_column
DECLARE
    h retention.hold%ROWTYPE;
    q retention.hold_request%ROWTYPE;
    two_needed boolean;
    last_part int;
BEGIN
    h := retention.lock_hold(release_hold.hold, 'released', release_hold.reason);
    SELECT r.dual_control INTO STRICT two_needed FROM retention.hold_rules r FOR SHARE;
    SELECT * INTO q FROM retention.hold_request o
        WHERE o.hold = h.hold AND o.what = 'release' AND o.decided_at IS NULL;
    SELECT max(p.part) INTO STRICT last_part FROM retention.hold_part p WHERE p.hold = h.hold;
    IF q.parts IS DISTINCT FROM last_part THEN
        UPDATE retention.hold_request o SET decided_at = clock_timestamp(),
                decided_by = session_user, decision = 'withdrawn',
                decision_reason = 'the hold was extended'
            WHERE o.request = q.request;
        INSERT INTO retention.hold_request (hold, what, parts, reason)
            VALUES (h.hold, 'release', last_part, btrim(release_hold.reason)) RETURNING * INTO q;
        IF two_needed THEN
            PERFORM retention.close_hold_gate();
            PERFORM retention.hold_entry(h.hold, 'requested',
                retention.hold_scope_text(h.hold, NULL));
            RETURN 'requested';
        END IF;
    ELSIF two_needed AND q.requested_by = session_user THEN
        RETURN 'requested';
    END IF;
    PERFORM retention.carry_out_request(q.request, btrim(release_hold.reason));
    RETURN 'released';
END
$function$;
REVOKE ALL ON FUNCTION retention.release_hold(uuid, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION retention.release_hold(uuid, text) TO @prefix@legal;
