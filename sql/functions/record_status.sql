-- What a measurement of a category found: an object with columns of category_status. Those it does
-- not name stay as they are; last_success and last_run are finish_run's. With "ended_well": true, a
-- round of the category did, and what record_failure left is over.
CREATE OR REPLACE FUNCTION retention.record_status(term bigint, category text, status jsonb)
RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
#variable_conflict use_column
DECLARE
    s retention.category_status%ROWTYPE;
BEGIN
    PERFORM retention.require_term(record_status.term);
    IF NOT EXISTS (SELECT FROM retention.category c WHERE c.name = record_status.category) THEN
        RAISE EXCEPTION USING ERRCODE = 'RT010',
            MESSAGE = format('there is no category "%s"', record_status.category);
    END IF;
    INSERT INTO retention.category_status (category, measured_at)
        VALUES (record_status.category, clock_timestamp()) ON CONFLICT DO NOTHING;
    SELECT * INTO STRICT s FROM retention.category_status o
        WHERE o.category = record_status.category FOR UPDATE;
    s := jsonb_populate_record(s,
        record_status.status - '{category,last_success,last_run}'::text[]);
    UPDATE retention.category_status o SET
            measured_at = CASE WHEN record_status.status ? 'measured_at' THEN s.measured_at
                               ELSE clock_timestamp() END,
            rows = s.rows, claimed = s.claimed, not_started = s.not_started, due = s.due,
            held = s.held, kept_while = s.kept_while, kept_floor = s.kept_floor,
            waiting = s.waiting, to_act = s.to_act, floor_after_cap = s.floor_after_cap,
            oldest = s.oldest, next_due = s.next_due, blocked = s.blocked, unclaimed = s.unclaimed,
            window_from = s.window_from, window_to = s.window_to, window_zone = s.window_zone
        WHERE o.category = record_status.category;
    IF record_status.status @> '{"ended_well": true}' THEN
        UPDATE retention.category c
            SET failed_at = NULL, failed_sqlstate = NULL, failed_because = NULL
            WHERE c.name = record_status.category AND c.failed_at IS NOT NULL;
    END IF;
END
$function$;
REVOKE ALL ON FUNCTION retention.record_status(bigint, text, jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION retention.record_status(bigint, text, jsonb) TO @prefix@worker;
