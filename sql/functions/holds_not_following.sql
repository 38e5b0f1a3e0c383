-- The holds in force that cover records of category k as it was until `until`, by parts placed before
-- that, and would not keep them if category x took them (hold_follows). NULL: none. `hold`, `part`:
-- of this part alone. Internal.
CREATE OR REPLACE FUNCTION retention.holds_not_following(k retention.category, x retention.category,
    until timestamptz DEFAULT 'infinity', hold uuid DEFAULT NULL, part int DEFAULT NULL)
RETURNS uuid[]
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $function$
SELECT array_agg(DISTINCT h.hold)
FROM retention.hold h JOIN retention.hold_part p USING (hold)
WHERE (h.category = (k).name OR h.category IS NULL)
  AND least(h.held_until, p.held_until) > clock_timestamp() AND p.placed_at < until
  AND (holds_not_following.hold IS NULL
       OR (p.hold, p.part) = (holds_not_following.hold, holds_not_following.part))
  AND EXISTS (SELECT FROM retention.held_scope s
              WHERE (s.hold, s.part) = (p.hold, p.part) AND s.category = (k).name
                AND s.held_until > clock_timestamp())
  AND NOT retention.hold_follows(p, k, x)
$function$;
REVOKE ALL ON FUNCTION retention.holds_not_following(retention.category, retention.category,
    timestamptz, uuid, int) FROM PUBLIC;
