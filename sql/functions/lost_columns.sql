-- Which columns that a part of a hold is found by a category had `before` and has no more, or
-- compares in a narrower form: NULL if none. Facts name the columns of a tenant, of each form of a
-- subject and of the key; where they do not, there is nothing to compare.
--
-- What was equal must stay so. Every text that is equal is equal in any form, and what is equal
-- without case and blanks is one number; but values of other types are equal in ways that no form
-- of their text knows (1.50 and 1.5), and a value that has no such form, or is not with certainty
-- one number, would not be looked for. Internal.
CREATE OR REPLACE FUNCTION retention.lost_columns(p retention.hold_part, before jsonb,
    facts jsonb) RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
SET jit = off
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
    SELECT 'key', k ->> 'column' FROM jsonb_array_elements(facts -> 'key') k),
gone AS (SELECT * FROM needed EXCEPT SELECT * FROM there),
old_form AS (
    SELECT f ->> 'kind' AS kind, n AS name, f ->> 'as' AS normal,
           f ->> 'type' IN ('text', 'character varying', 'character') AS is_text
    FROM jsonb_array_elements(before -> 'subjects') f, jsonb_array_elements_text(f -> 'columns') n),
new_form AS (
    SELECT f ->> 'kind' AS kind, n AS name, f ->> 'as' AS normal
    FROM jsonb_array_elements(facts -> 'subjects') f, jsonb_array_elements_text(f -> 'columns') n),
narrower AS (
    SELECT DISTINCT format('subject of kind "%s"', o.kind) AS what, o.name,
           CASE WHEN o.normal IS NULL THEN 'no "as"'
                ELSE format('as = "%s"', o.normal) END AS form
    FROM old_form o
    WHERE (format('subject of kind "%s"', o.kind), o.name) IN (SELECT * FROM needed)
      AND (format('subject of kind "%s"', o.kind), o.name) IN (SELECT * FROM there)
      AND NOT EXISTS (
          SELECT FROM new_form n
          WHERE (n.kind, n.name) = (o.kind, o.name)
            AND (n.normal IS NOT DISTINCT FROM o.normal
                 OR (o.normal = 'lower' AND n.normal = 'e164'
                     OR o.normal IS NULL AND o.is_text AND n.normal IN ('lower', 'e164'))
                    AND NOT EXISTS (
                        SELECT FROM retention.hold_subject s
                        WHERE (s.hold, s.part, s.kind) = ((p).hold, (p).part, o.kind)
                          AND s.held_until > clock_timestamp()
                          AND retention.canonical_text(s.value, 'text', n.normal) IS NULL))))
SELECT string_agg(format('the %s "%s"%s', what, name, form), ', ' ORDER BY what, name, form)
FROM (SELECT what, name, '' AS form FROM gone
      UNION ALL SELECT what, name, format(' (%s)', form) FROM narrower) lost
WHERE facts IS NOT NULL
$function$;
REVOKE ALL ON FUNCTION retention.lost_columns(retention.hold_part, jsonb, jsonb) FROM PUBLIC;
