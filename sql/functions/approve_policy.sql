-- The loaded text of a category takes effect. By another role than the one that loaded it, and by
-- none that can load texts itself or act as the one that did (RT008): a worker loads what stands in
-- its files, so who is in its group may be the author. Memberships count as they were granted;
-- that a superuser could become anybody is no membership.
-- the caller names the text, so that nothing is approved that was loaded after it was read (RT011).
-- Columns that the text reads count as approved as they were when it was loaded last; where they
-- changed since, RT011 too.
-- expect_due is how many records each stage may act on at first although they pass a brake. Without
-- it, what is left of an earlier one stays with the stages that have begun to spend it; no other stage
-- of a text that is approved after that has any.
--
-- How holds find the records (loaded_hold_facts) is approved too: `hold_facts`, where it is given, is
-- what the caller read of it (hold_facts_text), and must be what is loaded. RT024 where a hold would
-- not keep any more what it keeps (apply_holds, require_holds_follow). RT021 where a hold without
-- category, which promises to cover categories approved later, does not reach this one: unless its
-- uuid stands in accept_gaps, and then the log has an entry of type gap; the same for holds in force
-- where the columns are others than those that were approved before (require_same_columns).
CREATE OR REPLACE FUNCTION retention.approve_policy(category text, sha256 text, expect_due bigint,
    hold_facts text DEFAULT NULL, accept_gaps uuid[] DEFAULT NULL) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
#variable_conflict use_column
DECLARE
    c retention.category%ROWTYPE;
    as_role text;
    gaps_before jsonb;
    acted jsonb;
BEGIN
    LOCK TABLE retention.leader_gate IN ROW SHARE MODE;
    PERFORM retention.lock_holds();
    PERFORM retention.close_hold_gate();
    SELECT * INTO c FROM retention.category k WHERE k.name = approve_policy.category
        FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING ERRCODE = 'RT010',
            MESSAGE = format('there is no category "%s"', approve_policy.category);
    END IF;
    IF c.state = 'active' THEN
        RAISE EXCEPTION USING ERRCODE = 'RT011',
            MESSAGE = format('category "%s" does not await approval', c.name);
    END IF;
    IF c.state <> 'suspended' THEN
        RAISE EXCEPTION USING ERRCODE = 'RT011',
            MESSAGE = format('category "%s" is %s: it has no policy file', c.name, c.state);
    END IF;
    IF c.loaded_sha256 IS DISTINCT FROM approve_policy.sha256 THEN
        RAISE EXCEPTION USING ERRCODE = 'RT011',
            MESSAGE = format('the text to approve is not the one that is loaded for category "%s"',
                c.name),
            HINT = 'Look at the policy as it is now, and approve that.';
    END IF;
    IF approve_policy.hold_facts <> retention.hold_facts_text(c.loaded_hold_facts) THEN
        RAISE EXCEPTION USING ERRCODE = 'RT011',
            MESSAGE = format('how holds find the records of category "%s" is not what it was when '
                'it was read', c.name),
            HINT = 'Look at the policy as it is now, and approve that.';
    END IF;
    IF approve_policy.expect_due < 0 THEN
        RAISE EXCEPTION USING ERRCODE = 'RT011',
            MESSAGE = 'the number of records expected is negative';
    END IF;
    IF session_user = c.loaded_by
            OR EXISTS (SELECT FROM retention.policy_text t WHERE t.category = c.name
                       AND t.sha256 = c.loaded_sha256 AND t.loaded_by = session_user) THEN
        RAISE EXCEPTION USING ERRCODE = 'RT008',
            MESSAGE = format('role "%s" loaded the policy of category "%s" and cannot approve it',
                             session_user, c.name),
            HINT = 'Another role must approve it.';
    END IF;
    WITH RECURSIVE membership (oid) AS (
        SELECT r.oid FROM pg_roles r WHERE r.rolname = session_user
        UNION SELECT m.roleid FROM pg_auth_members m JOIN membership o ON m.member = o.oid)
    SELECT r.rolname INTO as_role FROM membership o JOIN pg_roles r ON r.oid = o.oid
        WHERE r.rolname IN (c.loaded_by, '@prefix@worker')
           OR r.rolname IN (SELECT t.loaded_by FROM retention.policy_text t
                            WHERE t.category = c.name AND t.sha256 = c.loaded_sha256)
        ORDER BY r.rolname = '@prefix@worker' LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION USING ERRCODE = 'RT008',
            MESSAGE = format('role "%s" is a member of "%s", which %s, and cannot approve the '
                'policy of category "%s"', session_user, as_role,
                CASE as_role WHEN '@prefix@worker' THEN 'may load policies' ELSE 'loaded it' END,
                c.name),
            HINT = 'Another role must approve it: one that is no member of the worker''s.';
    END IF;
    IF cardinality(retention.changed_columns(c.loaded_column_facts,
            retention.column_facts(c.loaded_column_facts))) > 0 THEN
        RAISE EXCEPTION USING ERRCODE = 'RT011',
            MESSAGE = format('columns that the policy of category "%s" reads changed since it was '
                'loaded', c.name),
            HINT = 'Load the policies again, look at the plan, and approve that.';
    END IF;
    IF c.approved_mode = 'enforce' THEN
        SELECT jsonb_object_agg(g.hold || ' ' || g.part, g.why) INTO gaps_before
            FROM retention.hold_gap g WHERE g.category = c.name;
    END IF;
    -- The end of a run that goes on will take off all that it acted on: it does so no more, and that
    -- much was gone before the approval.
    SELECT jsonb_object_agg(r.stage, approve_policy.expect_due
               + (SELECT coalesce(sum(e.rows), 0) FROM retention.log_entry e
                  WHERE e.run = r.run AND e.relation = r.relation)) INTO acted
        FROM retention.run r
        WHERE r.category = c.name AND r.finished_at IS NULL AND approve_policy.expect_due IS NOT NULL;
    UPDATE retention.category k SET state = 'active', approved_sha256 = c.loaded_sha256,
            unapproved_since = NULL, unapproved_by = NULL,
            approved_mode = c.mode, approved_relation = c.relation,
            hold_facts = c.loaded_hold_facts,
            column_facts = c.loaded_column_facts, changed_columns = NULL, approved_by = session_user,
            approved_at = clock_timestamp(),
            expect_due = coalesce(approve_policy.expect_due, c.expect_due),
            brake_allowance = CASE
                WHEN approve_policy.expect_due IS NOT NULL THEN approve_policy.expect_due
                WHEN c.brake_left = '{}' THEN c.brake_allowance END,
            brake_left = CASE WHEN approve_policy.expect_due IS NULL THEN c.brake_left
                ELSE coalesce(acted, '{}') END
        WHERE k.name = c.name;
    PERFORM retention.apply_holds(c.name, retention.hold_facts(c));
    PERFORM retention.require_same_columns(c, coalesce(approve_policy.accept_gaps, '{}'));
    PERFORM retention.accept_hold_gaps(c.name, gaps_before,
        coalesce(approve_policy.accept_gaps, '{}'));
    PERFORM retention.require_holds_follow(c.name, c);
    PERFORM retention.write_entry('policy', NULL, c.name, jsonb_build_object('category', c.name,
        'sha256', c.loaded_sha256, 'previous', c.approved_sha256, 'mode', c.mode,
        'what', 'approved', 'by', session_user));
    PERFORM pg_notify('retention', 'policy');
END
$function$;
REVOKE ALL ON FUNCTION retention.approve_policy(text, text, bigint, text, uuid[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION retention.approve_policy(text, text, bigint, text, uuid[]) TO @prefix@approver;
