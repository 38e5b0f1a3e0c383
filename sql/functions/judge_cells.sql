-- What becomes of the cells of some families: those to publish, folded where they must be, and the
-- coarser cells that cannot be published, with their measures. Reads, and changes nothing; see
-- close_cells for the rule. Internal.
CREATE OR REPLACE FUNCTION retention.judge_cells(ids bigint[], k bigint)
RETURNS retention.aggregate_result[]
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
SET jit = off
AS $function$
    WITH families AS MATERIALIZED (
        SELECT f.family, f.name, f.other_published, f.remainder
        FROM retention.aggregate_family f WHERE f.family = ANY (ids)
    ), people AS MATERIALIZED (
        SELECT DISTINCT s.family, s.cell, d.digest
        FROM retention.aggregate_subject s, unnest(s.digests) d (digest)
        WHERE s.family = ANY (ids)
    ), sizes AS (
        SELECT p.family, p.cell, count(*) AS subjects FROM people p GROUP BY p.family, p.cell
    ), cells AS MATERIALIZED (
        SELECT c.family, c.cell, f.name, coalesce(s.subjects, 0) AS subjects,
               coalesce(s.subjects, 0) < k OR c.cell = f.name AS small
        FROM (SELECT DISTINCT o.family, o.cell FROM retention.aggregate_open o
              WHERE o.family = ANY (ids)) c
            JOIN families f ON f.family = c.family
            LEFT JOIN sizes s ON s.family = c.family AND s.cell = c.cell
    ), small AS (
        SELECT c.family, count(DISTINCT p.digest) AS subjects
        FROM cells c LEFT JOIN people p ON p.family = c.family AND p.cell = c.cell
        WHERE c.small GROUP BY c.family
    ), helpers AS (
        SELECT DISTINCT ON (c.family) c.family, c.cell
        FROM cells c JOIN small s ON s.family = c.family
        WHERE NOT c.small AND s.subjects < k
        ORDER BY c.family, c.subjects, c.cell
    ), places AS MATERIALIZED (
        SELECT c.family, c.cell, c.name, c.small OR h.family IS NOT NULL AS folds,
               CASE WHEN c.small OR h.family IS NOT NULL THEN c.name ELSE c.cell END AS place
        FROM cells c LEFT JOIN helpers h ON h.family = c.family AND h.cell = c.cell
    ), counted AS (
        SELECT p.family, p.place, count(DISTINCT n.digest) AS subjects,
               count(DISTINCT p.cell) AS cells, bool_or(p.folds) AS folds
        FROM places p LEFT JOIN people n ON n.family = p.family AND n.cell = p.cell
        GROUP BY p.family, p.place
    ), amounts AS (
        SELECT p.family, p.place, o.measures
        FROM places p JOIN retention.aggregate_open o ON o.family = p.family AND o.cell = p.cell
        WHERE o.family = ANY (ids)
        UNION ALL
        SELECT f.family, f.name, f.remainder FROM families f WHERE f.remainder IS NOT NULL
    ), sums AS (
        SELECT s.family, s.place, array_agg(s.total ORDER BY s.number) AS measures
        FROM (SELECT a.family, a.place, m.number, sum(m.value) AS total
              FROM amounts a, unnest(a.measures) WITH ORDINALITY m (value, number)
              GROUP BY a.family, a.place, m.number) s
        GROUP BY s.family, s.place
    )
    SELECT array_agg(ROW(c.family, NOT c.folds OR (c.subjects >= k AND NOT f.other_published),
                         c.place, s.measures, c.subjects,
                         c.cells)::retention.aggregate_result ORDER BY c.family, c.place)
    FROM counted c
        JOIN families f ON f.family = c.family
        JOIN sums s ON s.family = c.family AND s.place = c.place
$function$;
REVOKE ALL ON FUNCTION retention.judge_cells(bigint[], bigint) FROM PUBLIC;
