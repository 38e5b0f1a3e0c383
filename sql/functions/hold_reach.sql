-- For each category that a hold reaches for: whether it covers records there, why not or not all of
-- them, and how many there are now (NULL: not counted, and then `why` says so). Internal.
CREATE OR REPLACE FUNCTION retention.hold_reach(hold uuid)
RETURNS SETOF retention.hold_reach
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $function$
#variable_conflict use_column
DECLARE
    c record;
    problem text;
    rows bigint;
BEGIN
    FOR c IN
        SELECT k.name, retention.hold_facts(k) AS facts,
               EXISTS (SELECT FROM retention.held_scope s
                       WHERE s.hold = h.hold AND s.category = k.name AND s.shape <> 'key_subject'
                         AND s.held_until > clock_timestamp()) AS applies,
               (SELECT string_agg(DISTINCT g.why, '; ')
                FROM retention.hold_gap g JOIN retention.hold_part p USING (hold, part)
                WHERE g.hold = h.hold AND g.category = k.name
                  AND p.held_until > clock_timestamp()) AS why
        FROM retention.hold h JOIN retention.category k
            ON k.state <> 'retired' AND (h.category IS NULL OR h.category = k.name)
        WHERE h.hold = hold_reach.hold
        ORDER BY k.name
    LOOP
        rows := NULL;
        problem := NULL;
        IF NOT c.applies THEN
            rows := CASE WHEN c.facts IS NOT NULL AND NOT c.facts ? 'declared' THEN 0 END;
        ELSIF c.facts IS NULL THEN
            problem := 'all of it is held, because its columns are not known yet';
        ELSIF c.facts ->> 'count' IS NULL THEN
            problem := 'not counted: its policy does not say how';
        ELSE
            -- Whatever settings the statement changed go back with the subtransaction.
            BEGIN
                PERFORM retention.require_reader_rights(
                    'retention.count_held(text, uuid, text)');
                rows := retention.count_held(c.facts ->> 'count', hold_reach.hold,
                    c.facts ->> 'timezone');
                RAISE EXCEPTION USING ERRCODE = 'RT099';
            EXCEPTION
                WHEN SQLSTATE 'RT099' THEN
                    NULL;
                WHEN insufficient_privilege THEN
                    problem := format('not counted: role "%s" may not read all of its tables; '
                        '"retentionctl setup --sql" prints the grants', '@prefix@reader');
                WHEN OTHERS THEN
                    problem := format('not counted: SQLSTATE %s', SQLSTATE);
            END;
        END IF;
        RETURN NEXT ROW(c.name, c.applies, nullif(concat_ws('; ', c.why, problem), ''), rows);
    END LOOP;
END
$function$;
REVOKE ALL ON FUNCTION retention.hold_reach(uuid) FROM PUBLIC;
