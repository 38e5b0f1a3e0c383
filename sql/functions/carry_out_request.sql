-- Releases or narrows, as a request says, once whoever must has agreed: what is given up ends when
-- the grace is over, which begins now. The hold is locked by the caller. Internal.
--
-- Invariant: what ends is what stood in the hold when the request was made, and nothing else. Parts
-- never gain values and their numbers rise, so that is the parts up to the request's `parts`. Whole
-- holds that have more of them are not released (RT011): whoever agreed may not have seen it. A
-- narrowing gives up what it names in those parts alone.
--
-- RT024 where another hold covers records that time, or another policy's text, takes to another
-- category, and only what would end keeps them there.
--
-- There may be many rows to change, so the gate is closed after it. Subjects and keys of narrowed
-- parts end one by one; a hold of which nothing would remain is not narrowed but released.
CREATE OR REPLACE FUNCTION retention.carry_out_request(request uuid, reason text) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $function$
#variable_conflict use_column
DECLARE
    q retention.hold_request%ROWTYPE;
    until timestamptz;
    scope text;
    last_part int;
    left_before text[];
    rested_before text[];
    moving record;
BEGIN
    SELECT * INTO STRICT q FROM retention.hold_request o
        WHERE o.request = carry_out_request.request AND o.decided_at IS NULL FOR NO KEY UPDATE;
    SELECT max(p.part) INTO STRICT last_part FROM retention.hold_part p WHERE p.hold = q.hold;
    IF q.what = 'release' AND q.parts IS DISTINCT FROM last_part THEN
        RAISE EXCEPTION USING ERRCODE = 'RT011',
            MESSAGE = format('nothing is released: hold %s was extended after its release was '
                'asked for', q.hold),
            DETAIL = CASE WHEN q.parts < last_part
                THEN format('Role "%s" asked for the release of %s on %s, and the hold has %s now.',
                    q.requested_by,
                    CASE q.parts WHEN 1 THEN 'one part' ELSE q.parts || ' parts' END,
                    to_char(q.requested_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI "UTC"'),
                    last_part) END,
            HINT = 'Look at it with "retentionctl hold show". If all of it may be released, ask '
                'for that anew with "retentionctl hold release"; another person then confirms.';
    END IF;
    scope := CASE q.what WHEN 'release' THEN retention.hold_scope_text(q.hold, NULL)
        ELSE jsonb_build_object('hold', q.hold, 'part', q.part, 'subjects', q.subjects,
            'keys', q.record_keys)::text END;
    until := clock_timestamp() + (SELECT r.grace FROM retention.hold_rules r);
    left_before := ARRAY(SELECT concat_ws(' ', l.leaves, l.takes, h)
                         FROM retention.holds_left_behind() l, unnest(l.holds) h);
    rested_before := ARRAY(SELECT concat_ws(' ', r.leaves, r.takes, r.other)
                           FROM retention.holds_resting_on(q.hold) r);
    UPDATE retention.hold_request o SET decided_at = clock_timestamp(), decided_by = session_user,
            decision = 'confirmed', decision_reason = carry_out_request.reason
        WHERE o.request = q.request;

    IF q.what = 'release' THEN
        UPDATE retention.hold h SET released_at = clock_timestamp(), released_by = session_user,
                release_reason = q.reason, held_until = until
            WHERE h.hold = q.hold;
        UPDATE retention.hold_part o SET held_until = until
            WHERE o.hold = q.hold AND o.held_until > until;
        UPDATE retention.hold_subject o SET held_until = until
            WHERE o.hold = q.hold AND o.held_until > until;
        UPDATE retention.hold_key o SET held_until = until
            WHERE o.hold = q.hold AND o.held_until > until;
        UPDATE retention.held_scope o SET held_until = until
            WHERE o.hold = q.hold AND o.held_until > until;
        -- What else was asked for this hold has no object any more.
        UPDATE retention.hold_request o SET decided_at = clock_timestamp(),
                decided_by = session_user, decision = 'withdrawn',
                decision_reason = 'the hold was released'
            WHERE o.hold = q.hold AND o.decided_at IS NULL;
    ELSIF q.subjects IS NULL AND q.record_keys IS NULL THEN
        UPDATE retention.hold_part o SET held_until = until
            WHERE o.hold = q.hold AND o.part = q.part AND o.part <= q.parts
              AND o.held_until > until;
    ELSE
        UPDATE retention.hold_subject o SET held_until = until
            WHERE o.hold = q.hold AND (q.part IS NULL OR o.part = q.part) AND o.part <= q.parts
              AND o.held_until > until AND o.kind || ':' || o.value = ANY (q.subjects);
        UPDATE retention.hold_key o SET held_until = until
            WHERE o.hold = q.hold AND (q.part IS NULL OR o.part = q.part) AND o.part <= q.parts
              AND o.held_until > until AND o.key::text = ANY (q.record_keys);
    END IF;
    IF q.what = 'narrow' THEN
        PERFORM retention.apply_hold_parts(NULL, ARRAY[q.hold]);
        IF NOT retention.hold_keeps_something(q.hold, until) THEN
            RAISE EXCEPTION USING ERRCODE = 'RT011',
                MESSAGE = format('nothing of hold %s would remain', q.hold),
                HINT = 'Release it instead.';
        END IF;
    END IF;

    PERFORM retention.close_hold_gate();
    SELECT l.leaves, l.takes, array_agg(h ORDER BY h) AS holds INTO moving
        FROM retention.holds_left_behind() l, unnest(l.holds) h
        WHERE concat_ws(' ', l.leaves, l.takes, h) <> ALL (left_before)
        GROUP BY 1, 2 ORDER BY 1, 2 LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION USING ERRCODE = 'RT024',
            MESSAGE = format('nothing is %s: %s covers records of category "%s" that become '
                'records of category "%s" with time, and nothing else would keep them there',
                CASE q.what WHEN 'release' THEN 'released' ELSE 'given up' END,
                retention.holds_named(moving.holds), moving.leaves, moving.takes),
            HINT = 'First release that, or what of it covers the same.';
    END IF;
    SELECT r.leaves, r.takes, array_agg(r.other ORDER BY r.other) AS holds INTO moving
        FROM retention.holds_resting_on(q.hold) r
        WHERE concat_ws(' ', r.leaves, r.takes, r.other) <> ALL (rested_before)
        GROUP BY 1, 2 ORDER BY 1, 2 LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION USING ERRCODE = 'RT024',
            MESSAGE = format('nothing is %s: %s covers records of category "%s", and nothing else '
                'would keep them from category "%s", which may take them',
                CASE q.what WHEN 'release' THEN 'released' ELSE 'given up' END,
                retention.holds_named(moving.holds), moving.leaves, moving.takes),
            HINT = 'First release that, or what of it covers the same.';
    END IF;
    PERFORM retention.hold_entry(q.hold, CASE q.what WHEN 'release' THEN 'released'
        ELSE 'narrowed' END, scope);
END
$function$;
REVOKE ALL ON FUNCTION retention.carry_out_request(uuid, text) FROM PUBLIC;
