-- A text of a category was approved whose columns are not those that were approved `before`
-- (changed_columns), though they bear the same names: RT021 where a hold in force covers records of
-- the category, unless it is among `accepted`: what it is found by may be another thing now, and
-- nobody but people can tell. What is accepted stands in the log, as a gap. Whole numbers that
-- became other whole numbers, and text that became text of another length without having been
-- written anew, compare as they did. Under hold_gate. Internal.
CREATE OR REPLACE FUNCTION retention.require_same_columns(before retention.category,
    accepted uuid[]) RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    at constant timestamptz := clock_timestamp();
    is_now constant jsonb := before.loaded_column_facts;
    others text[];
    holds uuid[];
    missing uuid[];
    accepted_one uuid;
BEGIN
    SELECT array_agg(n ORDER BY n) INTO others
        FROM unnest(retention.changed_columns(before.column_facts, is_now)) n
        WHERE NOT EXISTS (
            SELECT FROM jsonb_each(before.column_facts) r, jsonb_each(r.value) c,
                LATERAL (SELECT c.value AS was, is_now -> r.key -> c.key AS "is") f,
                LATERAL (SELECT split_part(f.was ->> 'type', '.', 1) AS was,
                                split_part(f."is" ->> 'type', '.', 1) AS "is") t
            WHERE n = concat(r.key, '.', c.key) AND f.was ->> 'is' = f."is" ->> 'is'
              AND (t.was IN ('21', '23', '20') AND t."is" IN ('21', '23', '20')
                       AND t.was <> t."is"
                   OR t.was IN ('25', '1043') AND t."is" IN ('25', '1043')
                       AND f.was ->> 'file' = f."is" ->> 'file'
                       AND split_part(f.was ->> 'type', '.', 3)
                         = split_part(f."is" ->> 'type', '.', 3)));
    IF others IS NULL THEN
        RETURN;
    END IF;
    SELECT array_agg(h.hold ORDER BY h.placed_at, h.hold),
           array_agg(h.hold ORDER BY h.placed_at, h.hold) FILTER (WHERE h.hold <> ALL (accepted))
        INTO holds, missing
        FROM retention.hold h
        WHERE h.held_until > at
          AND EXISTS (SELECT FROM retention.held_scope s
                      WHERE s.hold = h.hold AND s.category = before.name AND s.held_until > at);
    IF missing IS NOT NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'RT021',
            MESSAGE = format('%s found records of category "%s" when these were other columns: %s',
                retention.holds_named(missing), before.name, array_to_string(others, ', ')),
            HINT = format('Look at "retentionctl hold preview" with what the hold covers. If legal '
                'says that it finds the same records as before, add %s.', (SELECT
                string_agg('--accept-gap ' || m, ' ') FROM unnest(missing[:20]) m));
    END IF;
    FOREACH accepted_one IN ARRAY coalesce(holds, '{}') LOOP
        PERFORM retention.write_entry('gap', NULL, before.name, jsonb_build_object(
            'hold', accepted_one, 'category', before.name, 'by', session_user));
    END LOOP;
END
$function$;
REVOKE ALL ON FUNCTION retention.require_same_columns(retention.category, uuid[]) FROM PUBLIC;
