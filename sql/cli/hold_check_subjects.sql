-- $1 a category or NULL, $2 kinds, $3 values: the places of subjects that no category could ever
-- find (the category, where one is named): of an unknown kind, or of a form that no column prints;
-- and of phone numbers that may be several. One row each: place, what is wrong, a hint.
WITH form AS MATERIALIZED (
    SELECT DISTINCT f.value ->> 'kind' AS kind, f.value ->> 'as' AS normal, f.value ->> 'type' AS type
    FROM retention.category c
    CROSS JOIN LATERAL pg_catalog.jsonb_array_elements(
        (CASE WHEN c.approved_sha256 IS NULL THEN c.loaded_hold_facts ELSE c.hold_facts END)
        -> 'subjects') f
    WHERE c.state <> 'retired' AND ($1::text IS NULL OR c.name = $1::text)
),
subject AS (
    SELECT s.place, s.kind,
           pg_catalog.count(f.kind) > 0 AS known,
           pg_catalog.bool_and(f.normal = 'e164') AS is_phone,
           pg_catalog.bool_or(f.normal = 'e164' AND retention.as_e164(s.value) = '?') AS is_vague,
           pg_catalog.bool_or(CASE WHEN f.normal = 'e164' THEN retention.as_e164(s.value)
               WHEN f.normal = 'lower' THEN NULLIF(retention.as_lower(s.value), '')
               ELSE retention.canonical_text(s.value, f.type, f.normal) END IS NOT NULL) AS fits,
           pg_catalog.string_agg(DISTINCT CASE
               WHEN f.type IN ('smallint', 'integer', 'bigint') THEN 'whole numbers'
               WHEN f.type = 'numeric' THEN 'numbers'
               WHEN f.type = 'date' THEN 'days, such as 2026-01-31'
               ELSE 'values of type ' || f.type END, ' or ') AS types
    FROM ROWS FROM (pg_catalog.unnest($2::text[]), pg_catalog.unnest($3::text[]))
        WITH ORDINALITY s (kind, value, place)
    LEFT JOIN form f ON f.kind = s.kind
    GROUP BY s.place, s.kind
)
SELECT s.place,
    CASE
        WHEN s.is_vague THEN 'this is no whole phone number, or more than one'
        WHEN s.is_phone THEN 'this is no phone number'
        WHEN s.known THEN 'a value of kind "' || s.kind || '" cannot look like this'
        WHEN $1::text IS NULL THEN 'no category has subjects of this kind'
        ELSE 'category "' || $1::text || '" has no subjects of this kind'
    END,
    CASE
        WHEN s.is_vague THEN 'Write one number with its country, without quotes or commas, such as '
            '+14105550100; an extension '
            'may follow it: +14105550100 x5.'
        WHEN s.is_phone THEN 'Write its digits, such as +14105550100.'
        WHEN s.known THEN 'The database has them as ' || s.types || '.'
        ELSE COALESCE('Kinds that are known: ' || (
            SELECT pg_catalog.string_agg(DISTINCT f.kind, ', ' ORDER BY f.kind) FROM form f) || '.',
            'No subject is known at all: policies name them.')
    END
FROM subject s
WHERE s.is_vague IS TRUE OR s.fits IS NOT TRUE
ORDER BY s.place
