-- For each number below a run's highest one that no batch has, an entry `anomaly` with code "gap":
-- once, also where one of them was told by a leader that came no further, or came back from the log
-- directory. Returns how many were written. Internal.
CREATE OR REPLACE FUNCTION retention.tell_gaps(run uuid, category text) RETURNS bigint
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $function$
#variable_conflict use_column
DECLARE
    gap bigint;
    told bigint := 0;
BEGIN
    FOR gap IN
        SELECT s FROM generate_series(0, (SELECT max(e.seq) FROM retention.log_entry e
                                          WHERE e.run = tell_gaps.run)) s
        WHERE NOT EXISTS (SELECT FROM retention.log_entry e
                          WHERE e.run = tell_gaps.run AND e.seq = s)
          AND NOT EXISTS (SELECT FROM retention.log_entry e
                          WHERE e.run_ref = tell_gaps.run AND e.type = 'anomaly'
                            AND e.entry LIKE '%' || E'\nseq ' || s || E'\ncode gap\n%')
        ORDER BY s
    LOOP
        PERFORM retention.write_entry('anomaly', tell_gaps.run, tell_gaps.category,
            jsonb_build_object('run', tell_gaps.run, 'seq', gap, 'code', 'gap'));
        told := told + 1;
    END LOOP;
    RETURN told;
END
$function$;
REVOKE ALL ON FUNCTION retention.tell_gaps(uuid, text) FROM PUBLIC;
