-- The requests that wait, oldest first, now the leader's; those that an older term took and did not
-- finish come again.
CREATE OR REPLACE FUNCTION retention.take_requests(term bigint)
RETURNS TABLE (request uuid, categories text[], requested_by text)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
#variable_conflict use_column
BEGIN
    PERFORM retention.require_term(take_requests.term);
    RETURN QUERY
        WITH taken AS (
            UPDATE retention.run_request q SET taken_at = clock_timestamp(),
                taken_term = take_requests.term
                WHERE q.finished_at IS NULL AND q.taken_term IS DISTINCT FROM take_requests.term
                RETURNING q.request, q.categories, q.requested_by, q.requested_at)
        SELECT t.request, t.categories, t.requested_by FROM taken t ORDER BY t.requested_at;
END
$function$;
REVOKE ALL ON FUNCTION retention.take_requests(bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION retention.take_requests(bigint) TO @prefix@worker;
