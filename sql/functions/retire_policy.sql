-- A category whose file is gone ends for good; should the file come back, it is a new one. Not
-- while an active hold relies on it.
CREATE OR REPLACE FUNCTION retention.retire_policy(category text, because text) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
#variable_conflict use_column
DECLARE
    c retention.category%ROWTYPE;
BEGIN
    LOCK TABLE retention.leader_gate IN ROW SHARE MODE;
    PERFORM retention.close_hold_gate();
    SELECT * INTO c FROM retention.category k WHERE k.name = retire_policy.category
        FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING ERRCODE = 'RT010',
            MESSAGE = format('there is no category "%s"', retire_policy.category);
    END IF;
    IF c.state <> 'red' THEN
        RAISE EXCEPTION USING ERRCODE = 'RT011',
            MESSAGE = format('category "%s" is %s', c.name, c.state),
            HINT = CASE c.state WHEN 'retired' THEN 'There is nothing left to do.'
                ELSE 'Take its policy file away first; the worker then turns the category red.' END;
    END IF;
    IF coalesce(btrim(retire_policy.because), '') = '' THEN
        RAISE EXCEPTION USING ERRCODE = 'RT011',
            MESSAGE = 'a policy cannot be retired without a reason';
    END IF;
    IF EXISTS (SELECT FROM retention.hold h
               WHERE h.held_until > clock_timestamp() AND h.category = c.name)
            OR EXISTS (SELECT FROM retention.held_scope s
                       WHERE s.category = c.name AND s.held_until > clock_timestamp()) THEN
        RAISE EXCEPTION USING ERRCODE = 'RT024',
            MESSAGE = format('category "%s" cannot be retired: an active hold relies on it',
                c.name),
            HINT = 'Wait until the hold is released and its grace is over.';
    END IF;
    UPDATE retention.category k SET state = 'retired', retired_because = retire_policy.because,
            loaded_hold_facts = NULL, hold_facts = NULL,
            loaded_column_facts = NULL, column_facts = NULL, changed_columns = NULL,
            approved_sha256 = NULL, approved_by = NULL, approved_at = NULL, approved_mode = NULL,
            approved_relation = NULL, expect_due = NULL, brake_allowance = NULL,
            brake_left = '{}',
            brake_engaged_at = NULL, brake_run = NULL, brake_due = NULL, brake_limit = NULL
        WHERE k.name = c.name;
    PERFORM retention.write_entry('policy', NULL, c.name, jsonb_build_object('category', c.name,
        'sha256', c.loaded_sha256, 'previous', c.approved_sha256, 'mode', c.mode,
        'what', 'retired', 'by', session_user));
    PERFORM pg_notify('retention', 'policy');
END
$function$;
REVOKE ALL ON FUNCTION retention.retire_policy(text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION retention.retire_policy(text, text) TO @prefix@approver;
