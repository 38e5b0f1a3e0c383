-- Makes held_scope and hold_gap say what the parts of some holds cover in some categories (NULL: of
-- all that are in force; in all): rows that are missing are added, rows that nothing explains any
-- more end now, and where a grace began the end changes. What is right already is left alone.
--
-- What they should say is hold_parts_wanted's answer. Internal.
CREATE OR REPLACE FUNCTION retention.apply_hold_parts(categories text[], holds uuid[])
RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
SET jit = off
SET enable_nestloop = off
AS $function$
#variable_conflict use_column
DECLARE
    at constant timestamptz := clock_timestamp();
BEGIN
    WITH
    w AS MATERIALIZED (
        SELECT * FROM retention.hold_parts_wanted(apply_hold_parts.categories,
            apply_hold_parts.holds, at)),
    c AS MATERIALIZED (
        SELECT k.name FROM retention.category k
        WHERE k.state <> 'retired'
          AND (apply_hold_parts.categories IS NULL OR k.name = ANY (apply_hold_parts.categories))),
    p AS MATERIALIZED (
        SELECT h.hold
        FROM retention.hold h
        WHERE (apply_hold_parts.holds IS NULL OR h.hold = ANY (apply_hold_parts.holds))
          AND h.held_until > at
          AND EXISTS (SELECT FROM retention.hold_part o
                      WHERE o.hold = h.hold AND o.held_until > at)),
    standing AS MATERIALIZED (
        SELECT h.ctid AS place, h.*
        FROM retention.held_scope h
        WHERE h.held_until > at AND h.category IN (SELECT c.name FROM c)
          AND h.hold IN (SELECT p.hold FROM p)),
    -- no value of these is empty, so NULLs can be hashed as empty ones
    both_sides AS MATERIALIZED (
        SELECT s.place, w.*
        FROM standing s FULL JOIN (SELECT * FROM w WHERE w.shape IS NOT NULL) w
            ON s.category = w.category AND s.shape = w.shape AND s.hold = w.hold AND s.part = w.part
               AND s.starts_from = w.starts_from AND s.starts_to = w.starts_to
               AND s.with_subjects = w.with_subjects
               AND coalesce(s.tenant, '') = coalesce(w.tenant, '')
               AND coalesce(s.form, '') = coalesce(w.form, '')
               AND coalesce(s.value, '') = coalesce(w.value, '')
               AND coalesce(s.key, '{}') = coalesce(w.key, '{}')
        WHERE s.held_until IS DISTINCT FROM w.held_until),
    changed AS (
        UPDATE retention.held_scope h SET held_until = coalesce(b.held_until, at)
        FROM both_sides b WHERE h.ctid = b.place),
    added AS (
        INSERT INTO retention.held_scope (category, shape, hold, part, tenant, form, value, key,
                starts_from, starts_to, with_subjects, held_until)
            SELECT b.category, b.shape, b.hold, b.part, b.tenant, b.form, b.value, b.key,
                   b.starts_from, b.starts_to, b.with_subjects, b.held_until
            FROM both_sides b WHERE b.place IS NULL
            ORDER BY b.category, b.shape, b.form, b.value), -- as the index has them
    closed AS (
        DELETE FROM retention.hold_gap g USING w
        WHERE (g.hold, g.part, g.category) = (w.hold, w.part, w.category)
          AND w.shape IS NULL AND w.why_not IS NULL)
    INSERT INTO retention.hold_gap AS g (hold, part, category, why)
        SELECT w.hold, w.part, w.category, w.why_not FROM w
        WHERE w.shape IS NULL AND w.why_not IS NOT NULL
        ON CONFLICT ON CONSTRAINT hold_gap_pkey DO UPDATE SET why = excluded.why
            WHERE g.why <> excluded.why;
END
$function$;
REVOKE ALL ON FUNCTION retention.apply_hold_parts(text[], uuid[]) FROM PUBLIC;
