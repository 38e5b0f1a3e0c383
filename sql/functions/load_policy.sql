-- A policy was read and checked: its text takes effect, or waits for approval. Returns the state.
--
-- `previous` is the text in effect with which it was compared (NULL: none); where that is no longer
-- so, RT011: load again. `needs_approval` is the comparison's outcome; a category without a text in
-- effect, one that begins to enforce, another table, and every change that the database itself does
-- not know to keep more (policy_keeps_more) need it in any case: loading is not approving. The
-- fingerprint is that of the relations before they were read for checking.
--
-- Batches in flight finish before a changed text is written (hold_gate), so when this has returned,
-- nothing of the old text is deleted any more. term may be NULL: loading outside of a leadership.
--
-- `hold_facts` says how holds find the records (see column category.hold_facts). They are the word of
-- whoever loads, so what decides in them (hold_facts_bound) is approved with the text: where it is
-- not what was approved, the category is suspended, also under the same text. Where facts in effect
-- change, what holds cover is worked out again (RT024: a hold relies on what is gone).
--
-- `reads` names the columns that the text reads, {relation: {column: null}}. Where one of them is not
-- the column any more that was approved (changed_columns), the category waits for approval again,
-- although the text is the same: a name that means something else is another policy. No batch can
-- have acted in between, each looks by itself.
CREATE OR REPLACE FUNCTION retention.load_policy(term bigint, name text, sha256 text, previous text,
    text text, mode text, relation text, governed text[], fingerprint text, needs_approval boolean,
    title text, hold_facts jsonb DEFAULT NULL,
    reads jsonb DEFAULT NULL) RETURNS text
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
#variable_conflict use_column
DECLARE
    c retention.category%ROWTYPE;
    new_state text;
    known boolean;
    facts_before jsonb;
    facts jsonb := retention.column_facts(load_policy.reads);
    changed text[];
