-- What a guard says (RT012) that was made for other columns, forms or types than those by which holds
-- find records under the policy in effect (category.hold_bound), or for another table or other types
-- than the ones it stands on: it cannot tell which records are held, so that none may go while there
-- is a hold. Internal; the guard's.
CREATE OR REPLACE FUNCTION retention.guard_outdated(hold uuid, relation_schema text, relation text,
    operation text) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    RAISE EXCEPTION USING ERRCODE = 'RT012',
        MESSAGE = format('legal hold %s may cover records of "%s.%s": %s is refused, because the '
            'guard on it was made for another table, for columns of other types or for another '
            'policy than the one in effect, and cannot tell which records are held',
            hold, relation_schema, relation, operation),
        HINT = 'The table''s owner must run again what "retentionctl setup --sql" prints now; '
            'where a policy still waits for approval, after that. Then repeat the statement.',
        SCHEMA = relation_schema, TABLE = relation;
END
$function$;
REVOKE ALL ON FUNCTION retention.guard_outdated(uuid, text, text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION retention.guard_outdated(uuid, text, text, text) TO @prefix@reader;
