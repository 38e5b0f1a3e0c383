-- Placing and extending, once what was given is written down: the part is applied to every category
-- and must reach what it is for, then the gate is closed. `errors` is what is wrong already; all is
-- raised at once: RT020 bad values, RT021 categories that it cannot reach, RT022 nothing in reach.
--
-- Converting many values takes its time, so the gate is closed after it. Where a category's columns
-- became other ones meanwhile, the hold is applied there again. When this has returned no batch is
-- in flight, and none begins before the caller's transaction ends.
--
-- RT024 where time takes records that it covers to a category where nothing would keep them, whatever
-- gaps are accepted, or where one takes them already whose policy took the place of another one's;
-- asked under the gate, when no policy can change any more. Internal.
CREATE OR REPLACE FUNCTION retention.apply_new_part(hold uuid, part int, what text, errors text[],
    accepted text[]) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $function$
#variable_conflict use_column
DECLARE
    used constant jsonb := retention.hold_facts_used();
    changed text[];
    misses text[];
    nothing boolean;
BEGIN
    IF EXISTS (SELECT FROM retention.hold_part p
               WHERE (p.hold, p.part) = (apply_new_part.hold, apply_new_part.part)) THEN
        PERFORM retention.apply_hold_parts(NULL, ARRAY[apply_new_part.hold]);
        SELECT m.misses, m.nothing INTO misses, nothing
            FROM retention.hold_misses(apply_new_part.hold, apply_new_part.part, accepted) m;
        errors := errors || misses;
    END IF;
    PERFORM retention.raise_hold_errors(
        CASE WHEN errors = misses THEN 'RT021' ELSE 'RT020' END, what, errors);
    IF nothing THEN
        PERFORM retention.raise_hold_errors('RT022', what,
            ARRAY['what it names is found in no category']);
    END IF;

    PERFORM retention.close_hold_gate();
    IF EXISTS (SELECT FROM retention.hold h JOIN retention.category c ON c.name = h.category
               WHERE h.hold = apply_new_part.hold AND c.state = 'retired') THEN
        RAISE EXCEPTION USING ERRCODE = 'RT010',
            MESSAGE = format('nothing is %s: the category was retired meanwhile', what),
            HINT = 'Try again, without category or for the one that has its records now; '
                '"retentionctl policy list" shows them.';
    END IF;
    SELECT array_agg(f.key) INTO changed FROM jsonb_each(retention.hold_facts_used()) f
        WHERE NOT used ? f.key OR used -> f.key IS DISTINCT FROM f.value;
    IF changed IS NOT NULL THEN
        PERFORM retention.apply_hold_parts(changed, ARRAY[apply_new_part.hold]);
        SELECT m.misses INTO misses
            FROM retention.hold_misses(apply_new_part.hold, apply_new_part.part, accepted) m;
        PERFORM retention.raise_hold_errors('RT021', what, misses);
    END IF;
    PERFORM retention.raise_hold_errors('RT024', what, coalesce(array_agg(format('with time, records '
            'of category "%s" become records of category "%s", and nothing would keep them there',
            l.leaves, l.takes)), '{}'))
        FROM retention.holds_left_behind(NULL, apply_new_part.hold, apply_new_part.part) l;
    PERFORM retention.raise_hold_errors('RT024', what, coalesce(array_agg(format('the policy file of '
            'category "%s" %s, category "%s" may take its records, and nothing would keep them there',
            t.leaves, CASE k.state WHEN 'red' THEN 'is gone'
                                   WHEN 'suspended' THEN 'leaves out some of them'
                                   ELSE 'is not valid' END, t.takes)), '{}'))
        FROM retention.holds_taken_over(apply_new_part.hold, apply_new_part.part) t
            JOIN retention.category k ON k.name = t.leaves;
END
$function$;
REVOKE ALL ON FUNCTION retention.apply_new_part(uuid, int, text, text[], text[]) FROM PUBLIC;
