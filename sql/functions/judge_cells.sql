-- What becomes of the cells of some families: those to publish, folded where they must be, and the
-- coarser cells that cannot be published, with their measures. Reads, and changes nothing; see
-- close_cells for the rule. Cells have numbers here: their names are compared once for each delta,
-- not for each subject. Internal.
--
-- A batch that found many subjects in a cell may have told their number alone, as so many NULLs (see
-- roll_up). It never adds up with another's, nor with digests: they may be the same people. A cell
-- that has k of one batch has k, and no digest is looked at for it.
--
-- Every join here is one of equals, and what is joined was made here, so that the planner guesses:
-- no nested loops.
CREATE OR REPLACE FUNCTION retention.judge_cells(ids bigint[], k bigint)
RETURNS retention.aggregate_result[]
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
SET jit = off
SET work_mem = '64MB'
SET enable_nestloop = off
AS $function$
    WITH families AS MATERIALIZED (
        SELECT f.family, f.name, f.other_published, f.remainder
        FROM retention.aggregate_family f WHERE f.family = ANY (ids)
    ), numbered AS MATERIALIZED (
        SELECT row_number() OVER () AS number, c.family, c.cell, c.records, f.name
        FROM (SELECT o.family, o.cell, sum(o.measures[1]) AS records
              FROM retention.aggregate_open o WHERE o.family = ANY (ids)
              GROUP BY o.family, o.cell) c
            JOIN families f ON f.family = c.family
    ), told AS MATERIALIZED (
        SELECT n.number, s.digests,
               CASE WHEN s.digests[1] IS NULL THEN cardinality(s.digests) END AS many
        FROM retention.aggregate_subject s
            JOIN numbered n ON n.family = s.family AND n.cell = s.cell
        WHERE s.family = ANY (ids)
    ), proved AS MATERIALIZED (
        SELECT t.number, max(t.many) AS subjects
        FROM told t WHERE t.many IS NOT NULL GROUP BY t.number
    ), people AS MATERIALIZED (
        SELECT DISTINCT t.number, unnest(t.digests) AS digest
        FROM told t LEFT JOIN proved p ON p.number = t.number
        WHERE t.many IS NULL AND coalesce(p.subjects, 0) < k
    ), sizes AS (
        SELECT p.number, count(*) AS subjects FROM people p GROUP BY p.number
    ), cells AS MATERIALIZED (
        SELECT z.*, z.subjects < k OR z.cell = z.name AS small
        FROM (SELECT n.number, n.family, n.cell, n.records, n.name,
                     coalesce(p.subjects, 0) AS proved,
                     greatest(s.subjects, p.subjects, 0) AS subjects
              FROM numbered n
                  LEFT JOIN sizes s ON s.number = n.number
                  LEFT JOIN proved p ON p.number = n.number) z
    ), small AS (
        SELECT c.family, greatest(count(DISTINCT p.digest), max(c.proved)) AS subjects
        FROM cells c LEFT JOIN people p ON p.number = c.number
        WHERE c.small GROUP BY c.family
    ), helpers AS (
        SELECT DISTINCT ON (c.family) c.family, c.number
        FROM cells c JOIN small s ON s.family = c.family
        WHERE NOT c.small AND s.subjects < k
        ORDER BY c.family, c.subjects, c.records, c.cell
    ), places AS MATERIALIZED ( -- a coarser cell's number is its family's, negative
        SELECT p.*, CASE WHEN p.folds THEN -p.family ELSE p.number END AS place
        FROM (SELECT c.number, c.family, c.cell, c.name, c.subjects, c.proved,
                     c.small OR h.number IS NOT DISTINCT FROM c.number AS folds
              FROM cells c LEFT JOIN helpers h ON h.family = c.family) p
    ), counted AS (
        SELECT p.place, p.family, p.cell, p.subjects, 1::bigint AS cells, true AS published
        FROM places p WHERE NOT p.folds
        UNION ALL
        SELECT t.place, t.family, t.name, t.subjects, t.cells,
               t.subjects >= k AND NOT t.other_published
        FROM (SELECT p.place, p.family, p.name, f.other_published,
                     greatest(count(DISTINCT n.digest), max(p.proved)) AS subjects,
                     count(DISTINCT p.number) AS cells
              FROM places p
                  JOIN families f ON f.family = p.family
                  LEFT JOIN people n ON n.number = p.number
              WHERE p.folds GROUP BY p.place, p.family, p.name, f.other_published) t
    ), amounts AS (
        SELECT p.place, o.measures
        FROM retention.aggregate_open o
            JOIN places p ON p.family = o.family AND p.cell = o.cell
        WHERE o.family = ANY (ids)
        UNION ALL
        SELECT -f.family, f.remainder FROM families f WHERE f.remainder IS NOT NULL
    ), sums AS (
        SELECT s.place, array_agg(s.total ORDER BY s.number) AS measures
        FROM (SELECT a.place, a.number, sum(a.value) AS total
              FROM (SELECT m.place, unnest(m.measures) AS value,
                           generate_subscripts(m.measures, 1) AS number
                    FROM amounts m) a
              GROUP BY a.place, a.number) s
        GROUP BY s.place
    )
    SELECT array_agg(ROW(c.family, c.published, c.cell, s.measures, c.subjects,
                         c.cells)::retention.aggregate_result ORDER BY c.family, c.place)
    FROM counted c JOIN sums s ON s.place = c.place
$function$;
REVOKE ALL ON FUNCTION retention.judge_cells(bigint[], bigint) FROM PUBLIC;
