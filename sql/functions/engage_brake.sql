-- A run of the category passed a limit: nothing more of it until a person releases the brake. due
-- is how many records it would have acted on, lim the limit it passed. The run itself is ended by
-- finish_run(..., 'brake').
CREATE OR REPLACE FUNCTION retention.engage_brake(term bigint, run uuid, category text, due bigint,
    lim bigint) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
#variable_conflict use_column
BEGIN
    PERFORM retention.require_term(engage_brake.term);
    UPDATE retention.category c SET brake_engaged_at = clock_timestamp(),
            brake_run = engage_brake.run, brake_due = engage_brake.due,
            brake_limit = engage_brake.lim
        WHERE c.name = engage_brake.category AND c.brake_engaged_at IS NULL;
    IF NOT FOUND THEN
        IF EXISTS (SELECT FROM retention.category c WHERE c.name = engage_brake.category) THEN
            RETURN;
        END IF;
        RAISE EXCEPTION USING ERRCODE = 'RT010',
            MESSAGE = format('there is no category "%s"', engage_brake.category);
    END IF;
    PERFORM retention.write_entry('brake', engage_brake.run, engage_brake.category,
        jsonb_build_object('run', engage_brake.run, 'category', engage_brake.category,
        'due', engage_brake.due, 'limit', engage_brake.lim, 'what', 'engaged', 'by', session_user));
    PERFORM pg_notify('retention', 'brake');
END
$function$;
REVOKE ALL ON FUNCTION retention.engage_brake(bigint, uuid, text, bigint, bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION retention.engage_brake(bigint, uuid, text, bigint, bigint)
    TO @prefix@worker;
