-- At the beginning of a run: the groups that count at least k persons among the records that are due
-- and free now. Batches let their records keep their quasi-identifiers; settle_groups looks at the
-- end whether so many came. Asked again after a lost COMMIT it does nothing. See count_groups.
CREATE OR REPLACE FUNCTION retention.keep_groups(term bigint, run uuid, category text, stage text,
    cohort timestamptz, k bigint, digests bytea[]) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
#variable_conflict use_column
BEGIN
    PERFORM retention.require_term(keep_groups.term);
    IF NOT EXISTS (SELECT FROM retention.run r
                   WHERE r.run = keep_groups.run AND r.category = keep_groups.category
                     AND r.stage = keep_groups.stage AND r.run_time = keep_groups.cohort
                     AND r.status = 'running') THEN
        RAISE EXCEPTION USING ERRCODE = 'RT003',
            MESSAGE = format('the run of category "%s" has ended', keep_groups.category);
    END IF;
    IF keep_groups.k IS NULL OR keep_groups.k < 5 THEN
        RAISE EXCEPTION USING ERRCODE = 'RT011',
            MESSAGE = format('k is %s, and must be at least 5', keep_groups.k);
    END IF;
    -- Groups that were counted and settled stand for the records of their own run alone.
    IF EXISTS (SELECT FROM retention.kept_group g
               WHERE g.category = keep_groups.category AND g.stage = keep_groups.stage
                 AND g.cohort = keep_groups.cohort)
       AND NOT EXISTS (SELECT FROM retention.group_cohort c
                       WHERE c.category = keep_groups.category AND c.stage = keep_groups.stage
                         AND c.cohort = keep_groups.cohort) THEN
        RAISE EXCEPTION USING ERRCODE = 'RT011',
            MESSAGE = format('an earlier run of stage "%s" of category "%s" has the time %s too',
                             keep_groups.stage, keep_groups.category, keep_groups.cohort),
            HINT = 'The clock of the server was set back. The next run will have another time.';
    END IF;
    INSERT INTO retention.group_cohort (category, stage, cohort, inner_pad, outer_pad)
        SELECT keep_groups.category, keep_groups.stage, keep_groups.cohort, p.inner_pad, p.outer_pad
        FROM retention.hmac_pads() p
        ON CONFLICT DO NOTHING;
    INSERT INTO retention.kept_group (category, stage, cohort, digest, k)
        SELECT keep_groups.category, keep_groups.stage, keep_groups.cohort, d.digest, keep_groups.k
        FROM unnest(digests) d (digest)
        ON CONFLICT DO NOTHING;
    RETURN coalesce(cardinality(digests), 0);
END
$function$;
REVOKE ALL ON FUNCTION retention.keep_groups(bigint, uuid, text, text, timestamptz, bigint, bytea[])
    FROM PUBLIC;
GRANT EXECUTE ON FUNCTION retention.keep_groups(bigint, uuid, text, text, timestamptz, bigint,
    bytea[]) TO @prefix@worker;
