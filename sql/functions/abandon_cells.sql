-- Gives the open cells of a category up: whom they counted is forgotten, what they counted is kept
-- as the remainder of their families and never published. For a policy that counts by other columns
-- before they could be closed, and for one that is retired. Returns how many cells there were.
CREATE OR REPLACE FUNCTION retention.abandon_cells(category text) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
#variable_conflict use_column
DECLARE
    place record;
    abandoned bigint;
BEGIN
    PERFORM retention.require_read_committed();
    LOCK TABLE retention.aggregate_open IN SHARE ROW EXCLUSIVE MODE;
    SELECT l.stage, l.target INTO place
        FROM retention.aggregate_layout l WHERE l.category = abandon_cells.category;
    SELECT count(*) INTO abandoned
        FROM (SELECT DISTINCT o.family, o.cell
              FROM retention.aggregate_open o
                  JOIN retention.aggregate_family f ON f.family = o.family
              WHERE f.category = abandon_cells.category) c;
    IF abandoned = 0 THEN
        RETURN 0;
    END IF;
    UPDATE retention.aggregate_family f SET remainder = s.measures
        FROM (SELECT t.family, array_agg(t.total ORDER BY t.number) AS measures
              FROM (SELECT a.family, m.number, sum(m.value) AS total
                    FROM (SELECT o.family, o.measures FROM retention.aggregate_open o
                          UNION ALL
                          SELECT r.family, r.remainder FROM retention.aggregate_family r
                          WHERE r.remainder IS NOT NULL) a,
                        unnest(a.measures) WITH ORDINALITY m (value, number)
                    GROUP BY a.family, m.number) t
              GROUP BY t.family) s
        WHERE s.family = f.family AND f.category = abandon_cells.category
          AND f.inner_pad IS NOT NULL;
    DELETE FROM retention.aggregate_open o USING retention.aggregate_family f
        WHERE f.family = o.family AND f.category = abandon_cells.category;
    DELETE FROM retention.aggregate_subject s USING retention.aggregate_family f
        WHERE f.family = s.family AND f.category = abandon_cells.category;
    UPDATE retention.aggregate_family f
        SET inner_pad = NULL, outer_pad = NULL, closed_at = coalesce(f.closed_at, clock_timestamp())
        WHERE f.category = abandon_cells.category AND f.inner_pad IS NOT NULL;
    PERFORM retention.write_entry('cells', NULL, abandon_cells.category,
        jsonb_build_object('category', abandon_cells.category, 'stage', place.stage,
            'relation', place.target, 'published', 0, 'folded', 0, 'withheld', abandoned));
    RETURN abandoned;
END
$function$;
REVOKE ALL ON FUNCTION retention.abandon_cells(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION retention.abandon_cells(text) TO @prefix@operator;
