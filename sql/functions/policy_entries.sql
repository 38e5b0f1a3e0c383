-- The entries of a normalised policy text's lists to which anything may be added because each keeps
-- more: floors, keep_while, conditions that must hold. One a row, its reason left out; a floor's
-- period stands apart.
CREATE OR REPLACE FUNCTION retention.policy_entries(policy text)
RETURNS TABLE (list text, content text, period text)
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $function$
#variable_conflict use_column
BEGIN
    RETURN QUERY
        SELECT regexp_replace(e.entry, '\[\d+\]$', ''),
               string_agg(substr(e.place, length(e.entry) + 1) || ' ' || e.name || ' = ' || e.value,
                          E'\n' ORDER BY e.line)
                   FILTER (WHERE NOT e.apart AND NOT (e.name = 'because' AND e.place = e.entry)),
               max(e.value) FILTER (WHERE e.apart)
        FROM (SELECT s.*, k.entry,
                     s.name = 'for' AND s.place = k.entry AND s.place ~ '^keep_at_least' AS apart
              FROM retention.policy_settings(policy_entries.policy) s,
                   LATERAL (SELECT substring(s.place FROM
                       '^((keep_at_least|keep_while|data\.only|stages\[\d+\]\.only)\[\d+\])')
                       AS entry) k
              WHERE k.entry IS NOT NULL) e
        GROUP BY e.entry;
END
$function$;
REVOKE ALL ON FUNCTION retention.policy_entries(text) FROM PUBLIC;
