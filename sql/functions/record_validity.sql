-- Which policies were found invalid when they were last checked: the first error of each, NULL for
-- one that is valid. What it says stays in the database, for `status`.
CREATE OR REPLACE FUNCTION retention.record_validity(term bigint, names text[], errors text[])
RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    PERFORM retention.require_term(record_validity.term);
    UPDATE retention.category c SET
            invalid_because = f.error,
            invalid_since = CASE WHEN f.error IS NOT NULL
                                 THEN coalesce(c.invalid_since, clock_timestamp()) END
        FROM unnest(record_validity.names, record_validity.errors) AS f(name, error)
        WHERE c.name = f.name AND c.invalid_because IS DISTINCT FROM f.error;
END
$function$;
REVOKE ALL ON FUNCTION retention.record_validity(bigint, text[], text[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION retention.record_validity(bigint, text[], text[]) TO @prefix@worker;
