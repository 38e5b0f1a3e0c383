-- A text of a category was approved: holds without category that do not reach it, wholly or for some
-- of their values, where they did `before` or nothing was deleted then. RT021 unless each is among
-- `accepted`; what is accepted is noted with the hold, as what is accepted when it is placed, and
-- in the log. Gaps are judged after apply_holds. Internal.
CREATE OR REPLACE FUNCTION retention.accept_hold_gaps(category text, before jsonb, accepted uuid[])
RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $function$
#variable_conflict use_column
DECLARE
    at constant timestamptz := clock_timestamp();
    stray uuid;
    gap record;
    missing uuid[] := '{}';
    told text[] := '{}';
    shown constant int := 3;
BEGIN
    SELECT a.hold INTO stray FROM unnest(accepted) a (hold)
        WHERE NOT EXISTS (SELECT FROM retention.hold h
                          WHERE h.hold = a.hold AND h.held_until > at)
        LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION USING ERRCODE = 'RT010',
            MESSAGE = format('there is no hold %s in force whose gap could be accepted', stray),
            HINT = '"retentionctl hold list" shows them.';
    END IF;
    IF NOT EXISTS (SELECT FROM retention.category c
                   WHERE c.name = accept_hold_gaps.category AND c.mode = 'enforce') THEN
        RETURN;
    END IF;
    FOR gap IN
        SELECT h.hold, string_agg(DISTINCT g.why, '; ' ORDER BY g.why) AS why
        FROM retention.hold_gap g JOIN retention.hold h USING (hold)
            JOIN retention.hold_part p USING (hold, part)
        WHERE g.category = accept_hold_gaps.category AND h.category IS NULL
          AND least(h.held_until, p.held_until) > at
          AND accept_hold_gaps.category <> ALL (h.accept_gaps)
          AND before ->> (g.hold || ' ' || g.part) IS DISTINCT FROM g.why
        GROUP BY h.hold ORDER BY h.hold
    LOOP
        IF gap.hold = ANY (accepted) THEN
            UPDATE retention.hold h SET accept_gaps = h.accept_gaps || accept_hold_gaps.category
                WHERE h.hold = gap.hold;
            PERFORM retention.write_entry('gap', NULL, accept_hold_gaps.category,
                jsonb_build_object('hold', gap.hold, 'category', accept_hold_gaps.category,
                    'by', session_user));
        ELSE
            missing := missing || gap.hold;
            IF cardinality(told) < shown THEN
                told := told || format('hold %s does not reach category "%s": %s', gap.hold,
                    accept_hold_gaps.category, gap.why);
            END IF;
        END IF;
    END LOOP;
    IF missing <> '{}' THEN
        RAISE EXCEPTION USING ERRCODE = 'RT021',
            MESSAGE = array_to_string(told, '; ')
                || CASE WHEN cardinality(missing) > shown
                        THEN format('; and %s more holds', cardinality(missing) - shown) ELSE '' END,
            HINT = format('Name in the policy what these holds look for. If legal says that nothing '
                'there needs to be held, add %s.', (SELECT string_agg('--accept-gap ' || m, ' ')
                    FROM unnest(missing[:20]) m));
    END IF;
END
$function$;
REVOKE ALL ON FUNCTION retention.accept_hold_gaps(text, jsonb, uuid[]) FROM PUBLIC;
