-- A record that was set aside went after all. digests NULL: every one of the category that was not
-- seen again since a moment (a run that is done saw them all). Returns how many.
CREATE OR REPLACE FUNCTION retention.unblock(term bigint, category text, relation text,
    digests bytea[], not_seen_since timestamptz DEFAULT NULL) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
#variable_conflict use_column
DECLARE
    freed bigint;
BEGIN
    PERFORM retention.require_term(unblock.term);
    DELETE FROM retention.blocked_record b
        WHERE b.category = unblock.category
          AND (unblock.relation IS NULL OR b.relation = unblock.relation)
          AND CASE WHEN unblock.digests IS NULL THEN b.last_seen < unblock.not_seen_since
                   ELSE b.digest = ANY (unblock.digests) END;
    GET DIAGNOSTICS freed = ROW_COUNT;
    RETURN freed;
END
$function$;
REVOKE ALL ON FUNCTION retention.unblock(bigint, text, text, bytea[], timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION retention.unblock(bigint, text, text, bytea[], timestamptz)
    TO @prefix@worker;
