-- A person looked into it: as many records as the brake stopped at may go. Returns that number.
CREATE OR REPLACE FUNCTION retention.release_brake(category text) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
#variable_conflict use_column
DECLARE
    c retention.category%ROWTYPE;
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
    UPDATE retention.category k SET brake_engaged_at = NULL,
            brake_allowance = greatest(c.brake_allowance, c.brake_due)
        WHERE k.name = c.name;
    PERFORM retention.write_entry('brake', c.brake_run, c.name, jsonb_build_object(
        'run', c.brake_run, 'category', c.name, 'due', c.brake_due, 'limit', c.brake_limit,
        'what', 'released', 'by', session_user));
    PERFORM pg_notify('retention', 'release');
    RETURN greatest(c.brake_allowance, c.brake_due);
END
$function$;
REVOKE ALL ON FUNCTION retention.release_brake(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION retention.release_brake(text) TO @prefix@operator;
