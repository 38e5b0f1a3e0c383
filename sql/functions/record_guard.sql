-- Whether a category's guard is as it should be, by what the worker found in the catalog before a
-- round. `state`: off, in place, missing, changed; `fingerprint`: of what it should be.
--
-- Whether a guard is wanted at all is the database's to say: by the policy's text in effect. "off"
-- against that text is no news while another text waits for approval, and otherwise RT011.
--
-- The log hears of changes: an entry `guard` when it is found in place, when one that was in place
-- is not any more (and an entry `anomaly`, code guard.disabled), and when the policy wants none any
-- more. One that is in place, but was not all the time since the last round, is both: its triggers
-- that were in place then (guard_rows) are not the same any more, though the policy wants the same
-- guard and the table is still guarded. What guards that only observe let through since becomes an
-- entry `anomaly`, code guard.observed, whose seq is the number of records.
CREATE OR REPLACE FUNCTION retention.record_guard(term bigint, category text, guard text,
    state text, problem text, fingerprint text, triggers text[], leaves oid[]) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
#variable_conflict use_column
DECLARE
    no_run constant uuid := '00000000-0000-0000-0000-000000000000';
    c retention.category%ROWTYPE;
    seen bigint;
    rows jsonb;
    same boolean;
    lost boolean;
    what text;
    wanted text;
BEGIN
    PERFORM retention.require_term(record_guard.term);
    SELECT * INTO c FROM retention.category k WHERE k.name = record_guard.category
        FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    IF record_guard.state = 'off' THEN
        SELECT s.value INTO wanted
            FROM retention.policy_settings(retention.text_in_effect(c)) s
            WHERE s.place = '' AND s.name = 'guard';
        IF wanted <> '"off"' AND coalesce(c.approved_mode, c.mode) <> 'declared' THEN
            IF c.approved_sha256 IS NULL OR c.loaded_sha256 = c.approved_sha256 THEN
                RAISE EXCEPTION USING ERRCODE = 'RT011',
                    MESSAGE = format('the policy of category "%s" wants guard = %s: that there is '
                        'none to look for is not recorded', c.name, wanted);
            END IF;
            RETURN;
        END IF;
    END IF;
    rows := retention.guard_rows(record_guard.triggers);
    same := record_guard.state <> 'off'
        AND c.guard_fingerprint IS NOT DISTINCT FROM record_guard.fingerprint;
    lost := same AND EXISTS (
        SELECT FROM jsonb_each_text(c.guard_rows) was
        WHERE rows ->> was.key IS DISTINCT FROM was.value
          AND (split_part(was.value, ' ', 1)::oid = ANY (record_guard.leaves)
               OR EXISTS (SELECT FROM unnest(c.governed) g
                          WHERE retention.relation_oid(g) = split_part(was.value, ' ', 1)::oid)));
    what := CASE
        WHEN lost THEN 'disabled'
        WHEN record_guard.state = 'in place'
            AND (NOT c.guard_seen OR c.guard_state <> 'in place'
                 OR c.guard_fingerprint IS DISTINCT FROM record_guard.fingerprint)
            THEN 'installed'
        -- A policy that wants another guard than the one installed is no tampering.
        WHEN record_guard.state IN ('missing', 'changed') AND c.guard_state = 'in place'
            AND c.guard_fingerprint = record_guard.fingerprint THEN 'disabled'
        WHEN record_guard.state = 'off' AND c.guard_seen THEN 'removed' END;
    IF what IS NOT NULL THEN
        PERFORM retention.write_entry('guard', NULL, c.name, jsonb_build_object(
            'category', c.name, 'what', what, 'fingerprint', CASE what WHEN 'removed'
                THEN c.guard_fingerprint ELSE record_guard.fingerprint END));
    END IF;
    IF what = 'disabled' THEN
        PERFORM retention.write_entry('anomaly', NULL, c.name, jsonb_build_object(
            'run', no_run, 'seq', 0, 'code', 'guard.disabled'));
        IF record_guard.state = 'in place' THEN
            PERFORM retention.write_entry('guard', NULL, c.name, jsonb_build_object(
                'category', c.name, 'what', 'installed', 'fingerprint', record_guard.fingerprint));
        END IF;
    END IF;
    -- What is not as it should be may be mended without a word: only what stays counts as in place.
    IF record_guard.state <> 'in place' THEN
        rows := CASE WHEN same THEN
            (SELECT coalesce(jsonb_object_agg(was.key, was.value), '{}')
             FROM jsonb_each(c.guard_rows) was WHERE rows -> was.key = was.value) END;
    END IF;
    UPDATE retention.category k SET guard = record_guard.guard, guard_state = record_guard.state,
            guard_problem = record_guard.problem, guard_fingerprint = record_guard.fingerprint,
            guard_triggers = record_guard.triggers, guard_leaves = record_guard.leaves,
            guard_rows = rows,
            guard_seen = CASE record_guard.state WHEN 'in place' THEN true WHEN 'off' THEN false
                         ELSE k.guard_seen END,
            guard_checked_at = clock_timestamp()
        WHERE k.name = c.name
          AND (what IS NOT NULL
               OR (k.guard, k.guard_state, k.guard_problem, k.guard_fingerprint, k.guard_triggers,
                   k.guard_leaves, k.guard_rows)
                  IS DISTINCT FROM (record_guard.guard, record_guard.state, record_guard.problem,
                   record_guard.fingerprint, record_guard.triggers, record_guard.leaves,
                   rows));

    WITH told AS (
        UPDATE retention.guard_observed o SET logged = true
            WHERE o.category = record_guard.category AND NOT o.logged RETURNING o.rows)
    SELECT coalesce(sum(t.rows), 0) INTO seen FROM told t HAVING count(*) > 0;
    IF seen IS NOT NULL THEN
        PERFORM retention.write_entry('anomaly', NULL, c.name, jsonb_build_object(
            'run', no_run, 'seq', seen, 'code', 'guard.observed'));
    END IF;
END
$function$;
REVOKE ALL ON FUNCTION retention.record_guard(bigint, text, text, text, text, text, text[], oid[])
    FROM PUBLIC;
GRANT EXECUTE ON FUNCTION retention.record_guard(bigint, text, text, text, text, text, text[],
    oid[]) TO @prefix@worker;
