-- A matter is over: no hold can be placed in it any more. Only when all of its holds are released;
-- their graces run on.
CREATE OR REPLACE FUNCTION retention.close_matter(matter text, reason text) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
#variable_conflict use_column
DECLARE
    m retention.matter%ROWTYPE;
    left_over bigint;
BEGIN
    PERFORM retention.require_read_committed();
    IF coalesce(btrim(close_matter.reason), '') = '' THEN
        RAISE EXCEPTION USING ERRCODE = 'RT020',
            MESSAGE = 'a matter is not closed without a reason';
    END IF;
    SELECT * INTO m FROM retention.matter o WHERE o.matter = close_matter.matter
        FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION USING ERRCODE = 'RT010', MESSAGE = 'there is no such matter',
            HINT = '"retentionctl matter list" shows them.';
    END IF;
    IF m.closed_at IS NOT NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'RT011', MESSAGE = 'the matter is closed already';
    END IF;
    SELECT count(*) INTO left_over FROM retention.hold h
        WHERE h.matter = m.matter AND h.released_at IS NULL;
    IF left_over > 0 THEN
        RAISE EXCEPTION USING ERRCODE = 'RT011',
            MESSAGE = format('the matter cannot be closed: %s of its holds %s not released',
                left_over, CASE left_over WHEN 1 THEN 'is' ELSE 'are' END),
            HINT = 'Release them first: "retentionctl matter show" lists them.';
    END IF;
    UPDATE retention.matter o SET closed_at = clock_timestamp(), closed_by = session_user,
            close_reason = btrim(close_matter.reason)
        WHERE o.matter = m.matter;
    PERFORM set_config('synchronous_commit', 'on', true)
        WHERE current_setting('synchronous_commit') IN ('off', 'local');
    PERFORM pg_notify('retention', 'hold');
END
$function$;
REVOKE ALL ON FUNCTION retention.close_matter(text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION retention.close_matter(text, text) TO @prefix@legal;
