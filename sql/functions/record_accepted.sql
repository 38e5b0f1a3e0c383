-- Whose functions of this schema the leader acts on, for `retentionctl status`: NULL where they are
-- those that it brings.
CREATE OR REPLACE FUNCTION retention.record_accepted(term bigint, words text)
RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    PERFORM retention.require_term(record_accepted.term);
    UPDATE retention.leader l SET accepted = record_accepted.words
        WHERE l.accepted IS DISTINCT FROM record_accepted.words;
END
$function$;
REVOKE ALL ON FUNCTION retention.record_accepted(bigint, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION retention.record_accepted(bigint, text) TO @prefix@worker;
