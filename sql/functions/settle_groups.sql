-- At the end of a run: groups that fewer than k subjects came to are not kept any more, and their
-- records are due again; then who was counted is forgotten, and an entry tells how many groups were
-- kept, how many were too small, and how many records lost their quasi-identifiers. Runs that ended
-- before they came here are settled with this one. Returns how many records are due again; without
-- anything to settle, nothing is written. See count_groups.
CREATE OR REPLACE FUNCTION retention.settle_groups(term bigint, run uuid, category text, stage text,
    k bigint, OUT again bigint, OUT nullified bigint)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET jit = off
AS $function$
#variable_conflict use_column
DECLARE
    small bigint;
    lost bigint;
BEGIN
    PERFORM retention.require_term(settle_groups.term);
    PERFORM retention.require_read_committed();
    LOCK TABLE retention.group_open IN SHARE ROW EXCLUSIVE MODE;
    again := 0;
    nullified := 0;
    WITH sizes AS MATERIALIZED (
        SELECT o.cohort, o.digest, sum(o.kept) AS rows,
               (SELECT count(DISTINCT d) FROM retention.group_open p, unnest(p.digests) d
                WHERE p.category = o.category AND p.stage = o.stage AND p.cohort = o.cohort
                  AND p.digest = o.digest) AS subjects
        FROM retention.group_open o
        WHERE o.category = settle_groups.category AND o.stage = settle_groups.stage
        GROUP BY o.category, o.stage, o.cohort, o.digest
    ), gone AS (
        DELETE FROM retention.kept_group g
        USING retention.group_cohort c
        WHERE c.category = settle_groups.category AND c.stage = settle_groups.stage
          AND g.category = c.category AND g.stage = c.stage AND g.cohort = c.cohort
          AND coalesce((SELECT s.subjects FROM sizes s
                        WHERE s.cohort = g.cohort AND s.digest = g.digest), 0) < g.k
        RETURNING g.cohort, g.digest)
    SELECT coalesce(sum(s.rows), 0) INTO again
        FROM gone g JOIN sizes s ON s.cohort = g.cohort AND s.digest = g.digest;
    SELECT count(DISTINCT (o.cohort, o.digest)) FILTER (WHERE o.nullified > 0),
           coalesce(sum(o.nullified), 0)
        INTO small, lost
        FROM retention.group_open o
        WHERE o.category = settle_groups.category AND o.stage = settle_groups.stage;
    IF EXISTS (SELECT FROM retention.group_open o WHERE o.category = settle_groups.category
               AND o.stage = settle_groups.stage) THEN
        nullified := lost;
        PERFORM retention.write_entry('groups', settle_groups.run, settle_groups.category,
            jsonb_build_object('run', settle_groups.run, 'category', settle_groups.category,
                'stage', settle_groups.stage, 'k', settle_groups.k,
                'kept', (SELECT count(*) FROM retention.kept_group g
                         JOIN retention.group_cohort c ON c.category = g.category
                             AND c.stage = g.stage AND c.cohort = g.cohort
                         WHERE g.category = settle_groups.category
                           AND g.stage = settle_groups.stage),
                'small', small, 'nullified', lost));
    END IF;
    DELETE FROM retention.group_open o
        WHERE o.category = settle_groups.category AND o.stage = settle_groups.stage;
    DELETE FROM retention.group_cohort c
        WHERE c.category = settle_groups.category AND c.stage = settle_groups.stage;
END
$function$;
REVOKE ALL ON FUNCTION retention.settle_groups(bigint, uuid, text, text, bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION retention.settle_groups(bigint, uuid, text, text, bigint)
    TO @prefix@worker;
