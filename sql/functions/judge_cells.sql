-- What becomes of the cells of some families: those to publish, folded where they must be, and the
-- coarser cells that cannot be published, with their measures. Reads, and changes nothing; see
-- close_cells for the rule. Cells have numbers here: their names are compared once for each delta,
-- not for each subject. Internal.
CREATE OR REPLACE FUNCTION retention.judge_cells(ids bigint[], k bigint)
RETURNS retention.aggregate_result[]
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
SET jit = off
SET work_mem = '64MB'
AS $function$
    WITH families AS MATERIALIZED (
        SELECT f.family, f.name, f.other_published, f.remainder
        FROM retention.aggregate_family f WHERE f.family = ANY (ids)
    ), numbered AS MATERIALIZED (
        SELECT row_number() OVER () AS number, c.family, c.cell, f.name
        FROM (SELECT DISTINCT o.family, o.cell FROM retention.aggregate_open o
              WHERE o.family = ANY (ids)) c
            JOIN families f ON f.family = c.family
    ), people AS MATERIALIZED (
        SELECT DISTINCT n.number, d.digest
        FROM retention.aggregate_subject s
            JOIN numbered n ON n.family = s.family AND n.cell = s.cell,
            unnest(s.digests) d (digest)
        WHERE s.family = ANY (ids)
    ), sizes AS (
        SELECT p.number, count(*) AS subjects FROM people p GROUP BY p.number
    ), cells AS MATERIALIZED (
        SELECT n.number, n.family, n.cell, n.name, coalesce(s.subjects, 0) AS subjects,
               coalesce(s.subjects, 0) < k OR n.cell = n.name AS small
        FROM numbered n LEFT JOIN sizes s ON s.number = n.number
    ), small AS (
        SELECT c.family, count(DISTINCT p.digest) AS subjects
        FROM cells c LEFT JOIN people p ON p.number = c.number
        WHERE c.small GROUP BY c.family
    ), helpers AS (
        SELECT DISTINCT ON (c.family) c.family, c.number
        FROM cells c JOIN small s ON s.family = c.family
        WHERE NOT c.small AND s.subjects < k
        ORDER BY c.family, c.subjects, c.cell
    ), places AS MATERIALIZED ( -- a coarser cell's number is its family's, negative
        SELECT c.number, c.family, c.cell, c.name, c.subjects, f.folds,
               CASE WHEN f.folds THEN -c.family ELSE c.number END AS place
        FROM cells c LEFT JOIN helpers h ON h.family = c.family,
            LATERAL (SELECT c.small OR h.number IS NOT DISTINCT FROM c.number AS folds) f
    ), counted AS (
        SELECT p.place, p.family, p.cell, p.subjects, 1::bigint AS cells, true AS published
        FROM places p WHERE NOT p.folds
        UNION ALL
        SELECT p.place, p.family, p.name, count(DISTINCT n.digest), count(DISTINCT p.number),
               count(DISTINCT n.digest) >= k AND NOT f.other_published
        FROM places p
            JOIN families f ON f.family = p.family
            LEFT JOIN people n ON n.number = p.number
        WHERE p.folds GROUP BY p.place, p.family, p.name, f.other_published
    ), amounts AS (
        SELECT p.place, o.measures
        FROM retention.aggregate_open o
            JOIN places p ON p.family = o.family AND p.cell = o.cell
        WHERE o.family = ANY (ids)
        UNION ALL
        SELECT -f.family, f.remainder FROM families f WHERE f.remainder IS NOT NULL
    ), sums AS (
        SELECT s.place, array_agg(s.total ORDER BY s.number) AS measures
        FROM (SELECT a.place, m.number, sum(m.value) AS total
              FROM amounts a, unnest(a.measures) WITH ORDINALITY m (value, number)
              GROUP BY a.place, m.number) s
        GROUP BY s.place
    )
    SELECT array_agg(ROW(c.family, c.published, c.cell, s.measures, c.subjects,
                         c.cells)::retention.aggregate_result ORDER BY c.family, c.place)
    FROM counted c JOIN sums s ON s.place = c.place
$function$;
REVOKE ALL ON FUNCTION retention.judge_cells(bigint[], bigint) FROM PUBLIC;
