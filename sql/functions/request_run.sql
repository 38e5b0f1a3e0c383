-- Asks the leader for a run of these categories, NULL: of all. Follow it in run_request and run.
-- The worker may ask too: it may enforce by itself anyway.
CREATE OR REPLACE FUNCTION retention.request_run(categories text[] DEFAULT NULL) RETURNS uuid
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
#variable_conflict use_column
DECLARE
    unknown text;
    id uuid;
BEGIN
    SELECT n INTO unknown FROM unnest(request_run.categories) n
        WHERE NOT EXISTS (SELECT FROM retention.category c
                          WHERE c.name = n AND c.state <> 'retired')
        LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION USING ERRCODE = 'RT010',
            MESSAGE = format('there is no category "%s"', unknown);
    END IF;
    INSERT INTO retention.run_request (categories, requested_by)
        VALUES (request_run.categories, session_user) RETURNING request INTO id;
    PERFORM pg_notify('retention', 'run');
    RETURN id;
END
$function$;
REVOKE ALL ON FUNCTION retention.request_run(text[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION retention.request_run(text[]) TO @prefix@operator, @prefix@worker;
