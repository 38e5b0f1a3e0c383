-- After a part was applied: what it was placed for and does not reach, a line each; none if all is
-- well. A category that the hold names, and every category that deletes, must be reached in full or
-- be listed in `accepted`; in others a gap is only written down. `nothing`: no record is in reach,
-- and not every category is listed. Internal.
CREATE OR REPLACE FUNCTION retention.hold_misses(hold uuid, part int, accepted text[],
    OUT misses text[], OUT nothing boolean)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $function$
#variable_conflict use_column
BEGIN
    SELECT coalesce(array_agg(format('category "%s" cannot be reached: %s', g.category, g.why)
                              ORDER BY g.category), '{}') INTO misses
        FROM retention.hold_gap g JOIN retention.hold h USING (hold)
            JOIN retention.category c ON c.name = g.category
        WHERE (g.hold, g.part) = (hold_misses.hold, hold_misses.part)
          AND (c.name = h.category OR 'enforce' IN (c.mode, c.approved_mode))
          AND g.category <> ALL (hold_misses.accepted);
    SELECT (p.tenant IS NOT NULL OR p.starts_from IS NOT NULL OR p.starts_to IS NOT NULL
            OR p.subjects > 0 OR p.keys > 0)
           AND NOT EXISTS (SELECT FROM retention.held_scope s
                           WHERE (s.hold, s.part) = (p.hold, p.part) AND s.shape <> 'key_subject')
           AND (hold_misses.accepted = '{}'
                OR EXISTS (SELECT FROM retention.hold_gap g
                           WHERE (g.hold, g.part) = (p.hold, p.part)
                             AND g.category <> ALL (hold_misses.accepted)))
        INTO STRICT nothing
        FROM retention.hold_part p
        WHERE (p.hold, p.part) = (hold_misses.hold, hold_misses.part);
END
$function$;
REVOKE ALL ON FUNCTION retention.hold_misses(uuid, int, text[]) FROM PUBLIC;
