-- How holds find the records of a category, for who approves it: a line for each kind of subject,
-- the tenant, the starting point and the key. Two facts that differ in what they bind differ here.
CREATE OR REPLACE FUNCTION retention.hold_facts_text(facts jsonb) RETURNS text
LANGUAGE plpgsql IMMUTABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    bound constant jsonb := retention.hold_facts_bound(facts);
    none constant text := 'none';
    lines text;
BEGIN
    IF bound IS NULL THEN
        RETURN E'not known: what could reach the category holds all of it\n';
    ELSIF bound ? 'declared' THEN
        RETURN E'its data is outside of this database\n';
    END IF;
    SELECT string_agg(format('subject "%s", compared %s, of type %s, in %s',
                             f ->> 'kind', CASE WHEN f ->> 'as' IS NULL THEN 'as it is'
                                           ELSE 'as ' || (f ->> 'as') END, f ->> 'type',
                             coalesce((SELECT string_agg(c, ', ') FROM jsonb_array_elements_text(
                                 CASE jsonb_typeof(f -> 'columns') WHEN 'array' THEN f -> 'columns'
                                      ELSE '[]' END) c), 'columns that are not named')) || E'\n',
                      '' ORDER BY f ->> 'kind', f ->> 'form')
        INTO lines
        FROM jsonb_array_elements(CASE jsonb_typeof(bound -> 'subjects') WHEN 'array'
                                       THEN bound -> 'subjects' ELSE '[]' END) f;
    RETURN coalesce(lines, E'subject: none\n')
        || format(E'tenant: %s\n', CASE WHEN bound ? 'tenant' THEN format('of type %s, in %s',
                bound #>> '{tenant,type}', bound #>> '{tenant,columns,0}') ELSE none END)
        || format(E'starting point: %s\n', CASE coalesce(bound ->> 'start', 'false')
                WHEN 'false' THEN none ELSE 'as the policy says' END)
        || format(E'key: %s\n', coalesce((SELECT string_agg(format('%s (%s)', k ->> 'column',
                k ->> 'type'), ', ') FROM jsonb_array_elements(
                CASE jsonb_typeof(bound -> 'key') WHEN 'array' THEN bound -> 'key' ELSE '[]' END) k),
            none));
END
$function$;
REVOKE ALL ON FUNCTION retention.hold_facts_text(jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION retention.hold_facts_text(jsonb) TO @prefix@worker, @prefix@operator,
    @prefix@approver, @prefix@auditor, @prefix@legal;
