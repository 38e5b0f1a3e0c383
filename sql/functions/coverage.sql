-- How many tables are governed, named as ungoverned, and neither; fingerprint is a SHA-256 over
-- their lists. Written when it differs from the last such entry; false if it does not.
CREATE OR REPLACE FUNCTION retention.coverage(term bigint, fingerprint text, governed bigint,
    ungoverned bigint, unlisted bigint) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
#variable_conflict use_column
DECLARE
    facts constant text := concat('fingerprint ', coverage.fingerprint, E'\ngoverned ',
        coverage.governed, E'\nungoverned ', coverage.ungoverned, E'\nunlisted ', coverage.unlisted,
        E'\n');
    last text;
BEGIN
    PERFORM retention.require_term(coverage.term);
    SELECT e.entry INTO last FROM retention.log_entry e
        WHERE e.type = 'coverage' AND e.run IS NULL ORDER BY e.seq DESC LIMIT 1;
    IF right(last, length(facts)) = facts THEN
        RETURN false;
    END IF;
    PERFORM retention.write_entry('coverage', NULL, NULL, jsonb_build_object(
        'fingerprint', coverage.fingerprint, 'governed', coverage.governed,
        'ungoverned', coverage.ungoverned, 'unlisted', coverage.unlisted));
    RETURN true;
END
$function$;
REVOKE ALL ON FUNCTION retention.coverage(bigint, text, bigint, bigint, bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION retention.coverage(bigint, text, bigint, bigint, bigint)
    TO @prefix@worker;
