-- Ends a recovery: see recover_begin. `undone`: batches that the database had lost.
--
-- A run that was planned with a policy that the backup does not know cannot be one of its runs, which
-- the next leader ends (recover_entry). Where nothing ended it before, it is ended here: every run but
-- the last one must be.
--
-- What waited for a second person's word when the backup was made may have been withdrawn since, which
-- no entry tells: it is withdrawn here, and whoever still wants it asks again.
CREATE OR REPLACE FUNCTION retention.recover_end(database_size bigint, log_size bigint,
    undone bigint, host text) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
#variable_conflict use_column
DECLARE
    leaves bigint;
    r record;
BEGIN
    SELECT max(l.index) + 1 INTO leaves FROM retention.log_leaf l;
    IF leaves IS DISTINCT FROM recover_end.log_size THEN
        RAISE EXCEPTION USING ERRCODE = 'RT011',
            MESSAGE = format('%s entries are in their places after recovery instead of %s',
                leaves, recover_end.log_size);
    END IF;
    FOR r IN SELECT p.run_ref AS run, p.category,
                    (SELECT count(*) FROM retention.log_entry e WHERE e.run = p.run_ref) AS batches,
                    (SELECT coalesce(sum(e.rows), 0) FROM retention.log_entry e
                     WHERE e.run = p.run_ref) AS rows
             FROM retention.log_entry p
             WHERE p.type = 'plan' AND p.run_ref IS NOT NULL
               AND NOT EXISTS (SELECT FROM retention.run o WHERE o.run = p.run_ref)
               AND NOT EXISTS (SELECT FROM retention.log_entry d
                               WHERE d.type = 'done' AND d.run_ref = p.run_ref)
             ORDER BY p.id LOOP
        PERFORM retention.tell_gaps(r.run, r.category);
        PERFORM retention.write_entry('done', r.run, r.category, jsonb_build_object('run', r.run,
            'batches', r.batches, 'rows', r.rows, 'remaining', NULL, 'status', 'lost'));
    END LOOP;
    IF recover_end.log_size > recover_end.database_size THEN
        UPDATE retention.hold_request q SET decided_at = clock_timestamp(),
                decided_by = session_user, decision = 'withdrawn',
                decision_reason = 'the database was restored from before this was decided: ask again'
            WHERE q.decided_at IS NULL;
        PERFORM retention.write_entry('restored', NULL, NULL, jsonb_build_object(
            'database_size', recover_end.database_size, 'log_size', recover_end.log_size,
            'undone', recover_end.undone));
    END IF;
    UPDATE retention.log_state SET state = 'recovered', message = NULL, hint = NULL,
        missing = NULL, database_size = recover_end.log_size, log_size = recover_end.log_size,
        holder_host = recover_end.host, holder_timeline = retention.current_timeline(),
        holder_system = (SELECT s.system_identifier::text FROM pg_control_system() s);
    PERFORM pg_notify('retention', 'log');
END
$function$;
REVOKE ALL ON FUNCTION retention.recover_end(bigint, bigint, bigint, text) FROM PUBLIC;
