-- The last step of migrate: functions of the schema that this transaction did not make anew have no
-- file any more. A function that somebody else's object relies on makes this fail.
DO $stale$
DECLARE
    stale record;
BEGIN
    FOR stale IN
        SELECT p.oid::pg_catalog.regprocedure AS signature
        FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
        WHERE n.nspname = 'retention' AND p.xmin <> pg_catalog.pg_current_xact_id()::pg_catalog.xid
    LOOP
        EXECUTE 'DROP ROUTINE ' || stale.signature;
    END LOOP;
END
$stale$;
