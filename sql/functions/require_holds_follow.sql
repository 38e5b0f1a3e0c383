-- Invariant: a record that a hold covers under the policies in effect stays covered, whatever text
-- takes effect, until the hold is released and its grace is over.
--
-- Another text of a category is in effect now, `before` is its row until then (NULL: there was
-- none). RT024 unless it is certain, for every part of a hold that is in force, that
--
--   * the text takes no record that the part covers as one of another category, or the part's scope
--     is in force for this category too (hold_follows): a category that is renamed, split, widened,
--     or begins to act;
--   * it leaves no record to another category that does not keep it: where the hold names the
--     category it may leave none at all, since nobody knows who takes it later; and none where the
--     category's guard refuses others, which it would not do for what is left out;
--   * starting points are what they were, where the part has a range of them;
--   * time alone takes no record that the part covers to a category that would not keep it
--     (holds_left_behind).
--
-- What a part covers are the records of the categories that it reaches as these were at any time since
-- it was placed (category_was): what a narrower text leaves out stays covered.
--
-- Columns that are gone are apply_holds's to refuse. Under hold_gate, after apply_holds. Internal.
CREATE OR REPLACE FUNCTION retention.require_holds_follow(category text,
    before retention.category) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $function$
#variable_conflict use_column
DECLARE
    at constant timestamptz := clock_timestamp();
    x retention.category%ROWTYPE;
    k retention.category%ROWTYPE;
    x_text text;
    k_text text;
    past record;
    moving record;
    was text;
    leaves boolean;
    takes boolean;
    losing uuid[];
    stopped text;
