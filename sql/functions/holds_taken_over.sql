-- Where another category acts on records that a part of a hold covers as those of a category whose
-- file no longer says so: the file is gone, what it says now leaves out records and waits for
-- approval, or it was not valid when the other one was approved. Nothing compares the files of such
-- two, so that the other one may take all of it, as one does that was renamed before the hold was
-- placed. `leaves`, `takes`: these two; none where the hold or another one keeps the records from the
-- second, too (hold_follows). Internal.
--
-- A category that stays as its file says may share rows with others that do not delete: that is
-- not asked here. Nor is what acts no more, as its own file is gone.
CREATE OR REPLACE FUNCTION retention.holds_taken_over(hold uuid, part int)
RETURNS TABLE (leaves text, takes text)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
SET jit = off
AS $function$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    WITH
    c AS MATERIALIZED (
        SELECT k.name, k.state, k.invalid_since, k.approved_at, k.approved_mode, k.relation,
               k AS category, t.text, l.text AS loaded
        FROM retention.category k
            JOIN retention.policy_text t
                ON t.category = k.name AND t.sha256 = coalesce(k.approved_sha256, k.loaded_sha256)
            JOIN retention.policy_text l ON l.category = k.name AND l.sha256 = k.loaded_sha256
        WHERE k.state <> 'retired'),
    pair AS MATERIALIZED (
        SELECT k.category AS k, x.category AS x
        FROM c k JOIN c x ON x.name <> k.name AND x.state <> 'red' AND x.approved_mode = 'enforce'
        WHERE CASE
            WHEN k.state = 'red' THEN true
            WHEN k.state = 'suspended' AND retention.policy_takes_more(k.loaded, k.text) THEN true
            ELSE coalesce(x.approved_at > k.invalid_since, false) END
          AND EXISTS (SELECT FROM retention.held_scope s
                      WHERE (s.hold, s.part) = (holds_taken_over.hold, holds_taken_over.part)
                        AND s.category = k.name)
          AND CASE
            WHEN retention.policy_tables(k.text) && retention.policy_tables(x.text)
                 OR k.relation = x.relation
            THEN NOT retention.policies_apart(k.text, x.text)
                 -- what a rest leaves to others was approved with it; these may take more since
                 AND NOT (retention.policy_takes_rest(k.text, x.text)
                          AND x.approved_at <= k.approved_at)
            ELSE false END)
    SELECT (p.k).name, (p.x).name
    FROM pair p
    WHERE retention.holds_not_following(p.k, p.x, 'infinity', holds_taken_over.hold,
                                        holds_taken_over.part) IS NOT NULL
    ORDER BY 1, 2;
END
$function$;
REVOKE ALL ON FUNCTION retention.holds_taken_over(uuid, int) FROM PUBLIC;
