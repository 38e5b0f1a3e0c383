-- Begins a run: one row of `run`, and the entry `plan` before its first batch. The run is bound to
-- the text of the policy that it was planned with, and its time must not lie ahead of the server's.
-- For a stage that changes `columns`, an entry `transform` says of which classes that is. Returns
-- how many records it may act on although they pass a brake.
--
-- A worker makes one run after the other. One of its own that could not be ended (finish_run failed)
-- ends here as lost, so that the log has the end of every run before it plans the next: who verifies
-- it relies on that.
CREATE OR REPLACE FUNCTION retention.start_run(term bigint, run uuid, category text, sha256 text,
    stage text, relation text, action text, after text, due bigint, held bigint, to_act bigint,
    run_time timestamptz, requested_by text DEFAULT NULL,
    columns bigint DEFAULT NULL, classes text DEFAULT NULL) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
#variable_conflict use_column
DECLARE
    c retention.category%ROWTYPE;
    left_open uuid;
    latest timestamptz;
BEGIN
    PERFORM retention.require_term(start_run.term);
    SELECT * INTO c FROM retention.category k WHERE k.name = start_run.category;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING ERRCODE = 'RT010',
            MESSAGE = format('there is no category "%s"', start_run.category);
    END IF;
    IF c.brake_engaged_at IS NOT NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'RT007',
            MESSAGE = format('the brake of category "%s" is engaged', c.name),
            HINT = format('After looking into it, run: retentionctl run --release-brake %s',
                c.name);
    END IF;
    IF c.state <> 'active' OR c.mode <> 'enforce'
            OR c.approved_sha256 IS DISTINCT FROM start_run.sha256
            OR c.relation IS DISTINCT FROM start_run.relation THEN
        RAISE EXCEPTION USING ERRCODE = 'RT003',
            MESSAGE = CASE
                WHEN c.state <> 'active' THEN format('category "%s" is %s', c.name, c.state)
                WHEN c.mode <> 'enforce' THEN format('category "%s" is in mode %s', c.name, c.mode)
                ELSE format('the policy of category "%s" changed since the run was planned',
                    c.name) END;
    END IF;
    IF c.scope_problem IS NOT NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'RT024',
            MESSAGE = format('what holds cover in category "%s" is not what they say: %s', c.name,
                c.scope_problem),
            HINT = 'Find out who changed retention.held_scope; then legal runs: retentionctl hold '
                'mend';
    END IF;
    PERFORM retention.require_readers(c.name);
    IF start_run.run_time IS NULL OR start_run.run_time > clock_timestamp() THEN
        RAISE EXCEPTION USING ERRCODE = 'RT005',
            MESSAGE = 'the time of the run lies ahead of the server''s';
    END IF;
    -- begin_batch looks at the last entry alone. By then one stands there from after a jump of the
    -- clock: this run's plan, or what a worker writes when it begins to lead. Here a thousand count.
    SELECT max(e.at) INTO latest
        FROM (SELECT o.at FROM retention.log_entry o ORDER BY o.id DESC LIMIT 1000) e;
    IF latest > clock_timestamp() + interval '5 s' THEN
        RAISE EXCEPTION USING ERRCODE = 'RT005',
            MESSAGE = 'the server''s clock is behind the last log entry',
            HINT = 'Set the server''s clock; nothing is deleted until it is past the last entry.';
    END IF;
    FOR left_open IN SELECT r.run FROM retention.run r
                     WHERE r.finished_at IS NULL ORDER BY r.started_at LOOP
        PERFORM retention.finish_run(start_run.term, left_open, NULL, NULL, NULL, 'lost',
            'it could not be ended when it was over');
    END LOOP;
    INSERT INTO retention.run (run, category, stage, sha256, relation, action, term, requested_by,
                               run_time, due, held, to_act)
        VALUES (start_run.run, start_run.category, start_run.stage, start_run.sha256,
                start_run.relation, start_run.action, start_run.term, start_run.requested_by,
                start_run.run_time, start_run.due, start_run.held, start_run.to_act);
    PERFORM retention.write_entry('plan', start_run.run, start_run.category, jsonb_build_object(
        'run', start_run.run, 'category', start_run.category, 'sha256', start_run.sha256,
        'relation', start_run.relation, 'action', start_run.action, 'after', start_run.after,
        'now', start_run.run_time, 'due', start_run.due, 'held', start_run.held,
        'term', start_run.term, 'timeline', (SELECT timeline_id FROM pg_control_checkpoint())));
    IF start_run.classes IS NOT NULL THEN
        PERFORM retention.write_entry('transform', start_run.run, start_run.category,
            jsonb_build_object('run', start_run.run, 'category', start_run.category,
                'stage', start_run.stage, 'columns', start_run.columns,
                'classes', start_run.classes));
    END IF;
    -- Read last: a run that ended here just now has spent some of it.
    RETURN (SELECT coalesce((k.brake_left ->> start_run.stage)::bigint, k.brake_allowance, 0)
            FROM retention.category k WHERE k.name = c.name);
END
$function$;
REVOKE ALL ON FUNCTION retention.start_run(bigint, uuid, text, text, text, text, text, text, bigint,
    bigint, bigint, timestamptz, text, bigint, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION retention.start_run(bigint, uuid, text, text, text, text, text, text,
    bigint, bigint, bigint, timestamptz, text, bigint, text) TO @prefix@worker;
