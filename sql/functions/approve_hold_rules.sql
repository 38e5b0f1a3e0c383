-- The weaker rules of holds that the main file asks for take effect. Who names them (NULL: as they
-- are) approves nothing that was proposed after it was read (RT011). By another role than the one
-- that proposed them, and by none that can propose them or act as the one that did (RT008), as
-- policies are approved. Written in the log, as the digest of the rules in effect.
CREATE OR REPLACE FUNCTION retention.approve_hold_rules(dual_control boolean DEFAULT NULL,
    grace interval DEFAULT NULL) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET intervalstyle = 'postgres'
AS $function$
#variable_conflict use_column
DECLARE
    r retention.hold_rules%ROWTYPE;
    as_role text;
BEGIN
    SELECT * INTO STRICT r FROM retention.hold_rules o FOR NO KEY UPDATE;
    IF r.proposed_by IS NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'RT011', MESSAGE = 'no rules of holds await approval';
    END IF;
    r.dual_control := coalesce(r.proposed_dual_control, r.dual_control);
    r.grace := coalesce(r.proposed_grace, r.grace);
    IF r.dual_control <> approve_hold_rules.dual_control OR r.grace <> approve_hold_rules.grace THEN
        RAISE EXCEPTION USING ERRCODE = 'RT011',
            MESSAGE = 'the rules to approve are not the ones that are proposed',
            HINT = 'Look at them as they are now, and approve those.';
    END IF;
    IF r.proposed_by = session_user THEN
        RAISE EXCEPTION USING ERRCODE = 'RT008',
            MESSAGE = format('role "%s" proposed these rules and cannot approve them', session_user),
            HINT = 'Another role must approve them.';
    END IF;
    WITH RECURSIVE membership (oid) AS (
        SELECT g.oid FROM pg_roles g WHERE g.rolname = session_user
        UNION SELECT m.roleid FROM pg_auth_members m JOIN membership o ON m.member = o.oid)
    SELECT g.rolname INTO as_role FROM membership o JOIN pg_roles g ON g.oid = o.oid
        WHERE g.rolname IN (r.proposed_by, '@prefix@worker')
        ORDER BY g.rolname = '@prefix@worker' LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION USING ERRCODE = 'RT008',
            MESSAGE = format('role "%s" is a member of "%s", which %s, and cannot approve these '
                'rules', session_user, as_role,
                CASE as_role WHEN '@prefix@worker' THEN 'may propose rules' ELSE 'proposed them' END),
            HINT = 'Another role must approve them: one that is no member of the worker''s.';
    END IF;
    UPDATE retention.hold_rules o SET dual_control = r.dual_control, grace = r.grace,
            proposed_dual_control = NULL, proposed_grace = NULL,
            proposed_by = NULL, approved_by = session_user, approved_at = clock_timestamp();
    PERFORM retention.write_entry('config', NULL, NULL, jsonb_build_object('sha256',
        encode(sha256(convert_to(format(E'holds.dual_control %s\nholds.grace %s\n',
            r.dual_control, r.grace), 'UTF8')), 'hex'),
        'by', session_user));
    PERFORM pg_notify('retention', 'policy');
END
$function$;
REVOKE ALL ON FUNCTION retention.approve_hold_rules(boolean, interval) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION retention.approve_hold_rules(boolean, interval) TO @prefix@approver;
