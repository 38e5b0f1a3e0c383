-- What rests on a hold: where a category that acts could take records of another one which other
-- holds in force cover, and these would not keep them there (holds_not_following), each as "category
-- of the records, category that acts, hold". Asked before and after a hold ends, what came to it was
-- kept by that hold alone. Of the categories that the hold reaches. Internal.
CREATE OR REPLACE FUNCTION retention.holds_resting_on(hold uuid)
RETURNS TABLE (leaves text, takes text, other uuid)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
SET jit = off
AS $function$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    WITH
    c AS MATERIALIZED (
        SELECT k.name, k.approved_mode, k.relation, k AS category, t.text
        FROM retention.category k
            JOIN retention.policy_text t
                ON t.category = k.name AND t.sha256 = coalesce(k.approved_sha256, k.loaded_sha256)
        WHERE k.state <> 'retired'),
    pair AS MATERIALIZED (
        SELECT k.category AS k, x.category AS x
        FROM c x JOIN c k ON k.name <> x.name
        WHERE x.approved_mode = 'enforce'
          AND EXISTS (SELECT FROM retention.held_scope s
                      WHERE s.hold = holds_resting_on.hold AND s.category = x.name)
          AND EXISTS (SELECT FROM retention.held_scope s
                      WHERE s.hold <> holds_resting_on.hold AND s.category = k.name
                        AND s.held_until > clock_timestamp())
          AND CASE
              WHEN retention.policy_tables(k.text) && retention.policy_tables(x.text)
                   OR k.relation = x.relation
              THEN NOT retention.policies_apart(k.text, x.text)
                   -- what a rest gets, it gets by time: holds_left_behind
                   AND NOT retention.policy_takes_rest(k.text, x.text)
                   AND NOT retention.policy_takes_rest(x.text, k.text)
              ELSE false END)
    SELECT (p.k).name, (p.x).name, h
    FROM pair p CROSS JOIN LATERAL unnest(retention.holds_not_following(p.k, p.x)) h
    WHERE h <> holds_resting_on.hold;
END
$function$;
REVOKE ALL ON FUNCTION retention.holds_resting_on(uuid) FROM PUBLIC;
