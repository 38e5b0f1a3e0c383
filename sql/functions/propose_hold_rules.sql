-- The rules of holds as the main file has them. Stricter ones (dual control, a longer grace) take
-- effect at once; weaker ones wait for approve_hold_rules. True: nothing waits.
CREATE OR REPLACE FUNCTION retention.propose_hold_rules(term bigint, dual_control boolean,
    grace interval) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
#variable_conflict use_column
DECLARE
    r retention.hold_rules%ROWTYPE;
    weaker_control boolean;
    weaker_grace interval;
BEGIN
    PERFORM retention.require_term(propose_hold_rules.term);
    IF propose_hold_rules.dual_control IS NULL OR propose_hold_rules.grace IS NULL
            OR propose_hold_rules.grace < '0' THEN
        RAISE EXCEPTION USING ERRCODE = 'RT011',
            MESSAGE = 'the rules of holds are dual control and a grace that is not negative';
    END IF;
    SELECT * INTO STRICT r FROM retention.hold_rules o FOR NO KEY UPDATE;
    r.dual_control := r.dual_control OR propose_hold_rules.dual_control;
    r.grace := greatest(r.grace, propose_hold_rules.grace);
    IF r.dual_control AND NOT propose_hold_rules.dual_control THEN
        weaker_control := false;
    END IF;
    IF propose_hold_rules.grace < r.grace THEN
        weaker_grace := propose_hold_rules.grace;
    END IF;
    UPDATE retention.hold_rules o SET dual_control = r.dual_control, grace = r.grace,
            proposed_dual_control = weaker_control, proposed_grace = weaker_grace,
            proposed_by = CASE WHEN weaker_control IS NOT NULL OR weaker_grace IS NOT NULL
                               THEN session_user END
        WHERE (o.dual_control, o.grace, o.proposed_dual_control, o.proposed_grace)
            IS DISTINCT FROM (r.dual_control, r.grace, weaker_control, weaker_grace);
    RETURN weaker_control IS NULL AND weaker_grace IS NULL;
END
$function$;
REVOKE ALL ON FUNCTION retention.propose_hold_rules(bigint, boolean, interval) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION retention.propose_hold_rules(bigint, boolean, interval)
    TO @prefix@worker;
