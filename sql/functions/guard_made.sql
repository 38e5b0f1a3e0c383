-- Refuses an index, or statistics, on a table with a guard while a hold of a category is in force that
-- the guard is for, where its expressions use a function, operator, type or operator class that
-- belongs to no superuser. (What PostgreSQL brings along is in no row of pg_depend.) Internal; the
-- event trigger's.
CREATE OR REPLACE FUNCTION retention.guard_made(class oid, object oid, command text) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
#variable_conflict use_column
DECLARE
    guarded record;
BEGIN
    SELECT c.name, h.hold, pg_describe_object(d.refclassid, d.refobjid, 0) AS what INTO guarded
        FROM pg_depend d
            JOIN LATERAL (SELECT p.proowner AS owner FROM pg_proc p
                              WHERE d.refclassid = 'pg_proc'::regclass AND p.oid = d.refobjid
                          UNION ALL SELECT o.oprowner FROM pg_operator o
                              WHERE d.refclassid = 'pg_operator'::regclass AND o.oid = d.refobjid
                          UNION ALL SELECT t.typowner FROM pg_type t
                              WHERE d.refclassid = 'pg_type'::regclass AND t.oid = d.refobjid
                          UNION ALL SELECT o.opcowner FROM pg_opclass o
                              WHERE d.refclassid = 'pg_opclass'::regclass AND o.oid = d.refobjid)
                AS used ON true
            JOIN pg_roles r ON r.oid = used.owner AND NOT r.rolsuper
            JOIN LATERAL (SELECT i.indrelid AS relation FROM pg_index i
                              WHERE guard_made.class = 'pg_class'::regclass
                                AND i.indexrelid = guard_made.object
                          UNION ALL SELECT s.stxrelid FROM pg_statistic_ext s
                              WHERE guard_made.class = 'pg_statistic_ext'::regclass
                                AND s.oid = guard_made.object) AS made ON true
            JOIN pg_trigger g ON g.tgrelid = made.relation
            JOIN retention.category c ON c.guard = 'refuse' AND c.guard_seen
                AND g.tgname = ANY (c.guard_triggers::name[])
            JOIN LATERAL (SELECT s.hold FROM retention.held_scope s
                          WHERE s.category = c.name AND s.held_until > now() LIMIT 1) h ON true
        WHERE d.classid = guard_made.class AND d.objid = guard_made.object
        LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION USING ERRCODE = 'RT012',
            MESSAGE = format('%s is refused: it would have the guard of category "%s" use %s, which '
                'belongs to no superuser, and legal hold %s is in force', guard_made.command,
                guarded.name, guarded.what, guarded.hold),
            HINT = 'Ask legal about the hold by its id. Without the function, or with one that a '
                'superuser owns, it goes through.';
    END IF;
END
$function$;
REVOKE ALL ON FUNCTION retention.guard_made(oid, oid, text) FROM PUBLIC;
