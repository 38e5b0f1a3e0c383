-- Does one normalised policy text keep all that another one keeps, so that it may take effect
-- without approval? The database's own answer, which does not rest on whoever loads. True only
-- where every difference is one of these:
--
--   * words (title, basis, because, ...), window and pace;
--   * a longer period of a stage, an agreement, the cap, or of those that bound agreements;
--   * a floor more, or a longer one; one more keep_while, wait_for or condition that must hold;
--   * a lower limit of the brake; observe instead of enforce.
--
-- Anything else may be harmless too, but is not known to be.
CREATE OR REPLACE FUNCTION retention.policy_keeps_more(before text, after text) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
#variable_conflict use_column
DECLARE
    entry constant text := '^(keep_at_least|keep_while|data\.only|stages\[\d+\]\.only)\[\d+\]';
    words constant text[] := '{title,basis,notice,sensitivity,role,window,at,because}';
BEGIN
    IF split_part(before, ':', 1) IS DISTINCT FROM split_part(after, ':', 1)
            OR EXISTS (SELECT FROM retention.policy_settings(before) s WHERE s.name IS NULL)
            OR EXISTS (SELECT FROM retention.policy_settings(after) s WHERE s.name IS NULL) THEN
        RETURN false;
    END IF;
    IF EXISTS (
        SELECT FROM (SELECT * FROM retention.policy_settings(before) s WHERE s.place !~ entry) b
            FULL JOIN (SELECT * FROM retention.policy_settings(after) s WHERE s.place !~ entry) a
                ON b.place = a.place AND b.name = a.name
        WHERE a.value IS DISTINCT FROM b.value
          AND (CASE
            WHEN coalesce(a.name, b.name) = ANY (words)
                THEN coalesce(a.place, b.place) ~ '^(|keep_at_most|agreements\[\d+\])$'
            WHEN coalesce(a.place, b.place) = 'pace' THEN true
            WHEN a.name = 'after'
                THEN a.place ~ '^(stages|agreements)\[\d+\]$'
                     AND retention.period_covers(a.value, b.value)
            WHEN a.name = 'for'
                THEN a.place = 'keep_at_most' AND retention.period_covers(a.value, b.value)
            WHEN a.name IN ('min', 'max', 'settle')
                THEN a.place = 'agreements' AND retention.period_covers(a.value, b.value)
            WHEN a.place = 'brake'
                THEN rtrim(a.value, 'L')::numeric <= rtrim(b.value, 'L')::numeric
            WHEN coalesce(a.name, b.name) = 'mode'
                THEN b.value = '"enforce"' AND coalesce(a.value, '"observe"') = '"observe"'
            WHEN a.name = 'wait_for'
                THEN a.place = 'data' AND a.value::jsonb @> coalesce(b.value, '[]')::jsonb
            END) IS NOT TRUE) THEN
        RETURN false;
    END IF;
    RETURN NOT EXISTS (
        SELECT FROM retention.policy_entries(before) b
        WHERE NOT EXISTS (
            SELECT FROM retention.policy_entries(after) a
            WHERE a.list = b.list AND a.content IS NOT DISTINCT FROM b.content
              AND (a.period IS NOT DISTINCT FROM b.period
                   OR retention.period_covers(a.period, b.period))));
END
$function$;
REVOKE ALL ON FUNCTION retention.policy_keeps_more(text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION retention.policy_keeps_more(text, text) TO @prefix@worker,
    @prefix@operator, @prefix@approver, @prefix@auditor, @prefix@legal;
