-- Stops everything ('all'), a category ('category:NAME') or a tenant ('tenant:VALUE') until it is
-- resumed, or until a time. Batches in flight are waited for, at most 2 s: when this has returned
-- without a notice, none of them will commit any more. A pause is never refused because of them.
CREATE OR REPLACE FUNCTION retention.pause(scope text, reason text, until timestamptz DEFAULT NULL)
RETURNS uuid
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET lock_timeout = '2s'
AS $function$
#variable_conflict use_column
DECLARE
    kind text;
    target text;
    id constant uuid := gen_random_uuid();
BEGIN
    SELECT p.kind, p.target INTO kind, target FROM retention.pause_scope(pause.scope) p;
    IF coalesce(btrim(pause.reason), '') = '' THEN
        RAISE EXCEPTION USING ERRCODE = 'RT011', MESSAGE = 'a pause needs a reason';
    END IF;
    IF pause.until <= clock_timestamp() THEN
        RAISE EXCEPTION USING ERRCODE = 'RT011', MESSAGE = 'the end of the pause lies in the past';
    END IF;
    BEGIN
        LOCK TABLE retention.hold_gate IN EXCLUSIVE MODE;
    EXCEPTION WHEN lock_not_available THEN
        RAISE NOTICE USING MESSAGE = 'paused, but batches are still in flight',
            HINT = 'To end them, run: retentionctl stop --now';
    END;
    INSERT INTO retention.pause (pause, scope, name, reason, paused_by, until)
        VALUES (id, kind, target, pause.reason, session_user, pause.until);
    PERFORM retention.write_entry('pause', NULL, CASE kind WHEN 'category' THEN target END,
        jsonb_build_object('scope', retention.pause_scope_logged(kind, target, id),
                           'what', 'paused', 'by', session_user));
    PERFORM pg_notify('retention', 'pause');
    RETURN id;
END
$function$;
REVOKE ALL ON FUNCTION retention.pause(text, text, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION retention.pause(text, text, timestamptz)
    TO @prefix@operator, @prefix@legal;
