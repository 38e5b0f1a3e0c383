-- The last step of migrate: functions that mark_functions.sql marked and no file made anew. One
-- that somebody else's object relies on makes this fail.
DO $stale$
DECLARE
    stale record;
BEGIN
    FOR stale IN
        SELECT p.oid::pg_catalog.regprocedure AS signature
        FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
        WHERE n.nspname = 'retention' AND 'application_name=stale' = ANY (p.proconfig)
    LOOP
        EXECUTE pg_catalog.format('DROP ROUTINE %s', stale.signature);
    END LOOP;
END
$stale$;