BEGIN
    IF load_policy.term IS NOT NULL THEN
        PERFORM retention.require_term(load_policy.term);
    ELSE
        LOCK TABLE retention.leader_gate IN ROW SHARE MODE;
    END IF;
    IF load_policy.sha256
            IS DISTINCT FROM encode(sha256(convert_to(load_policy.text, 'UTF8')), 'hex') THEN
        RAISE EXCEPTION USING ERRCODE = 'RT011',
            MESSAGE = format('the text of category "%s" does not have the SHA-256 that was given',
                load_policy.name);
    END IF;
    -- What a form is called decides what is compared, and says what stands beside it.
    IF EXISTS (SELECT FROM jsonb_array_elements(CASE jsonb_typeof(load_policy.hold_facts -> 'subjects')
                   WHEN 'array' THEN load_policy.hold_facts -> 'subjects' ELSE '[]' END) f
               WHERE f ->> 'form' IS DISTINCT FROM concat_ws(' ', f ->> 'kind',
                   coalesce(f ->> 'as', '-'), f ->> 'type')) THEN
        RAISE EXCEPTION USING ERRCODE = 'RT011',
            MESSAGE = format('the subjects of category "%s" do not bear the names of their forms',
                load_policy.name);
    END IF;
    SELECT * INTO c FROM retention.category k WHERE k.name = load_policy.name;
    IF FOUND AND c.loaded_sha256 = load_policy.sha256 AND c.state IN ('active', 'suspended')
            AND (c.state = 'suspended'
                 OR coalesce(retention.changed_columns(c.column_facts, facts), '{}') = '{}') THEN
        -- The same text again. Facts that are not part of it may have changed.
        IF (c.governed, c.fingerprint, c.title, c.loaded_column_facts)
                IS DISTINCT FROM (load_policy.governed, load_policy.fingerprint,
                    load_policy.title, facts)
                OR c.state = 'active' AND c.column_facts IS DISTINCT FROM facts THEN
            UPDATE retention.category k SET governed = load_policy.governed,
                    fingerprint = load_policy.fingerprint, title = load_policy.title,
                    loaded_column_facts = facts,
                    column_facts = CASE k.state WHEN 'active' THEN facts ELSE k.column_facts END
                WHERE k.name = load_policy.name AND k.loaded_sha256 = load_policy.sha256;
        END IF;
        IF c.loaded_hold_facts IS DISTINCT FROM load_policy.hold_facts
                OR c.state = 'active' AND c.hold_facts IS DISTINCT FROM load_policy.hold_facts THEN
            PERFORM retention.lock_holds();
            PERFORM retention.close_hold_gate();
            SELECT * INTO c FROM retention.category k WHERE k.name = load_policy.name
                FOR NO KEY UPDATE;
            IF c.loaded_sha256 = load_policy.sha256 AND c.state IN ('active', 'suspended') THEN
                changed := coalesce(retention.changed_columns(c.column_facts, facts), '{}');
                new_state := CASE
                    WHEN c.approved_sha256 IS DISTINCT FROM c.loaded_sha256 THEN c.state
                    WHEN changed <> '{}' THEN 'suspended'
                    WHEN retention.hold_facts_bound(c.hold_facts) IS DISTINCT FROM
                        retention.hold_facts_bound(load_policy.hold_facts) THEN 'suspended'
                    ELSE 'active' END;
                UPDATE retention.category k SET loaded_hold_facts = load_policy.hold_facts,
                        state = new_state, loaded_by = CASE new_state WHEN 'suspended'
                            THEN session_user ELSE k.loaded_by END,
                        column_facts = CASE new_state WHEN 'active' THEN facts
                                                      ELSE c.column_facts END,
                        changed_columns = nullif(changed, '{}'),
                        hold_facts = CASE new_state WHEN 'active' THEN load_policy.hold_facts
                                                    ELSE c.hold_facts END
                    WHERE k.name = load_policy.name;
                PERFORM retention.apply_holds(load_policy.name, retention.hold_facts(c));
                IF new_state <> c.state THEN
                    PERFORM retention.write_entry('policy', NULL, load_policy.name,
                        jsonb_build_object('category', load_policy.name,
                            'sha256', load_policy.sha256, 'previous', c.approved_sha256,
                            'mode', c.mode, 'what', 'loaded', 'by', session_user));
                END IF;
                RETURN new_state;
            END IF;
        END IF;
        RETURN c.state;
    END IF;

    PERFORM retention.lock_holds();
    PERFORM retention.close_hold_gate();
    SELECT * INTO c FROM retention.category k WHERE k.name = load_policy.name FOR NO KEY UPDATE;
    known := FOUND;
    facts_before := CASE WHEN c.state <> 'retired' THEN retention.hold_facts(c) END;
    IF c.approved_sha256 IS DISTINCT FROM load_policy.previous THEN
        RAISE EXCEPTION USING ERRCODE = 'RT011',
            MESSAGE = format('another text of category "%s" took effect meanwhile',
                load_policy.name),
            HINT = 'Load the policies again.';
    END IF;
    changed := coalesce(retention.changed_columns(c.column_facts, facts), '{}');
    new_state := CASE
        WHEN c.approved_sha256 IS NULL THEN 'suspended'
        WHEN changed <> '{}' THEN 'suspended'
        WHEN retention.hold_facts_bound(c.hold_facts)
            IS DISTINCT FROM retention.hold_facts_bound(load_policy.hold_facts) THEN 'suspended'
        WHEN c.approved_sha256 = load_policy.sha256 THEN 'active'
        WHEN load_policy.needs_approval IS NOT FALSE THEN 'suspended'
        WHEN load_policy.mode = 'enforce' AND c.approved_mode IS DISTINCT FROM 'enforce'
            THEN 'suspended'
        WHEN load_policy.relation IS DISTINCT FROM c.approved_relation THEN 'suspended'
        WHEN NOT retention.policy_keeps_more((SELECT t.text FROM retention.policy_text t
                WHERE t.category = c.name AND t.sha256 = c.approved_sha256), load_policy.text)
            THEN 'suspended'
        ELSE 'active' END;

    INSERT INTO retention.policy_text (category, sha256, text, previous, loaded_by)
        VALUES (load_policy.name, load_policy.sha256, load_policy.text, c.approved_sha256,
            session_user)
        ON CONFLICT DO NOTHING;
    IF known THEN
        UPDATE retention.category k SET state = new_state, mode = load_policy.mode,
                title = load_policy.title, relation = load_policy.relation,
                governed = load_policy.governed, fingerprint = load_policy.fingerprint,
                loaded_hold_facts = load_policy.hold_facts,
                hold_facts = CASE new_state WHEN 'active' THEN load_policy.hold_facts
                                            ELSE c.hold_facts END,
                loaded_column_facts = facts,
                column_facts = CASE new_state WHEN 'active' THEN facts ELSE c.column_facts END,
                changed_columns = nullif(changed, '{}'),
                loaded_sha256 = load_policy.sha256, loaded_by = session_user,
                loaded_at = clock_timestamp(), retired_because = NULL,
                unapproved_since = CASE
                    WHEN new_state = 'active' AND c.approved_sha256 <> load_policy.sha256
                    THEN clock_timestamp() ELSE c.unapproved_since END,
                unapproved_by = CASE
                    WHEN new_state = 'active' AND c.approved_sha256 <> load_policy.sha256
                    THEN session_user ELSE c.unapproved_by END,
                approved_sha256 = CASE new_state WHEN 'active' THEN load_policy.sha256
                                                 ELSE c.approved_sha256 END,
                approved_mode = CASE new_state WHEN 'active' THEN load_policy.mode
                                               ELSE c.approved_mode END,
                approved_relation = CASE new_state WHEN 'active' THEN load_policy.relation
                                                   ELSE c.approved_relation END
            WHERE k.name = load_policy.name;
    ELSE
        INSERT INTO retention.category (name, state, mode, title, relation, governed, fingerprint,
                                        loaded_hold_facts, loaded_column_facts, loaded_sha256, loaded_by, loaded_at)
            VALUES (load_policy.name, new_state, load_policy.mode, load_policy.title,
                    load_policy.relation, load_policy.governed, load_policy.fingerprint,
                    load_policy.hold_facts, facts, load_policy.sha256, session_user,
                    clock_timestamp());
    END IF;
    PERFORM retention.apply_holds(load_policy.name, facts_before);
    IF new_state = 'active' THEN
        PERFORM retention.require_holds_follow(load_policy.name, c);
    END IF;
    PERFORM retention.write_entry('policy', NULL, load_policy.name, jsonb_build_object(
        'category', load_policy.name, 'sha256', load_policy.sha256, 'previous', c.approved_sha256,
        'mode', load_policy.mode, 'what', 'loaded', 'by', session_user));
    RETURN new_state;
END
$function$;
REVOKE ALL ON FUNCTION retention.load_policy(bigint, text, text, text, text, text, text, text[],
    text, boolean, text, jsonb, jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION retention.load_policy(bigint, text, text, text, text, text, text, text[],
    text, boolean, text, jsonb, jsonb) TO @prefix@worker;
