-- $1 a category or NULL, $2 kinds, $3 values: the places of subjects that no category could ever
-- find (the category, where one is named): of an unknown kind, or of a form that no column prints.
-- One row each: place, what is wrong, a hint.
WITH form AS MATERIALIZED (
    SELECT DISTINCT f.value ->> 'kind' AS kind, f.value ->> 'as' AS normal, f.value ->> 'type' AS type
    FROM retention.category c
    CROSS JOIN LATERAL pg_catalog.jsonb_array_elements(
        (CASE WHEN c.approved_sha256 IS NULL THEN c.loaded_hold_facts ELSE c.hold_facts END)
        -> 'subjects') f
    WHERE c.state <> 'retired' AND ($1::text IS NULL OR c.name = $1::text)
)
SELECT s.place,
    CASE
        WHEN k.known THEN 'the value cannot be a subject of its kind'
        WHEN $1::text IS NULL THEN 'no category has subjects of this kind'
        ELSE 'category "' || $1::text || '" has no subjects of this kind'
    END,
    CASE
        WHEN k.known THEN 'No column that holds this kind of subject could hold it.'
        ELSE COALESCE('Kinds that are known: ' || (
            SELECT pg_catalog.string_agg(DISTINCT f.kind, ', ' ORDER BY f.kind) FROM form f) || '.',
            'No subject is known at all: policies name them.')
    END
FROM ROWS FROM (pg_catalog.unnest($2::text[]), pg_catalog.unnest($3::text[]))
    WITH ORDINALITY s (kind, value, place)
CROSS JOIN LATERAL (
    SELECT EXISTS (SELECT FROM form f WHERE f.kind = s.kind) AS known,
           EXISTS (SELECT FROM form f
                   WHERE f.kind = s.kind
                     AND retention.canonical_text(s.value, f.type, f.normal) IS NOT NULL) AS fits
) k
WHERE NOT k.fits
ORDER BY s.place
