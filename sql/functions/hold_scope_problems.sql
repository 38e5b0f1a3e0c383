-- Where what batches read of holds (held_scope) is not what the holds say: for each category of
-- `categories` (NULL: all), in words; none if all is well. Somebody changed the table by hand, or it
-- is damaged. Counts alone, so that everybody may ask.
CREATE OR REPLACE FUNCTION retention.hold_scope_problems(categories text[] DEFAULT NULL)
RETURNS TABLE (category text, problem text)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET jit = off
SET enable_nestloop = off
AS $function$
#variable_conflict use_column
DECLARE
    at constant timestamptz := statement_timestamp();
    wrong text[];
BEGIN
    -- Most often all is well, which sums of hashes tell faster than a comparison of rows.
    WITH
    wanted AS (
        SELECT w.category, count(*) AS rows, sum(hash_record_extended(ROW(w.shape, w.hold, w.part,
                   w.tenant, w.form, w.value, w.key, w.starts_from, w.starts_to, w.with_subjects,
                   w.held_until), 0)) AS hash
        FROM retention.hold_parts_wanted(hold_scope_problems.categories, NULL, at) w
        WHERE w.shape IS NOT NULL AND w.held_until > at GROUP BY w.category),
    standing AS (
        SELECT s.category, count(*) AS rows, sum(hash_record_extended(ROW(s.shape, s.hold, s.part,
                   s.tenant, s.form, s.value, s.key, s.starts_from, s.starts_to, s.with_subjects,
                   s.held_until), 0)) AS hash
        FROM retention.held_scope s
        WHERE s.held_until > at
          AND s.hold IN (SELECT h.hold FROM retention.hold h WHERE h.held_until > at)
          AND s.category IN (SELECT c.name FROM retention.category c
                             WHERE c.state <> 'retired'
                               AND (hold_scope_problems.categories IS NULL
                                    OR c.name = ANY (hold_scope_problems.categories)))
        GROUP BY s.category)
    SELECT array_agg(coalesce(w.category, s.category)) INTO wrong
        FROM standing s FULL JOIN wanted w ON w.category = s.category
        WHERE (s.rows, s.hash) IS DISTINCT FROM (w.rows, w.hash);
    IF wrong IS NULL THEN
        RETURN;
    END IF;
    RETURN QUERY
    WITH
    wanted AS MATERIALIZED (
        SELECT w.* FROM retention.hold_parts_wanted(wrong, NULL, at) w
        WHERE w.shape IS NOT NULL AND w.held_until > at),
    standing AS MATERIALIZED (
        SELECT s.* FROM retention.held_scope s
        WHERE s.held_until > at
          AND s.hold IN (SELECT h.hold FROM retention.hold h WHERE h.held_until > at)
          AND s.category = ANY (wrong)),
    -- As apply_hold_parts compares them. A range of time that changed shows as one missing and one
    -- that nothing explains.
    compared AS (
        SELECT coalesce(w.category, s.category) AS category,
               CASE WHEN s.category IS NULL THEN 'missing'
                    WHEN w.category IS NULL THEN 'stray'
                    WHEN s.held_until < w.held_until THEN 'early'
                    WHEN s.held_until > w.held_until THEN 'late' END AS what
        FROM standing s FULL JOIN wanted w
            ON s.category = w.category AND s.shape = w.shape AND s.hold = w.hold AND s.part = w.part
               AND s.starts_from = w.starts_from AND s.starts_to = w.starts_to
               AND s.with_subjects = w.with_subjects
               AND coalesce(s.tenant, '') = coalesce(w.tenant, '')
               AND coalesce(s.form, '') = coalesce(w.form, '')
               AND coalesce(s.value, '') = coalesce(w.value, '')
               AND coalesce(s.key, '{}') = coalesce(w.key, '{}'))
    SELECT c.category, concat_ws(', ',
               nullif(count(*) FILTER (WHERE c.what = 'missing'), 0) || ' scopes of holds are missing',
               nullif(count(*) FILTER (WHERE c.what = 'early'), 0) || ' end too early',
               nullif(count(*) FILTER (WHERE c.what = 'stray'), 0) || ' belong to no hold in force',
               nullif(count(*) FILTER (WHERE c.what = 'late'), 0) || ' end too late')
    FROM compared c WHERE c.what IS NOT NULL
    GROUP BY c.category ORDER BY c.category;
END
$function$;
REVOKE ALL ON FUNCTION retention.hold_scope_problems(text[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION retention.hold_scope_problems(text[]) TO @prefix@worker,
    @prefix@operator, @prefix@approver, @prefix@auditor, @prefix@legal;
