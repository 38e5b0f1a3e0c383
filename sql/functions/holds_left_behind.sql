-- Where time alone makes records of one category (`leaves`) those of another one that acts (`takes`),
-- by the texts in effect: the holds in force that cover records of the first and would not keep them
-- as the second's (hold_follows). Of one category's pairs, or one part of a hold, where these are given.
--
-- What is younger than a period leaves its category when it gets old; what is older than one comes to
-- it from the rest. Nothing else moves by time: what got older than a period stays so. Internal.
CREATE OR REPLACE FUNCTION retention.holds_left_behind(category text DEFAULT NULL,
    hold uuid DEFAULT NULL, part int DEFAULT NULL)
RETURNS TABLE (leaves text, takes text, holds uuid[])
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
SET jit = off
AS $function$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    WITH
    c AS MATERIALIZED (
        SELECT k.name, k.approved_mode, k.relation, k AS category, t.text,
               retention.policy_takes_by_time(t.text, 'younger_than') AS loses,
               retention.policy_takes_by_time(t.text, 'older_than') AS gets
        FROM retention.category k
            JOIN retention.policy_text t
                ON t.category = k.name AND t.sha256 = coalesce(k.approved_sha256, k.loaded_sha256)
        WHERE k.state <> 'retired'),
    pair AS MATERIALIZED (
        SELECT k.category AS k, x.category AS x
        FROM c k JOIN c x ON x.name <> k.name AND x.approved_mode = 'enforce' AND (k.loses OR x.gets)
        WHERE CASE
            WHEN holds_left_behind.category NOT IN (k.name, x.name) THEN false
            WHEN NOT k.loses AND NOT retention.policy_takes_rest(k.text, x.text) THEN false
            WHEN retention.policy_tables(k.text) && retention.policy_tables(x.text)
                 OR k.relation = x.relation THEN NOT retention.policies_apart(k.text, x.text)
            ELSE false END)
    SELECT (p.k).name, (p.x).name, l.holds
    FROM pair p CROSS JOIN LATERAL (
        SELECT retention.holds_not_following(p.k, p.x, 'infinity', holds_left_behind.hold,
            holds_left_behind.part) AS holds) l
    WHERE l.holds IS NOT NULL
    ORDER BY 1, 2;
END
$function$;
REVOKE ALL ON FUNCTION retention.holds_left_behind(text, uuid, int) FROM PUBLIC;
