-- Which columns that a part of a hold is found by a category had `before` and has no more: NULL if
-- none. Facts name the columns of a tenant, of each form of a subject and of the key; where they do
-- not, there is nothing to compare. Internal.
CREATE OR REPLACE FUNCTION retention.lost_columns(p retention.hold_part, before jsonb,
    facts jsonb) RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $function$
WITH needed AS (
    SELECT 'tenant' AS what, jsonb_array_elements_text(before #> '{tenant,columns}') AS name
    WHERE (p).tenant IS NOT NULL
    UNION
    SELECT format('subject of kind "%s"', f ->> 'kind'), n
    FROM jsonb_array_elements(before -> 'subjects') f, jsonb_array_elements_text(f -> 'columns') n
    WHERE f ->> 'kind' IN (SELECT s.kind FROM retention.hold_subject s
                           WHERE (s.hold, s.part) = ((p).hold, (p).part)
                             AND s.held_until > clock_timestamp())
    UNION
    SELECT 'key', k ->> 'column' FROM jsonb_array_elements(before -> 'key') k
    WHERE (p).keys > 0),
there AS (
    SELECT 'tenant' AS what, jsonb_array_elements_text(facts #> '{tenant,columns}') AS name
    UNION
    SELECT format('subject of kind "%s"', f ->> 'kind'), n
    FROM jsonb_array_elements(facts -> 'subjects') f, jsonb_array_elements_text(f -> 'columns') n
    UNION
    SELECT 'key', k ->> 'column' FROM jsonb_array_elements(facts -> 'key') k)
SELECT string_agg(format('the %s "%s"', what, name), ', ' ORDER BY what, name)
FROM (SELECT * FROM needed EXCEPT SELECT * FROM there) gone
WHERE facts IS NOT NULL
$function$;
REVOKE ALL ON FUNCTION retention.lost_columns(retention.hold_part, jsonb, jsonb) FROM PUBLIC;
