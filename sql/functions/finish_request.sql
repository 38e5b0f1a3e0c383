-- A request is done; runs are those that came of it.
CREATE OR REPLACE FUNCTION retention.finish_request(term bigint, request uuid, runs uuid[])
RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
#variable_conflict use_column
BEGIN
    PERFORM retention.require_term(finish_request.term);
    UPDATE retention.run_request q SET finished_at = clock_timestamp(), runs = finish_request.runs
        WHERE q.request = finish_request.request AND q.finished_at IS NULL;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING ERRCODE = 'RT010', MESSAGE = 'there is no such open request';
    END IF;
    PERFORM pg_notify('retention', 'request ' || finish_request.request);
END
$function$;
REVOKE ALL ON FUNCTION retention.finish_request(bigint, uuid, uuid[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION retention.finish_request(bigint, uuid, uuid[]) TO @prefix@worker;
