-- A record that a part of a hold covers as one of category k: would it stay covered if it became
-- one of category x? Only where that part, or another one in force for as long, reaches x, covers
-- all that p covers, and x has every column that records of k are found by; or where one covers all
-- of x. Internal.
CREATE OR REPLACE FUNCTION retention.hold_follows(p retention.hold_part, k retention.category,
    x retention.category) RETURNS boolean
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $function$
#variable_conflict use_column
DECLARE
    facts_k constant jsonb := retention.hold_facts(k);
    facts_x constant jsonb := retention.hold_facts(x);
    same_start constant boolean := retention.start_settings(retention.text_in_effect(k))
        IS NOT DISTINCT FROM retention.start_settings(retention.text_in_effect(x));
    found_alike constant boolean := retention.lost_columns(p, facts_k, facts_x) IS NULL;
BEGIN
    RETURN EXISTS (
        SELECT FROM retention.hold h JOIN retention.hold_part q USING (hold)
        WHERE (h.category IS NULL OR h.category = x.name)
          AND h.held_until >= p.held_until AND q.held_until >= p.held_until
          AND (found_alike
               OR q.tenant IS NULL AND q.starts_from IS NULL AND q.starts_to IS NULL
                  AND q.subjects = 0 AND q.keys = 0)
          AND NOT EXISTS (
              SELECT FROM retention.hold_gap g
              WHERE (g.hold, g.part, g.category) = (q.hold, q.part, x.name)
                AND NOT EXISTS (SELECT FROM retention.hold_gap o
                                WHERE (o.hold, o.part, o.category, o.why)
                                    = (p.hold, p.part, k.name, g.why)))
          AND (q.tenant IS NULL OR q.tenant = p.tenant)
          AND (q.starts_from IS NULL AND q.starts_to IS NULL
               OR same_start AND coalesce(q.starts_from <= p.starts_from, q.starts_from IS NULL)
                  AND coalesce(q.starts_to >= p.starts_to, q.starts_to IS NULL))
          AND (q.subjects = 0
               OR p.subjects > 0 AND NOT EXISTS (
                   SELECT FROM retention.hold_subject s
                   WHERE (s.hold, s.part) = (p.hold, p.part) AND s.held_until > clock_timestamp()
                     AND NOT EXISTS (
                         SELECT FROM retention.hold_subject o
                         WHERE (o.hold, o.part, o.kind, o.value) = (q.hold, q.part, s.kind, s.value)
                           AND o.held_until >= s.held_until)))
          AND (q.keys = 0
               OR p.keys > 0 AND facts_k -> 'key' = facts_x -> 'key' AND NOT EXISTS (
                   SELECT FROM retention.hold_key s
                   WHERE (s.hold, s.part) = (p.hold, p.part) AND s.held_until > clock_timestamp()
                     AND NOT EXISTS (
                         SELECT FROM retention.hold_key o
                         WHERE (o.hold, o.part, o.key) = (q.hold, q.part, s.key)
                           AND o.held_until >= s.held_until))));
END
$function$;
REVOKE ALL ON FUNCTION retention.hold_follows(retention.hold_part, retention.category,
    retention.category) FROM PUBLIC;