BEGIN
    DELETE FROM retention.category_was w
        WHERE NOT EXISTS (SELECT FROM retention.hold_part p JOIN retention.hold h USING (hold)
                          WHERE least(h.held_until, p.held_until) > at AND p.placed_at < w.until);
    IF NOT EXISTS (SELECT FROM retention.hold h WHERE h.held_until > at) THEN
        RETURN;
    END IF;
    SELECT * INTO STRICT x FROM retention.category c WHERE c.name = require_holds_follow.category;
    x_text := retention.text_in_effect(x);
    SELECT t.text INTO was FROM retention.policy_text t
        WHERE t.category = x.name AND t.sha256 = before.approved_sha256;
    IF was <> x_text THEN
        INSERT INTO retention.category_was (category, sha256, hold_facts)
            VALUES (x.name, before.approved_sha256, before.hold_facts);
    END IF;
    IF x.state <> 'active' OR was = x_text THEN
        RETURN;
    END IF;
    leaves := was IS NOT NULL AND retention.policy_takes_more(x_text, was);
    takes := before.approved_mode IS DISTINCT FROM 'enforce'
        OR retention.policy_takes_more(was, x_text);

    -- its own records
    IF leaves THEN
        SELECT array_agg(DISTINCT h.hold) INTO losing
            FROM retention.hold h JOIN retention.hold_part p USING (hold)
            WHERE h.category = x.name AND least(h.held_until, p.held_until) > at;
        stopped := 'its table, its conditions or its dependants leave out records';
    END IF;
    IF losing IS NULL AND leaves
            AND EXISTS (SELECT FROM retention.policy_settings(was) s
                        WHERE (s.place, s.name, s.value) = ('', 'guard', '"refuse"')) THEN
        SELECT array_agg(DISTINCT h.hold) INTO losing
            FROM retention.hold h JOIN retention.hold_part p USING (hold)
            WHERE h.category IS NULL AND least(h.held_until, p.held_until) > at
              AND EXISTS (SELECT FROM retention.held_scope s
                          WHERE (s.hold, s.part) = (p.hold, p.part) AND s.category = x.name
                            AND s.held_until > at);
        stopped := 'its table, its conditions or its dependants leave out records, which the guard '
            'would let others change and delete';
    END IF;
    IF losing IS NULL AND was IS NOT NULL
            AND retention.start_settings(was) <> retention.start_settings(x_text) THEN
        SELECT array_agg(DISTINCT h.hold) INTO losing
            FROM retention.hold h JOIN retention.hold_part p USING (hold)
            WHERE (h.category = x.name OR h.category IS NULL)
              AND least(h.held_until, p.held_until) > at
              AND (p.starts_from IS NOT NULL OR p.starts_to IS NOT NULL);
        stopped := 'its starting point is another one, and the scope has a range';
    END IF;
    IF losing IS NOT NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'RT024',
            MESSAGE = format('%s would not keep all that it keeps in category "%s": %s',
                retention.holds_named(losing), x.name, stopped),
            HINT = 'Leave it in the policy until the hold is released and its grace is over.';
    END IF;

    -- those of others that it takes, and its own that others take
    FOR k IN SELECT * FROM retention.category c
             WHERE c.name <> x.name AND c.state <> 'retired' ORDER BY c.name LOOP
        k_text := retention.text_in_effect(k);
        CONTINUE WHEN (retention.policy_tables(k_text)
                           && (retention.policy_tables(x_text) || retention.policy_tables(was))
                       OR k.relation = x.relation) IS NOT TRUE;
        IF x.mode = 'enforce' AND NOT retention.policies_apart(k_text, x_text)
                -- what a rest is was approved with the texts of the others, and they stay
                AND (takes OR NOT retention.policy_takes_rest(k_text, x_text)
                              AND NOT retention.policy_takes_rest(x_text, k_text)) THEN
            losing := retention.holds_not_following(k, x);
            IF losing IS NOT NULL THEN
                RAISE EXCEPTION USING ERRCODE = 'RT024',
                    MESSAGE = format('%s covers records of category "%s" and would not keep them '
                        'from category "%s", which may take them', retention.holds_named(losing),
                        k.name, x.name),
                    HINT = format('Let legal place a hold of the same scope, without category or for '
                        '"%s", and try again. If the two share no record, let "only" of both say '
                        'so by constants of one column.', x.name);
            END IF;
        END IF;
        IF leaves AND 'enforce' IN (k.mode, k.approved_mode) AND NOT retention.policies_apart(k_text, was) THEN
            SELECT array_agg(DISTINCT h.hold) INTO losing
                FROM retention.hold h JOIN retention.hold_part p USING (hold)
                WHERE h.category IS NULL AND least(h.held_until, p.held_until) > at
                  AND EXISTS (SELECT FROM retention.held_scope s
                              WHERE (s.hold, s.part) = (p.hold, p.part) AND s.category = x.name
                                AND s.held_until > at)
                  AND NOT retention.hold_follows(p, x, k);
            IF losing IS NOT NULL THEN
                RAISE EXCEPTION USING ERRCODE = 'RT024',
                    MESSAGE = format('%s covers records of category "%s" that this policy leaves '
                        'to category "%s", and would not keep them there',
                        retention.holds_named(losing), x.name, k.name),
                    HINT = format('Let legal place a hold of the same scope that reaches "%s", and '
                        'try again.', k.name);
            END IF;
        END IF;
    END LOOP;

    -- those that time takes from one to the other
    FOR moving IN SELECT * FROM retention.holds_left_behind(x.name) LOOP
        RAISE EXCEPTION USING ERRCODE = 'RT024',
            MESSAGE = format('%s covers records of category "%s" that become records of category '
                '"%s" with time, and would not keep them there', retention.holds_named(moving.holds),
                moving.leaves, moving.takes),
            HINT = format('Let legal place a hold of the same scope, without category or for "%s", '
                'and try again; or choose no records of these two by older_than or younger_than.',
                moving.takes);
    END LOOP;

    -- those that others had, and left out since
    FOR past IN SELECT w.* FROM retention.category_was w JOIN retention.category c ON c.name = w.category
                WHERE x.mode = 'enforce' AND w.category <> x.name AND c.state <> 'retired'
                ORDER BY w.category, w.until LOOP
        SELECT * INTO k FROM retention.category c WHERE c.name = past.category;
        k.approved_sha256 := past.sha256;
        k.hold_facts := past.hold_facts;
        k_text := retention.text_in_effect(k);
        CONTINUE WHEN NOT retention.policy_tables(k_text) && retention.policy_tables(x_text)
            OR retention.policies_apart(k_text, x_text)
            OR NOT takes AND (retention.policy_takes_rest(k_text, x_text)
                              OR retention.policy_takes_rest(x_text, k_text));
        losing := retention.holds_not_following(k, x, past.until);
        IF losing IS NOT NULL THEN
            RAISE EXCEPTION USING ERRCODE = 'RT024',
                MESSAGE = format('%s covers records that category "%s" had until %s, and would not '
                    'keep them from category "%s", which may take them',
                    retention.holds_named(losing), k.name,
                    to_char(past.until AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS "UTC"'), x.name),
                HINT = format('Let legal place a hold of the same scope that reaches "%s", and try '
                    'again. If the two share no record, let "only" of both say so by constants of '
                    'one column.', x.name);
        END IF;
    END LOOP;
END
$function$;
REVOKE ALL ON FUNCTION retention.require_holds_follow(text, retention.category) FROM PUBLIC;
