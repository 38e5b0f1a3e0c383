-- A person looked into it: as many records as the brake stopped at may go, by the stage that it
-- stopped, once. Returns that number, or what is left of an earlier allowance if that is more.
CREATE OR REPLACE FUNCTION retention.release_brake(category text) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
#variable_conflict use_column
DECLARE
    c retention.category%ROWTYPE;
    stopped text;
    allowed bigint;
BEGIN
    SELECT * INTO c FROM retention.category k WHERE k.name = release_brake.category
        FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING ERRCODE = 'RT010',
            MESSAGE = format('there is no category "%s"', release_brake.category);
    END IF;
    IF c.brake_engaged_at IS NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'RT011',
            MESSAGE = format('the brake of category "%s" is not engaged', c.name),
            HINT = format('To run it: retentionctl run %s', c.name);
    END IF;
    SELECT r.stage INTO STRICT stopped FROM retention.run r WHERE r.run = c.brake_run;
    allowed := greatest((c.brake_left ->> stopped)::bigint, c.brake_due,
        CASE WHEN NOT c.brake_left ? stopped THEN c.brake_allowance END);
    UPDATE retention.category k SET brake_engaged_at = NULL,
            brake_left = c.brake_left || jsonb_build_object(stopped, allowed)
        WHERE k.name = c.name;
    PERFORM retention.write_entry('brake', c.brake_run, c.name, jsonb_build_object(
        'run', c.brake_run, 'category', c.name, 'due', c.brake_due, 'limit', c.brake_limit,
        'what', 'released', 'by', session_user));
    PERFORM pg_notify('retention', 'release');
    RETURN allowed;
END
$function$;
REVOKE ALL ON FUNCTION retention.release_brake(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION retention.release_brake(text) TO @prefix@operator;
