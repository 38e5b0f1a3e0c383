-- $1 names: the first that is no loaded category, and all that are
SELECT
    (SELECT n FROM pg_catalog.unnest($1::text[]) n
     WHERE n NOT IN (SELECT c.name FROM retention.category c) LIMIT 1),
    (SELECT pg_catalog.string_agg(c.name, E'\n' ORDER BY c.name) FROM retention.category c)
