-- Whether this database is the one that schema retention is bound to. A copy of it is not: neither
-- in another cluster, nor one made in the same cluster from it as a template.
CREATE OR REPLACE FUNCTION retention.is_bound() RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    RETURN EXISTS (SELECT FROM retention.install i
        WHERE i.system_identifier = (SELECT s.system_identifier::text FROM pg_control_system() s)
          AND i.database_oid = (SELECT d.oid FROM pg_database d
              WHERE d.datname = current_database()));
END
$function$;
REVOKE ALL ON FUNCTION retention.is_bound() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION retention.is_bound() TO @prefix@worker, @prefix@operator, @prefix@auditor,
    @prefix@approver, @prefix@legal;
