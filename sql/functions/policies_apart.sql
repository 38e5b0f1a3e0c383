-- Is it certain that two normalised policy texts of one table share no record, because both ask for
-- constants of one column that exclude each other? Words of text columns and labels of enums, whole
-- numbers of integer columns, true and false: what else may be equal though written differently.
-- Internal.
CREATE OR REPLACE FUNCTION retention.policies_apart(one text, other text) RETURNS boolean
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    target text;
BEGIN
    SELECT s.value INTO target FROM retention.policy_settings(one) s
        WHERE s.place = 'data' AND s.name = 'table';
    IF target IS NULL OR NOT EXISTS (SELECT FROM retention.policy_settings(other) s
            WHERE s.place = 'data' AND s.name = 'table' AND s.value = target) THEN
        RETURN false;
    END IF;
    RETURN EXISTS (
        WITH setting AS (
            SELECT 1 AS policy, s.* FROM retention.policy_settings(one) s
            UNION ALL
            SELECT 2, s.* FROM retention.policy_settings(other) s),
        condition AS (
            SELECT s.policy, max(s.value) FILTER (WHERE s.name = 'column') AS column_name,
                   max(s.name) FILTER (WHERE s.name IN ('eq', 'in', 'ne', 'not_in')) AS op,
                   max(s.value) FILTER (WHERE s.name IN ('eq', 'in', 'ne', 'not_in')) AS list,
                   coalesce(bool_or(s.name = 'nulls' AND s.value = '"match"'), false) AS nulls
            FROM setting s WHERE s.place ~ '^data\.only\[\d+\]$'
            GROUP BY s.policy, s.place
            HAVING bool_and(s.name IN ('column', 'eq', 'in', 'ne', 'not_in', 'nulls'))),
        literal AS (
            SELECT c.*, ARRAY(SELECT m[1] FROM regexp_matches(c.list,
                       '("(?:[^"\\]|\\.)*"|-?\d+|true|false)', 'g') m) AS words
            FROM condition c WHERE c.op IS NOT NULL),
        kind AS (
            SELECT l.*, CASE WHEN t.typtype = 'e' OR t.oid IN ('text'::regtype, 'varchar'::regtype)
                              AND (a.attcollation = 0 OR (SELECT k.collisdeterministic
                                   FROM pg_collation k WHERE k.oid = a.attcollation)) THEN '^"'
                             WHEN t.oid IN ('int2'::regtype, 'int4'::regtype, 'int8'::regtype)
                             THEN '^(0|-?[1-9]\d*)$'
                             WHEN t.oid = 'bool'::regtype THEN '^(true|false)$' END AS pattern
            FROM literal l
                JOIN pg_attribute a ON a.attrelid = retention.relation_oid(
                        substr(target, 2, length(target) - 2))
                    AND NOT a.attisdropped AND a.attnum > 0
                    AND a.attname = substr(l.column_name, 2, length(l.column_name) - 2)
                JOIN pg_type t ON t.oid = a.atttypid),
        plain AS (
            SELECT k.* FROM kind k
            WHERE NOT EXISTS (SELECT FROM unnest(k.words) w WHERE w !~ k.pattern)
              AND k.pattern IS NOT NULL)
        SELECT FROM plain a JOIN plain b ON b.column_name = a.column_name AND b.policy <> a.policy
        WHERE a.op IN ('eq', 'in') AND NOT a.nulls
          AND (b.op IN ('eq', 'in') AND NOT b.nulls AND NOT a.words && b.words
               OR b.op IN ('ne', 'not_in') AND b.words @> a.words));
END
$function$;
REVOKE ALL ON FUNCTION retention.policies_apart(text, text) FROM PUBLIC;
