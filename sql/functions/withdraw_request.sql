-- A release or narrowing that waits for a second person is not wanted any more: the hold stays as
-- it is. By whoever may ask for one. On disk when it is committed: nothing else tells of it.
CREATE OR REPLACE FUNCTION retention.withdraw_request(request uuid, reason text) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
#variable_conflict use_column
DECLARE
    q retention.hold_request%ROWTYPE;
BEGIN
    q := retention.lock_request(withdraw_request.request, 'withdrawn', withdraw_request.reason);
    UPDATE retention.hold_request o SET decided_at = clock_timestamp(), decided_by = session_user,
            decision = 'withdrawn', decision_reason = btrim(withdraw_request.reason)
        WHERE o.request = q.request;
    IF current_setting('synchronous_commit') IN ('off', 'local') THEN
        PERFORM set_config('synchronous_commit', 'on', true);
    END IF;
    PERFORM pg_notify('retention', 'hold');
END
$function$;
REVOKE ALL ON FUNCTION retention.withdraw_request(uuid, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION retention.withdraw_request(uuid, text) TO @prefix@legal;
