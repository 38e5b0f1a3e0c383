-- A category's policy was checked again after its relations had changed. The fingerprint must have
-- been taken before the relations were read for that.
CREATE OR REPLACE FUNCTION retention.set_fingerprint(term bigint, category text, governed text[],
    fingerprint text) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
#variable_conflict use_column
BEGIN
    PERFORM retention.require_term(set_fingerprint.term);
    UPDATE retention.category c SET governed = set_fingerprint.governed,
            fingerprint = set_fingerprint.fingerprint
        WHERE c.name = set_fingerprint.category;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING ERRCODE = 'RT010',
            MESSAGE = format('there is no category "%s"', set_fingerprint.category);
    END IF;
END
$function$;
REVOKE ALL ON FUNCTION retention.set_fingerprint(bigint, text, text[], text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION retention.set_fingerprint(bigint, text, text[], text) TO @prefix@worker;
