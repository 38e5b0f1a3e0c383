-- Before a round: is what batches read of holds what the holds say? A category where it is not is
-- noted, an entry anomaly with code hold.scope written, and no batch of it begins (start_run,
-- begin_batch) until a person has looked into it and mended it (mend_holds), even if it became right
-- again by itself: records may have gone meanwhile. Returns the categories that are stopped.
CREATE OR REPLACE FUNCTION retention.check_holds(term bigint)
RETURNS TABLE (category text, problem text)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
#variable_conflict use_column
DECLARE
    wrong record;
BEGIN
    PERFORM retention.require_term(check_holds.term);
    FOR wrong IN SELECT p.category AS name, p.problem FROM retention.hold_scope_problems(NULL) p LOOP
        UPDATE retention.category c SET scope_problem = wrong.problem
            WHERE c.name = wrong.name AND c.scope_problem IS NULL;
        IF FOUND THEN
            PERFORM retention.write_entry('anomaly', NULL, wrong.name, jsonb_build_object(
                'run', '00000000-0000-0000-0000-000000000000', 'seq', 0, 'code', 'hold.scope'));
        END IF;
    END LOOP;
    RETURN QUERY SELECT c.name, c.scope_problem FROM retention.category c
        WHERE c.scope_problem IS NOT NULL AND c.state <> 'retired' ORDER BY c.name;
END
$function$;
REVOKE ALL ON FUNCTION retention.check_holds(bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION retention.check_holds(bigint) TO @prefix@worker;
