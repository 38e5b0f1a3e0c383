-- Stops everything ('all'), a category ('category:NAME') or a tenant ('tenant:VALUE') until it is
-- resumed, or until a time. Batches in flight are waited for, at most 2 s: when this has returned
-- without a notice of them, none of them will commit any more. A pause is never refused because of
-- them.
--
-- A tenant can be written in any form that its column's type reads, as for a hold. One that no
-- category can read is refused, since nothing would be paused; a notice says which ones do. Whether
-- there are records of it is not looked at.
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
    types text;
    stays text;
    goes_on text;
    in_flight boolean := false;
BEGIN
    SELECT p.kind, p.target INTO kind, target FROM retention.pause_scope(pause.scope) p;
    IF coalesce(btrim(pause.reason), '') = '' THEN
        RAISE EXCEPTION USING ERRCODE = 'RT011', MESSAGE = 'a pause needs a reason';
    END IF;
    IF pause.until <= clock_timestamp() THEN
        RAISE EXCEPTION USING ERRCODE = 'RT011', MESSAGE = 'the end of the pause lies in the past';
    END IF;
    IF kind = 'tenant' THEN
        SELECT string_agg(f.category, ', ' ORDER BY f.category) FILTER (WHERE f.form IS NOT NULL),
               string_agg(c.name, ', ' ORDER BY c.name) FILTER (WHERE f.form IS NULL),
               string_agg(DISTINCT f.type, ' or ')
            INTO stays, goes_on, types
            FROM retention.category c LEFT JOIN retention.pause_forms(target) f ON f.category = c.name
            WHERE c.state <> 'retired';
        IF stays IS NULL THEN
            RAISE EXCEPTION USING ERRCODE = 'RT011',
                MESSAGE = CASE WHEN types IS NULL THEN 'nothing is paused: no category has a tenant'
                    ELSE format('nothing is paused: the tenant is no value of type %s', types) END,
                HINT = CASE WHEN types IS NULL THEN 'Pause categories, or everything.'
                    ELSE 'Write it as the records have it.' END;
        END IF;
    END IF;
    BEGIN
        LOCK TABLE retention.hold_gate IN EXCLUSIVE MODE;
    EXCEPTION WHEN lock_not_available THEN
        in_flight := true;
    END;
    -- In one: who asks by retentionctl is shown the last.
    IF in_flight OR kind = 'tenant' THEN
        RAISE NOTICE USING
            MESSAGE = CASE WHEN in_flight THEN 'paused, but batches are still in flight'
                ELSE format('records of this tenant stay in %s', stays) END,
            HINT = concat_ws(E'\n',
                CASE WHEN in_flight THEN 'To end them, run: retentionctl stop --now' END,
                CASE WHEN in_flight AND kind = 'tenant'
                    THEN format('Then records of this tenant stay in %s.', stays) END,
                CASE WHEN kind = 'tenant' THEN 'Whether there are any was not looked at.' END,
                'Categories that have no such tenant go on: ' || goes_on || '.');
    END IF;
    INSERT INTO retention.pause (pause, scope, name, forms, reason, paused_by, until)
        VALUES (id, kind, target, CASE kind WHEN 'tenant' THEN retention.pause_as_printed(target) END,
                pause.reason, session_user, pause.until);
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
