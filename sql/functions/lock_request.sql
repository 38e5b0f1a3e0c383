-- A request that waits, with its hold locked: RT010 if there is none, RT011 if it was decided.
-- Internal.
CREATE OR REPLACE FUNCTION retention.lock_request(request uuid, what text, reason text)
RETURNS retention.hold_request
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $function$
#variable_conflict use_column
DECLARE
    q retention.hold_request%ROWTYPE;
BEGIN
    PERFORM retention.require_read_committed();
    IF coalesce(btrim(lock_request.reason), '') = '' THEN
        RAISE EXCEPTION USING ERRCODE = 'RT020',
            MESSAGE = format('a request is not %s without a reason', lock_request.what);
    END IF;
    -- The hold first, as everybody does who changes it.
    PERFORM FROM retention.hold h
        WHERE h.hold = (SELECT o.hold FROM retention.hold_request o
                        WHERE o.request = lock_request.request)
        FOR NO KEY UPDATE;
    SELECT * INTO q FROM retention.hold_request o WHERE o.request = lock_request.request
        FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING ERRCODE = 'RT010',
            MESSAGE = format('there is no request %s',
                coalesce(lock_request.request::text, '(null)')),
            HINT = '"retentionctl hold list" shows what waits for a second person.';
    END IF;
    IF q.decided_at IS NOT NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'RT011',
            MESSAGE = format('request %s was %s already', q.request, q.decision);
    END IF;
    RETURN q;
END
$function$;
REVOKE ALL ON FUNCTION retention.lock_request(uuid, text, text) FROM PUBLIC;
