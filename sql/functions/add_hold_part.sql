-- Writes down what a hold covers as its caller gave it: a new part with its subjects and keys.
-- Returns what is wrong with it, a line for each value; the caller must then raise. Lines name
-- values by their positions, never by what they are. Internal.
CREATE OR REPLACE FUNCTION retention.add_hold_part(hold uuid, part int, reason text,
    category text, tenant text, subject text, subjects text[], starts_from timestamptz,
    starts_to timestamptz, record_key text[], record_keys text[], accepted text[]) RETURNS text[]
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $function$
#variable_conflict use_column
DECLARE
    errors text[] := '{}';
    facts jsonb;
    columns jsonb;
    width int;
BEGIN
    IF btrim(add_hold_part.tenant) = '' THEN
        errors := errors || 'the tenant is empty'::text;
    END IF;
    IF cardinality(add_hold_part.subjects) = 0 THEN
        errors := errors || 'the list of subjects is empty'::text;
    END IF;
    IF cardinality(add_hold_part.record_keys) = 0 OR cardinality(add_hold_part.record_key) = 0 THEN
        errors := errors || 'the list of record keys is empty'::text;
    END IF;
    IF NOT coalesce(add_hold_part.starts_from, '-infinity')
            < coalesce(add_hold_part.starts_to, 'infinity') THEN
        errors := errors || 'the range of starting points ends before it begins'::text;
    END IF;
    IF cardinality(errors) > 0 THEN
        RETURN errors;
    END IF;

    INSERT INTO retention.hold_part (hold, part, tenant, starts_from, starts_to, reason)
        VALUES (add_hold_part.hold, add_hold_part.part, add_hold_part.tenant,
                add_hold_part.starts_from, add_hold_part.starts_to, add_hold_part.reason);

    SELECT retention.hold_facts(c) INTO facts
        FROM retention.category c WHERE c.name = add_hold_part.category;
    WITH given AS (
        SELECT 0 AS place, add_hold_part.subject AS text WHERE add_hold_part.subject IS NOT NULL
        UNION ALL
        SELECT u.place, u.text
            FROM unnest(add_hold_part.subjects) WITH ORDINALITY u (text, place)),
    cut AS (
        SELECT g.place, btrim(split_part(g.text, ':', 1)) AS kind,
               btrim(substr(g.text, strpos(g.text, ':') + 1)) AS value,
               strpos(g.text, ':') > 1 AS has_kind
        FROM given g),
    form AS (
        SELECT DISTINCT e ->> 'kind' AS kind, e ->> 'as' AS normal, e ->> 'type' AS type
        FROM retention.category k, jsonb_array_elements(retention.hold_facts(k) -> 'subjects') e
        WHERE k.state <> 'retired'
          AND (add_hold_part.category IS NULL OR k.name = add_hold_part.category)),
    -- It must be certain which number is meant; and in the one category that the hold names, each
    -- value must fit a column of its kind.
    unfit AS (
        SELECT c.place, CASE
                   WHEN bool_or(f.normal = 'e164' AND retention.as_e164(c.value) = '?')
                   THEN 'is no whole phone number; write it with its country: +14105550100'
                   WHEN bool_and(f.normal = 'e164') IS TRUE THEN 'is no phone number'
                   ELSE 'is no value of type '
                       || string_agg(DISTINCT coalesce(f.normal, f.type), ' or ') END AS why
        FROM cut c JOIN form f ON f.kind = c.kind
        WHERE c.value <> ''
        GROUP BY c.place
        HAVING bool_or(f.normal = 'e164' AND retention.as_e164(c.value) = '?') IS TRUE
            OR add_hold_part.category <> ALL (add_hold_part.accepted)
               AND bool_and(CASE WHEN f.normal = 'e164' THEN retention.as_e164(c.value)
                    WHEN f.normal = 'lower' THEN nullif(retention.as_lower(c.value), '')
                    ELSE retention.canonical_text(c.value, f.type, f.normal) END IS NULL)),
    good AS (
        INSERT INTO retention.hold_subject (hold, part, kind, value)
            SELECT DISTINCT add_hold_part.hold, add_hold_part.part, c.kind, c.value
            FROM cut c WHERE c.has_kind AND c.kind <> '' AND c.value <> '')
    SELECT errors || coalesce(array_agg(CASE c.place WHEN 0 THEN 'the subject'
                                 ELSE format('subject %s', c.place) END
                        || CASE WHEN u.place IS NOT NULL THEN ' ' || u.why
                                WHEN c.value IS NULL THEN ' is null'
                                WHEN c.has_kind IS NOT TRUE OR c.kind = ''
                                THEN ' does not say of what kind it is; write kind:value'
                                ELSE ' has a kind and no value' END ORDER BY c.place), '{}')
        INTO errors
        FROM cut c LEFT JOIN unfit u USING (place)
        WHERE u.place IS NOT NULL
           OR (c.has_kind AND c.kind <> '' AND c.value <> '') IS NOT TRUE;

    IF add_hold_part.record_key IS NOT NULL OR add_hold_part.record_keys IS NOT NULL THEN
        IF add_hold_part.category IS NULL THEN
            RETURN errors || 'record keys need a category'::text;
        END IF;
        columns := facts -> 'key';
        width := jsonb_array_length(columns);
        IF width IS NULL THEN
            RETURN errors || format('the key of category "%s" is not known yet; let the worker or '
                '"retentionctl policy load" load its policy again', add_hold_part.category);
        ELSIF width = 0 THEN
            RETURN errors || format('the records of category "%s" have no key',
                add_hold_part.category);
        END IF;
        WITH given AS (
            SELECT 0 AS place, add_hold_part.record_key AS key
            WHERE add_hold_part.record_key IS NOT NULL
            UNION ALL
            SELECT u.place, retention.read_key(u.text, width)
            FROM unnest(add_hold_part.record_keys) WITH ORDINALITY u (text, place)),
        checked AS MATERIALIZED (
            SELECT g.place, g.key, retention.canonical_key(g.key, columns) IS NOT NULL AS fits
            FROM given g),
        good AS (
            INSERT INTO retention.hold_key (hold, part, key)
                SELECT DISTINCT add_hold_part.hold, add_hold_part.part, c.key
                FROM checked c WHERE c.fits)
        SELECT errors || coalesce(array_agg(CASE c.place WHEN 0 THEN 'the record key'
                                     ELSE format('record key %s', c.place) END
                            || format(' is no key of category "%s" (%s)', add_hold_part.category,
                                retention.key_columns(columns)) ORDER BY c.place), '{}')
            INTO errors FROM checked c WHERE NOT c.fits;
    END IF;

    UPDATE retention.hold_part p SET
            subjects = (SELECT count(*) FROM retention.hold_subject s
                        WHERE (s.hold, s.part) = (p.hold, p.part)),
            keys = (SELECT count(*) FROM retention.hold_key k
                    WHERE (k.hold, k.part) = (p.hold, p.part))
        WHERE (p.hold, p.part) = (add_hold_part.hold, add_hold_part.part);
    RETURN errors;
END
$function$;
REVOKE ALL ON FUNCTION retention.add_hold_part(uuid, int, text, text, text, text, text[],
    timestamptz, timestamptz, text[], text[], text[]) FROM PUBLIC;
