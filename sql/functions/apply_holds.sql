-- What the text in effect says of a category's columns was `before`, is another now, or the
-- category is new: what holds cover in it is worked out again. Under hold_gate, by whoever changes
-- the text in effect, after the change.
--
-- RT024 where a hold was found by columns that are gone, or would be found by fewer: what it relies
-- on stays in the policy until the hold is released and its grace is over. A hold without category
-- relies on nothing in categories that were never approved, and in those that it was allowed not to
-- reach. A column that got another type is no loss. Internal.
CREATE OR REPLACE FUNCTION retention.apply_holds(category text, before jsonb DEFAULT NULL)
RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $function$
#variable_conflict use_column
DECLARE
    facts jsonb;
    gaps jsonb;
    lost record;
BEGIN
    SELECT retention.hold_facts(c) INTO facts FROM retention.category c
        WHERE c.name = apply_holds.category;
    IF facts = apply_holds.before THEN
        RETURN;
    END IF;
    SELECT jsonb_object_agg(g.hold || ' ' || g.part, g.why) INTO gaps
        FROM retention.hold_gap g WHERE g.category = apply_holds.category;
    PERFORM retention.apply_hold_parts(ARRAY[apply_holds.category], NULL);
    IF apply_holds.before IS NULL THEN
        RETURN; -- nothing was relied on
    END IF;
    SELECT p.hold, coalesce(CASE WHEN gaps ->> (p.hold || ' ' || p.part) IS DISTINCT FROM g.why
                                 THEN g.why END,
                            retention.lost_columns(p, apply_holds.before, facts)) AS why
        INTO lost
        FROM retention.hold_part p JOIN retention.hold h USING (hold)
            LEFT JOIN retention.hold_gap g ON g.hold = p.hold AND g.part = p.part
                AND g.category = apply_holds.category
        WHERE (h.category = apply_holds.category
               OR h.category IS NULL AND apply_holds.category <> ALL (h.accept_gaps)
                  AND EXISTS (SELECT FROM retention.category c
                              WHERE c.name = apply_holds.category
                                AND c.approved_sha256 IS NOT NULL))
          AND p.held_until > clock_timestamp() AND h.held_until > clock_timestamp()
          AND (gaps ->> (p.hold || ' ' || p.part) IS DISTINCT FROM g.why AND g.why IS NOT NULL
               OR retention.lost_columns(p, apply_holds.before, facts) IS NOT NULL)
        ORDER BY h.placed_at, p.hold, p.part LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION USING ERRCODE = 'RT024',
            MESSAGE = format('hold %s relies on what this policy of category "%s" takes away: %s',
                lost.hold, apply_holds.category, lost.why),
            HINT = 'Leave it in the policy until the hold is released and its grace is over.';
    END IF;
END
$function$;
REVOKE ALL ON FUNCTION retention.apply_holds(text, jsonb) FROM PUBLIC;
