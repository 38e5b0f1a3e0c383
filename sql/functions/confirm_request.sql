-- The second person agrees to a release or a narrowing (RT008 for the one who asked for it, under
-- dual control); it is carried out at once.
CREATE OR REPLACE FUNCTION retention.confirm_request(request uuid, reason text) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
#variable_conflict use_column
DECLARE
    q retention.hold_request%ROWTYPE;
BEGIN
    q := retention.lock_request(confirm_request.request, 'confirmed', confirm_request.reason);
    IF q.requested_by = session_user
            AND (SELECT r.dual_control FROM retention.hold_rules r FOR SHARE) THEN
        RAISE EXCEPTION USING ERRCODE = 'RT008',
            MESSAGE = format('role "%s" asked for this and cannot confirm it', session_user),
            HINT = 'Another role must confirm it.';
    END IF;
    PERFORM retention.carry_out_request(q.request, btrim(confirm_request.reason));
END
$function$;
REVOKE ALL ON FUNCTION retention.confirm_request(uuid, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION retention.confirm_request(uuid, text) TO @prefix@legal;
