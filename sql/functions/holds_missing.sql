-- Holds that the log or its directory knows and this database does not, or not wholly. Where there
-- is one, nothing may be deleted. `known` are the holds of which the directory has a copy, and
-- `included` how many log entries of each that copy includes.
--
-- Missing is a hold that
--   * was placed and not released, as the log tells, and stands here not at all, or as released;
--   * has a copy, and stands here not at all, or with fewer log entries than the copy knows of: the
--     database went back behind it, maybe before anything was signed;
--   * lost something that nobody can read (hold_lost), and was not placed, extended or released
--     since.
-- A row without hold: the last entry of a hold that was numbered is gone (see log_last_gone), and
-- which hold it told of is not known. The next entry of a hold ends that, and makes it an anomaly.
CREATE OR REPLACE FUNCTION retention.holds_missing(known uuid[], included bigint[])
RETURNS TABLE (hold uuid, why text)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    WITH told AS MATERIALIZED (SELECT t.* FROM retention.holds_told() t)
    SELECT m.hold, min(m.why)
    FROM (SELECT t.hold, 'it was placed, as the log tells, and not released' AS why
          FROM told t
          WHERE t.placed > coalesce(t.released, 0)
            AND NOT EXISTS (SELECT FROM retention.hold h
                            WHERE h.hold = t.hold AND h.released_at IS NULL)
          UNION ALL
          SELECT k.hold, 'the log directory has it'
          FROM ROWS FROM (unnest(holds_missing.known), unnest(holds_missing.included)) AS k (hold, entries)
              LEFT JOIN told t ON t.hold = k.hold
          WHERE coalesce(t.entries, 0) < k.entries
             OR NOT EXISTS (SELECT FROM retention.hold h WHERE h.hold = k.hold)
          UNION ALL
          SELECT l.hold, l.why
          FROM retention.hold_lost l
          WHERE NOT EXISTS (SELECT FROM retention.hold_part p
                            WHERE p.hold = l.hold AND p.placed_at > l.lost_at)
            AND NOT EXISTS (SELECT FROM retention.hold h
                            WHERE h.hold = l.hold AND h.released_at > l.lost_at)
          UNION ALL
          SELECT NULL, 'the last entry of a hold is gone'
          FROM retention.entry_counter c
          WHERE c.type = 'hold' AND c.next > 0
            AND NOT EXISTS (SELECT FROM retention.log_entry e
                            WHERE e.type = 'hold' AND e.seq = c.next - 1 AND e.run IS NULL)) m
    GROUP BY m.hold
    ORDER BY m.hold;
END
$function$;
REVOKE ALL ON FUNCTION retention.holds_missing(uuid[], bigint[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION retention.holds_missing(uuid[], bigint[]) TO @prefix@worker;
