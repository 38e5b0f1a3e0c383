-- A pause, or the end of one, that the database lost: see recover_entry. Of a pause by tenant the log
-- tells only its number, so that everything is paused until somebody has set the right one again. The
-- reason and a date at which it would have ended are lost: it ends when somebody resumes. Internal.
CREATE OR REPLACE FUNCTION retention.recover_pause(entry text) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $function$
#variable_conflict use_column
DECLARE
    logged constant text :=
        retention.percent_decode(substring(recover_pause.entry FROM '\nscope ([^\n]+)\n'));
    who constant text :=
        retention.percent_decode(substring(recover_pause.entry FROM '\nby ([^\n]+)\n'));
    at constant timestamptz :=
        substring(recover_pause.entry FROM '\ntime ([0-9TZ:-]+)\n')::timestamptz;
    kind constant text := split_part(logged, ':', 1);
    target constant text := nullif(substr(logged, length(kind) + 2), '');
    id constant uuid := CASE WHEN kind = 'tenant' THEN target::uuid ELSE gen_random_uuid() END;
    of_tenant constant text := 'a tenant was paused, which one was lost with the database: pause it '
        'again, then resume this';
BEGIN
    IF recover_pause.entry ~ '\nwhat resumed\n' THEN
        UPDATE retention.pause p SET resumed_at = at, resumed_by = who,
                resume_reason = 'lost with the database, told by the log'
            WHERE p.resumed_at IS NULL
              AND CASE WHEN kind = 'tenant' THEN p.pause = id
                       ELSE p.scope = kind AND p.name IS NOT DISTINCT FROM target
                            AND p.reason <> of_tenant
                            AND p.paused_at < at + interval '1 s' END;
        RETURN;
    END IF;
    INSERT INTO retention.pause (pause, scope, name, reason, paused_by, paused_at)
        VALUES (id, CASE kind WHEN 'tenant' THEN 'all' ELSE kind END,
                CASE kind WHEN 'category' THEN target END,
                CASE kind WHEN 'tenant'
                    THEN of_tenant ELSE 'told by the log; the reason was lost with the database' END,
                who, at);
END
$function$;
REVOKE ALL ON FUNCTION retention.recover_pause(text) FROM PUBLIC;
