-- Ends a run, one of an older term included (a new leader closes what the old one left: 'lost').
--
-- The entry `done` carries what the log holds, which is what a verifier adds up: the number of its
-- batch entries and their rows, dependants' included. For each number missing below the highest one
-- an entry `anomaly` with code "gap" is written; if the caller counted (batches and rows not NULL)
-- and came to something else, one with code "count", and the run was not 'done' but 'failed'. Returns the numbers written.
--
-- However it ended, what it acted on is taken off what its stage may act on past the brake
-- (category.brake_left); where it left less than that to do, off is what goes beyond.
CREATE OR REPLACE FUNCTION retention.finish_run(term bigint, run uuid, batches bigint, rows bigint,
    remaining bigint, status text, message text,
    OUT logged_batches bigint, OUT logged_rows bigint, OUT anomalies bigint)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
#variable_conflict use_column
DECLARE
    r retention.run%ROWTYPE;
    own_rows bigint;
    new_status text := finish_run.status;
    new_message text := finish_run.message;
BEGIN
    -- No batch of this run may be in flight: its entry would come after `done`.
    PERFORM retention.require_term(finish_run.term);
    SELECT * INTO r FROM retention.run o
        WHERE o.run = finish_run.run AND o.status = 'running' AND o.term <= finish_run.term
        FOR UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING ERRCODE = 'RT010', MESSAGE = 'there is no such running run';
    END IF;
    IF finish_run.status = 'running' OR finish_run.status IS NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'RT011', MESSAGE = 'a run cannot end as "running"';
    END IF;

    SELECT count(*), coalesce(sum(e.rows), 0),
            coalesce(sum(e.rows) FILTER (WHERE e.relation = r.relation), 0)
        INTO logged_batches, logged_rows, own_rows
        FROM retention.log_entry e WHERE e.run = r.run;
    anomalies := retention.tell_gaps(r.run, r.category);
    IF finish_run.batches <> logged_batches OR finish_run.rows <> logged_rows THEN
        PERFORM retention.write_entry('anomaly', r.run, r.category,
            jsonb_build_object('run', r.run, 'seq', logged_batches, 'code', 'count'));
        anomalies := anomalies + 1;
        IF new_status = 'done' THEN
            new_status := 'failed';
            new_message := format('the log holds %s rows in %s batches, the worker counted %s in %s',
                logged_rows, logged_batches, finish_run.rows, finish_run.batches);
        END IF;
    END IF;
    PERFORM retention.write_entry('done', r.run, r.category, jsonb_build_object('run', r.run,
        'batches', logged_batches, 'rows', logged_rows, 'remaining', finish_run.remaining,
        'status', new_status));
    UPDATE retention.run o SET finished_at = clock_timestamp(), status = new_status,
            batches = logged_batches, rows = logged_rows, records = own_rows, remaining = finish_run.remaining,
            message = new_message
        WHERE o.run = r.run;

    IF new_status = 'done' THEN
        INSERT INTO retention.category_status AS s (category, measured_at, last_success, last_run)
            VALUES (r.category, clock_timestamp(), clock_timestamp(), r.run)
            ON CONFLICT ON CONSTRAINT category_status_pkey
            DO UPDATE SET last_success = excluded.last_success, last_run = excluded.last_run;
    ELSE
        UPDATE retention.category_status s SET last_run = r.run WHERE s.category = r.category;
    END IF;
    -- What was allowed for is the backlog: gone with it, and not there for the next one.
    UPDATE retention.category c SET brake_left = c.brake_left || jsonb_build_object(r.stage, least(
            greatest(coalesce((c.brake_left ->> r.stage)::bigint, c.brake_allowance) - own_rows, 0),
            CASE WHEN new_status = 'done' AND r.sha256 = c.approved_sha256
                THEN finish_run.remaining END))
        WHERE c.name = r.category
          AND coalesce((c.brake_left ->> r.stage)::bigint, c.brake_allowance) > 0;
    PERFORM pg_notify('retention', 'run ' || r.run);
END
$function$;
REVOKE ALL ON FUNCTION retention.finish_run(bigint, uuid, bigint, bigint, bigint, text, text)
    FROM PUBLIC;
GRANT EXECUTE ON FUNCTION retention.finish_run(bigint, uuid, bigint, bigint, bigint, text, text)
    TO @prefix@worker;
