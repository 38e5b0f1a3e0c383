-- What runs statements as @prefix@reader for others must do so: RT011 where the function is another
-- role's, or runs with the rights of who calls it, which whoever can act as the reader could have
-- made it do. Internal.
CREATE OR REPLACE FUNCTION retention.require_reader_rights(function regprocedure) RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_proc p JOIN pg_roles r ON r.oid = p.proowner
                   WHERE p.oid = require_reader_rights.function AND p.prosecdef
                     AND r.rolname = '@prefix@reader') THEN
        RAISE EXCEPTION USING ERRCODE = 'RT011',
            MESSAGE = format('function %s does not run as "%s"', require_reader_rights.function,
                '@prefix@reader'),
            HINT = 'Run "retentionctl migrate": it puts the function back.';
    END IF;
END
$function$;
REVOKE ALL ON FUNCTION retention.require_reader_rights(regprocedure) FROM PUBLIC;
