-- $1 a category, $2 keys (a value, or for several columns an array literal): the places of those
-- that no record can have. One row each: place, what is wrong, a hint.
WITH key AS MATERIALIZED (
    SELECT k.place, k.value ->> 'column' AS name, k.value ->> 'type' AS type,
           pg_catalog.count(*) OVER () AS columns
    FROM retention.category c
    CROSS JOIN LATERAL pg_catalog.jsonb_array_elements(
        (CASE WHEN c.approved_sha256 IS NULL THEN c.loaded_hold_facts ELSE c.hold_facts END)
        -> 'key') WITH ORDINALITY k (value, place)
    WHERE c.name = $1::text
)
SELECT v.place, 'the value is not of the type of column "' || k.name || '"',
       'Values of "' || k.name || '" are of type ' || k.type || '.'
FROM pg_catalog.unnest($2::text[]) WITH ORDINALITY v (key, place)
CROSS JOIN LATERAL (
    SELECT k.name, k.type
    FROM key k
    WHERE retention.canonical_text(
        CASE WHEN k.columns = 1 THEN v.key ELSE (v.key::text[])[k.place] END, k.type, NULL) IS NULL
    ORDER BY k.place LIMIT 1
) k
ORDER BY v.place
