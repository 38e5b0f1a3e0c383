-- What a guard says (RT012). The hold's id and the names of tables: nothing that a confidential
-- matter may not show. Internal; the guard's.
CREATE OR REPLACE FUNCTION retention.guard_refuse(hold uuid, relation_schema text, relation text,
    operation text) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    RAISE EXCEPTION USING ERRCODE = 'RT012',
        MESSAGE = CASE operation
            WHEN 'TRUNCATE' THEN format('legal hold %s may cover records of "%s.%s": TRUNCATE is '
                'refused', hold, relation_schema, relation)
            WHEN 'UPDATE' THEN format('legal hold %s covers a record of "%s.%s": UPDATE of what '
                'decides about holds is refused', hold, relation_schema, relation)
            WHEN 'INSERT' THEN format('legal hold %s covers a record that would read the new row '
                'of "%s.%s": INSERT is refused', hold, relation_schema, relation)
            ELSE format('legal hold %s covers a record of "%s.%s": %s is refused', hold,
                relation_schema, relation, operation) END,
        HINT = CASE operation
            WHEN 'TRUNCATE' THEN 'Use DELETE for records that are not held, or ask legal about '
                'the hold by its id.'
            WHEN 'INSERT' THEN 'The new row could take that record out of the hold, by its '
                'starting point or its category. Ask legal about the hold by its id.'
            ELSE 'Leave that record as it is, or ask legal about the hold by its id.' END,
        SCHEMA = relation_schema, TABLE = relation;
END
$function$;
REVOKE ALL ON FUNCTION retention.guard_refuse(uuid, text, text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION retention.guard_refuse(uuid, text, text, text) TO @prefix@reader;
