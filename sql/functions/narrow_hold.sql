-- Gives up a whole part of a hold, or some of its subjects ("kind:value") or record keys, in one
-- part or, where none is named, in all of them. A subject that the hold does not have as it is
-- written is every one that the policies compare as equal. Returns the request: carried out at once, or under
-- dual control when another person confirms it. What is given up counts as held until the grace is
-- over.
CREATE OR REPLACE FUNCTION retention.narrow_hold(hold uuid, reason text, part int DEFAULT NULL,
    subjects text[] DEFAULT NULL, record_keys text[] DEFAULT NULL) RETURNS uuid
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
#variable_conflict use_column
DECLARE
    h retention.hold%ROWTYPE;
    errors text[] := '{}';
    given_subjects text[];
    given_keys text[];
    id uuid;
BEGIN
    h := retention.lock_hold(narrow_hold.hold, 'narrowed', narrow_hold.reason);
    IF narrow_hold.part IS NOT NULL
            AND NOT EXISTS (SELECT FROM retention.hold_part p
                            WHERE p.hold = h.hold AND p.part = narrow_hold.part
                              AND p.held_until = 'infinity') THEN
        RAISE EXCEPTION USING ERRCODE = 'RT010',
            MESSAGE = format('hold %s has no part %s in force', h.hold, narrow_hold.part),
            HINT = '"retentionctl hold show" lists its parts.';
    END IF;
    IF narrow_hold.part IS NULL AND narrow_hold.subjects IS NULL
            AND narrow_hold.record_keys IS NULL THEN
        errors := errors || 'name a part, subjects or record keys to give up'::text;
    END IF;
    IF cardinality(narrow_hold.subjects) = 0 OR cardinality(narrow_hold.record_keys) = 0 THEN
        errors := errors || 'a list is empty'::text;
    END IF;
    PERFORM retention.raise_hold_errors('RT020', 'given up', errors);

    WITH given AS (
        SELECT u.place, btrim(split_part(u.text, ':', 1)) AS kind,
               btrim(substr(u.text, strpos(u.text, ':') + 1)) AS value
        FROM unnest(narrow_hold.subjects) WITH ORDINALITY u (text, place)),
    held AS MATERIALIZED (
        SELECT DISTINCT s.kind, s.value
        FROM retention.hold_subject s
        WHERE s.hold = h.hold AND s.kind IN (SELECT g.kind FROM given g)
          AND (narrow_hold.part IS NULL OR s.part = narrow_hold.part)
          AND s.held_until = 'infinity'),
    exact AS MATERIALIZED (
        SELECT g.place, g.kind, g.value FROM given g JOIN held USING (kind, value)),
    form AS (
        SELECT DISTINCT f ->> 'kind' AS kind, f ->> 'as' AS normal
        FROM retention.category c, jsonb_array_elements(retention.hold_facts(c) -> 'subjects') f
        WHERE c.state <> 'retired' AND (h.category IS NULL OR c.name = h.category)
          AND f ->> 'as' IS NOT NULL),
    other AS (
        SELECT g.place, g.kind,
               array_agg(retention.canonical_text(g.value, 'text', f.normal) ORDER BY f.normal) AS same
        FROM given g JOIN form f USING (kind)
        WHERE g.place NOT IN (SELECT e.place FROM exact e) GROUP BY 1, 2),
    held_other AS (
        SELECT s.kind, s.value,
               array_agg(retention.canonical_text(s.value, 'text', f.normal) ORDER BY f.normal) AS same
        FROM held s JOIN form f USING (kind)
        WHERE s.kind IN (SELECT o.kind FROM other o) GROUP BY 1, 2),
    found AS (
        SELECT e.place, e.kind || ':' || e.value AS text FROM exact e
        UNION
        SELECT o.place, s.kind || ':' || s.value
        FROM other o JOIN held_other s ON s.kind = o.kind AND s.same = o.same
        WHERE array_position(o.same, NULL) IS NULL)
    SELECT (SELECT array_agg(DISTINCT f.text) FROM found f),
           errors || coalesce(array_agg(format('subject %s is none of the hold', g.place)
                                        ORDER BY g.place)
                              FILTER (WHERE g.place NOT IN (SELECT f.place FROM found f)), '{}')
        INTO given_subjects, errors FROM given g;
    WITH given AS (
        SELECT u.place, retention.read_key(u.text, jsonb_array_length(
                   (SELECT retention.hold_facts(c) -> 'key' FROM retention.category c
                    WHERE c.name = h.category))) AS key
        FROM unnest(narrow_hold.record_keys) WITH ORDINALITY u (text, place)),
    known AS (
        SELECT g.place, g.key, EXISTS (
                SELECT FROM retention.hold_key k
                WHERE k.hold = h.hold AND k.key = g.key
                  AND (narrow_hold.part IS NULL OR k.part = narrow_hold.part)
                  AND k.held_until = 'infinity') AS is_held
        FROM given g)
    SELECT array_agg(k.key::text ORDER BY k.place),
           errors || coalesce(array_agg(format('record key %s is none of the hold', k.place)
                                        ORDER BY k.place) FILTER (WHERE NOT k.is_held), '{}')
        INTO given_keys, errors FROM known k;
    PERFORM retention.raise_hold_errors('RT020', 'given up', errors);

    INSERT INTO retention.hold_request (hold, what, part, parts, subjects, record_keys, reason)
        SELECT h.hold, 'narrow', narrow_hold.part, max(p.part), given_subjects, given_keys,
               btrim(narrow_hold.reason)
        FROM retention.hold_part p WHERE p.hold = h.hold
        RETURNING request INTO id;
    IF (SELECT r.dual_control FROM retention.hold_rules r FOR SHARE) THEN
        PERFORM retention.close_hold_gate();
        PERFORM retention.hold_entry(h.hold, 'requested', jsonb_build_object('hold', h.hold,
            'part', narrow_hold.part, 'subjects', given_subjects, 'keys', given_keys)::text);
    ELSE
        PERFORM retention.carry_out_request(id, btrim(narrow_hold.reason));
    END IF;
    RETURN id;
END
$function$;
REVOKE ALL ON FUNCTION retention.narrow_hold(uuid, text, int, text[], text[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION retention.narrow_hold(uuid, text, int, text[], text[])
    TO @prefix@legal;
