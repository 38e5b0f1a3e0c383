-- Closes families of cells whose period is over: what has at least k distinct subjects is returned,
-- for the worker to insert into the target in the same statement; the rest stays as the family's
-- remainder. Whom they counted is forgotten: digests and keys are destroyed.
--
-- For each family, with "small" for cells below k:
--
--   * nothing is small: every cell is published;
--   * together the small ones count at least k: they are published as the coarser cell, whose
--     folded dimensions are '(other)';
--   * else the smallest cell that is not small is folded with them: that with the fewest subjects,
--     as far as batches told them, and of those that with the fewest records. So what the published
--     cells leave of their family counts none, or at least k, and cannot be told by subtraction;
--   * else all are small, and together below k: nothing of the family is published.
--
-- A cell that is named as the coarser one (values that are '(other)', no "fold", late records) is
-- one of the small ones, whatever it counts. Where the coarser cell was published before, what
-- comes late is kept in the remainder for ever: a published row never changes, since the difference
-- of its two versions would tell of whoever came.
--
-- `remaining`: digests of families of which records are still to come, as far as anybody knows; one
-- that is closed too early loses nothing, its later records are late ones. `shortest`: no record of
-- a period falls due before so long after its end. `span`: how long a period is. At most `most`
-- families a call; a row for each published cell, and one for each family of which something is not
-- published; no row: nothing was to be closed. The session's time zone is the category's.
--
-- `passed`: so many families, the first ones, stay open as they are: the target has a row of one of
-- their cells already, published under another "fold" or by somebody else, and refuses another.
-- Nothing of such a family is published, so nothing of it can be told by subtraction. The call that
-- comes to the last family returns a row for each of them: 0 cells, and of the measures the first
-- alone, how many records stay in the open cells.
--
-- Locks: leader_gate, aggregate_open (no batch adds anything meanwhile), then entry_counter.
CREATE OR REPLACE FUNCTION retention.close_cells(term bigint, run uuid, category text, stage text,
    layout text, target text, k bigint, span interval, shortest interval, run_time timestamptz,
    remaining bytea[], most bigint, passed bigint) RETURNS SETOF retention.aggregate_result
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET jit = off
AS $function$
#variable_conflict use_column
DECLARE
    ids bigint[];
    refused bigint[];
    results retention.aggregate_result[];
BEGIN
    PERFORM retention.require_term(close_cells.term);
    PERFORM retention.require_read_committed();
    IF close_cells.k IS NULL OR close_cells.k < 5 THEN
        RAISE EXCEPTION USING ERRCODE = 'RT011',
            MESSAGE = format('k is %s, and must be at least 5', close_cells.k);
    END IF;
    LOCK TABLE retention.aggregate_open IN SHARE ROW EXCLUSIVE MODE;
    ids := ARRAY(
        SELECT f.family FROM retention.aggregate_family f
        WHERE f.category = close_cells.category AND f.stage = close_cells.stage
          AND f.layout = close_cells.layout AND f.inner_pad IS NOT NULL
          AND (f.period IS NULL
               OR (f.period::timestamp + span)::timestamptz + shortest <= close_cells.run_time)
          AND f.digest <> ALL (coalesce(remaining, '{}'))
        ORDER BY f.family LIMIT passed + most);
    refused := ids[:passed];
    ids := ids[passed + 1:];
    IF cardinality(ids) < most THEN
        RETURN QUERY SELECT o.family, false, NULL::text[], ARRAY[sum(o.measures[1])],
                            NULL::bigint, 0::bigint
                     FROM retention.aggregate_open o
                     WHERE o.family = ANY (refused) GROUP BY o.family;
    END IF;
    IF cardinality(ids) = 0 THEN
        RETURN;
    END IF;

    results := retention.judge_cells(ids, close_cells.k);

    UPDATE retention.aggregate_family f
        SET inner_pad = NULL, outer_pad = NULL,
            closed_at = coalesce(f.closed_at, clock_timestamp()),
            other_published = f.other_published OR coalesce(o.published, false),
            remainder = CASE WHEN o.published IS NULL THEN f.remainder
                             WHEN NOT o.published THEN o.measures END
        FROM unnest(ids) i (family)
            LEFT JOIN retention.aggregate_family n ON n.family = i.family
            LEFT JOIN unnest(results) o ON o.family = i.family AND o.cell = n.name
        WHERE f.family = i.family;
    DELETE FROM retention.aggregate_open o WHERE o.family = ANY (ids);
    DELETE FROM retention.aggregate_subject s WHERE s.family = ANY (ids);

    PERFORM retention.write_entry('cells', close_cells.run, close_cells.category,
        jsonb_build_object('category', close_cells.category, 'stage', close_cells.stage,
            'relation', close_cells.target, 'k', close_cells.k,
            'published', count(*) FILTER (WHERE r.published),
            'folded', coalesce(sum(r.cells) FILTER (WHERE r.published AND r.cells > 1), 0),
            'withheld', coalesce(sum(r.cells) FILTER (WHERE NOT r.published), 0)))
        FROM unnest(results) r;
    RETURN QUERY SELECT r.family, r.published,
                        CASE WHEN r.published THEN r.cell END,
                        CASE WHEN r.published THEN r.measures END,
                        CASE WHEN r.published THEN r.subjects END, r.cells
                 FROM unnest(results) r ORDER BY r.family, r.cell;
END
$function$;
REVOKE ALL ON FUNCTION retention.close_cells(bigint, uuid, text, text, text, text, bigint, interval,
    interval, timestamptz, bytea[], bigint, bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION retention.close_cells(bigint, uuid, text, text, text, text, bigint,
    interval, interval, timestamptz, bytea[], bigint, bigint) TO @prefix@worker;
