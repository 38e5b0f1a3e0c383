-- Adds the records that a batch de-identifies to the groups that share their quasi-identifiers;
-- called by the very statement that changes them, with what they were before. Returns how many
-- records it counted: the worker compares that with the rows that were changed.
--
-- What is comparable: records that one run de-identifies, its cohort, which their mark names. Their
-- subjects are known until then and not afterwards, so nothing can be said of records of two runs
-- together. Invariants, kept by keep_groups, count_groups, settle_groups and the batches:
--
--   * a record that has passed the stage keeps quasi-identifiers only if kept_group names its group,
--     by cohort and values; else the stage is due for it again, and they become NULL;
--   * when a run of the stage is done, each group in kept_group was shared by at least k distinct
--     subjects among the records de-identified in its cohort, exactly counted, over all its batches.
--     Records that were held, locked or refused while the run went on are not among them: if too
--     few are left, the group is taken out, and its records lose their quasi-identifiers in the
--     same run. A run that did not get so far is settled by the next one;
--   * so the records of all runs together that share quasi-identifiers count at least k subjects:
--     they are a union of such groups. What is deleted later makes groups smaller; that is not
--     looked at again;
--   * who was counted is known as HMACs under a random key of the cohort, at most k for a group and
--     batch, until the run is settled; then keys and digests are destroyed.
CREATE OR REPLACE FUNCTION retention.count_groups(category text, stage text, k bigint,
    parts retention.group_part[]) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET jit = off
AS $function$
#variable_conflict use_column
DECLARE
    counted bigint;
BEGIN
    INSERT INTO retention.group_open (category, stage, cohort, digest, kept, nullified, digests)
        SELECT count_groups.category, count_groups.stage, p.cohort, p.digest,
               CASE WHEN p.kept THEN p.rows ELSE 0 END, CASE WHEN p.kept THEN 0 ELSE p.rows END,
               CASE WHEN p.kept AND c.inner_pad IS NOT NULL THEN ARRAY(
                   SELECT substr(sha256(c.outer_pad
                                        || sha256(c.inner_pad || convert_to(s.subject, 'UTF8'))),
                                 1, 16)
                   FROM unnest(p.subjects[1:count_groups.k]) s (subject))
                   ELSE '{}' END
        FROM unnest(parts) p
            LEFT JOIN retention.group_cohort c
                ON c.category = count_groups.category AND c.stage = count_groups.stage
                AND c.cohort = p.cohort
        WHERE p.digest IS NOT NULL;
    SELECT coalesce(sum(p.rows), 0)::bigint INTO counted FROM unnest(parts) p;
    RETURN counted;
END
$function$;
REVOKE ALL ON FUNCTION retention.count_groups(text, text, bigint, retention.group_part[])
    FROM PUBLIC;
GRANT EXECUTE ON FUNCTION retention.count_groups(text, text, bigint, retention.group_part[])
    TO @prefix@worker;
