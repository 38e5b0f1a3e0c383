-- What batches read of holds is worked out anew from what the holds say, and categories that were
-- stopped because it was not so (check_holds) go on. Returns how many categories were stopped or
-- wrong. Each has an entry anomaly with code hold.mended.
CREATE OR REPLACE FUNCTION retention.mend_holds() RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
#variable_conflict use_column
DECLARE
    stopped text[];
    name text;
BEGIN
    PERFORM retention.require_read_committed();
    PERFORM retention.lock_holds();
    PERFORM retention.close_hold_gate();
    SELECT coalesce(array_agg(c.name ORDER BY c.name), '{}') INTO stopped
        FROM retention.category c
        WHERE c.scope_problem IS NOT NULL
           OR c.name IN (SELECT p.category FROM retention.hold_scope_problems(NULL) p);
    PERFORM retention.apply_hold_parts(NULL, NULL);
    UPDATE retention.category c SET scope_problem = NULL WHERE c.scope_problem IS NOT NULL;
    FOREACH name IN ARRAY stopped LOOP
        PERFORM retention.write_entry('anomaly', NULL, name, jsonb_build_object(
            'run', '00000000-0000-0000-0000-000000000000', 'seq', 0, 'code', 'hold.mended'));
    END LOOP;
    PERFORM set_config('synchronous_commit', 'on', true)
        WHERE current_setting('synchronous_commit') IN ('off', 'local');
    PERFORM pg_notify('retention', 'hold');
    RETURN cardinality(stopped);
END
$function$;
REVOKE ALL ON FUNCTION retention.mend_holds() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION retention.mend_holds() TO @prefix@legal;
