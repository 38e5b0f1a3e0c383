-- Holds of which the log directory needs a new copy: those that are not among `known`, and those of
-- which the log has more entries than the copy includes (`included`). A copy is everything that stands
-- here of the hold, with its matter, the rules in effect and its log entries, but for what is derived
-- from it (held_scope, hold_gap). The worker encrypts it before it is written anywhere: it names subjects.
CREATE OR REPLACE FUNCTION retention.hold_mirrors(known uuid[], included bigint[])
RETURNS TABLE (hold uuid, entries bigint, body text)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET timezone = 'UTC'
SET bytea_output = 'hex'
AS $function$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT h.hold, coalesce(t.entries, 0),
           jsonb_build_object(
               'matter', to_jsonb(m),
               'rules', (SELECT to_jsonb(r) FROM retention.hold_rules r),
               'hold', to_jsonb(h),
               'parts', (SELECT jsonb_agg(to_jsonb(p) ORDER BY p.part)
                         FROM retention.hold_part p WHERE p.hold = h.hold),
               'subjects', (SELECT jsonb_agg(to_jsonb(s) ORDER BY s.part, s.kind, s.value)
                            FROM retention.hold_subject s WHERE s.hold = h.hold),
               'keys', (SELECT jsonb_agg(to_jsonb(k) ORDER BY k.part, k.key)
                        FROM retention.hold_key k WHERE k.hold = h.hold),
               'requests', (SELECT jsonb_agg(to_jsonb(q) ORDER BY q.requested_at, q.request)
                            FROM retention.hold_request q WHERE q.hold = h.hold),
               'entries', (SELECT jsonb_agg(e.entry ORDER BY e.id) FROM retention.log_entry e
                           WHERE e.type = 'hold' AND e.run IS NULL
                             AND e.entry LIKE '%' || E'\nhold ' || replace(h.hold::text, '-', '')
                                 || E'\n%'))::text
    FROM retention.hold h
        JOIN retention.matter m ON m.matter = h.matter
        LEFT JOIN retention.holds_told() t ON t.hold = h.hold
        LEFT JOIN ROWS FROM (unnest(hold_mirrors.known), unnest(hold_mirrors.included))
            AS k (hold, entries) ON k.hold = h.hold
    WHERE k.hold IS NULL OR k.entries < t.entries
    ORDER BY h.hold;
END
$function$;
REVOKE ALL ON FUNCTION retention.hold_mirrors(uuid[], bigint[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION retention.hold_mirrors(uuid[], bigint[]) TO @prefix@worker;
