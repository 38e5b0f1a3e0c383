-- Ends every pause of exactly this scope (as in pause); others stay in force. Returns how many. A
-- tenant that is written in another way is the same one where every category reads it so.
CREATE OR REPLACE FUNCTION retention.resume(scope text, reason text) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
#variable_conflict use_column
DECLARE
    kind text;
    target text;
    p record;
    ended bigint := 0;
BEGIN
    SELECT s.kind, s.target INTO kind, target FROM retention.pause_scope(resume.scope) s;
    FOR p IN
        UPDATE retention.pause o SET resumed_at = clock_timestamp(), resumed_by = session_user,
                resume_reason = resume.reason
            WHERE o.resumed_at IS NULL AND o.scope = kind
              AND (o.name IS NOT DISTINCT FROM target OR kind = 'tenant' AND (
                  SELECT bool_and(f.form IS NOT DISTINCT FROM n.form) AND count(f.form) > 0
                  FROM retention.pause_forms(target) f
                      JOIN retention.pause_forms(o.name) n USING (category)))
            RETURNING o.pause, o.scope, o.name
    LOOP
        PERFORM retention.write_entry('pause', NULL, CASE kind WHEN 'category' THEN target END,
            jsonb_build_object('scope', retention.pause_scope_logged(kind, target, p.pause),
                               'what', 'resumed', 'by', session_user));
        ended := ended + 1;
    END LOOP;
    IF ended = 0 AND kind = 'tenant' AND EXISTS (
            SELECT FROM retention.pause o CROSS JOIN LATERAL retention.pause_forms(o.name) n
                JOIN retention.pause_forms(target) f USING (category, form)
            WHERE o.resumed_at IS NULL AND o.scope = 'tenant') THEN
        RAISE EXCEPTION USING ERRCODE = 'RT010',
            MESSAGE = format('tenant "%s" is not paused in that writing', target),
            HINT = 'Another writing of it is, which some categories take for another tenant: write it as '
                'table retention.pause has it.';
    ELSIF ended = 0 THEN
        RAISE EXCEPTION USING ERRCODE = 'RT010',
            MESSAGE = CASE kind WHEN 'all' THEN 'everything is not paused'
                                ELSE format('%s "%s" is not paused', kind, target) END;
    END IF;
    PERFORM pg_notify('retention', 'resume');
    RETURN ended;
END
$function$;
REVOKE ALL ON FUNCTION retention.resume(text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION retention.resume(text, text) TO @prefix@operator;
