-- $1 a category: the columns of its key, in their order
SELECT k.value ->> 'column', k.value ->> 'type'
FROM retention.category c
CROSS JOIN LATERAL pg_catalog.jsonb_array_elements(
    (CASE WHEN c.approved_sha256 IS NULL THEN c.loaded_hold_facts ELSE c.hold_facts END)
    -> 'key') WITH ORDINALITY k (value, place)
WHERE c.name = $1::text
ORDER BY k.place
