-- A guard that only observes let something through. Internal; the guard's.
CREATE OR REPLACE FUNCTION retention.guard_observe(category text, relation_schema text,
    relation text, operation text, rows bigint) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    INSERT INTO retention.guard_observed (category, relation, operation, role, rows)
        VALUES (guard_observe.category, concat(relation_schema, '.', guard_observe.relation),
            guard_observe.operation, session_user, guard_observe.rows);
END
$function$;
REVOKE ALL ON FUNCTION retention.guard_observe(text, text, text, text, bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION retention.guard_observe(text, text, text, text, bigint)
    TO @prefix@reader;
