-- What a hold covers now: for each category whether it applies there, why not or not wholly, and
-- the number of records, counted now.
CREATE OR REPLACE FUNCTION retention.hold_coverage(hold uuid)
RETURNS SETOF retention.hold_reach
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
#variable_conflict use_column
BEGIN
    IF NOT EXISTS (SELECT FROM retention.hold h WHERE h.hold = hold_coverage.hold) THEN
        RAISE EXCEPTION USING ERRCODE = 'RT010',
            MESSAGE = format('there is no hold %s', coalesce(hold_coverage.hold::text, '(null)')),
            HINT = '"retentionctl hold list" shows them.';
    END IF;
    RETURN QUERY SELECT r.category, r.applies, r.why, r.rows
        FROM retention.hold_reach(hold_coverage.hold) r;
END
$function$;
REVOKE ALL ON FUNCTION retention.hold_coverage(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION retention.hold_coverage(uuid) TO @prefix@legal, @prefix@auditor;
