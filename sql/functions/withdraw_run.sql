-- Whoever asked does it alone, because nobody leads any more: the request must not be carried out a
-- second time by the next worker. False where it is finished, or a worker that leads has it.
CREATE OR REPLACE FUNCTION retention.withdraw_run(request uuid) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
#variable_conflict use_column
BEGIN
    UPDATE retention.run_request q SET finished_at = clock_timestamp(), runs = '{}'
        WHERE q.request = withdraw_run.request AND q.finished_at IS NULL
          AND q.requested_by = session_user
          AND NOT EXISTS (SELECT FROM retention.leader l
                          WHERE l.worker IS NOT NULL AND l.term = q.taken_term
                            AND l.renewed_at + 4 * l.lease > clock_timestamp());
    RETURN FOUND;
END
$function$;
REVOKE ALL ON FUNCTION retention.withdraw_run(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION retention.withdraw_run(uuid) TO @prefix@operator, @prefix@worker;
