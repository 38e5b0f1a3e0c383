-- Before migrate makes the functions anew: a right that their files grant no more must not stay,
-- nor a function without a file. A setting (any would do) marks each; CREATE OR REPLACE takes it
-- away again, and drop_stale_functions.sql drops what still has it.
DO $mark$
DECLARE
    made record;
BEGIN
    FOR made IN
        SELECT p.oid::pg_catalog.regprocedure AS signature
        FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
        WHERE n.nspname = 'retention' AND p.proowner = n.nspowner
    LOOP
        EXECUTE pg_catalog.format('ALTER ROUTINE %s SET application_name = stale', made.signature);
        EXECUTE pg_catalog.format('REVOKE ALL ON ROUTINE %s FROM PUBLIC, %I, %I, %I, %I, %I',
            made.signature, '@prefix@worker', '@prefix@legal', '@prefix@operator',
            '@prefix@approver', '@prefix@auditor');
    END LOOP;
END
$mark$;
