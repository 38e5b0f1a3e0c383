-- Adds what a batch takes out of a table to the cells of an aggregate; called by the very statement
-- that deletes the records, with what that statement returned. Returns how many records it counted:
-- the worker compares that with the rows that went.
--
-- Invariants of aggregates, which this function, close_cells and abandon_cells keep together:
--
--   * exactly once: a record is counted in the transaction that deletes it, or not at all. Only
--     deltas are written, nothing is read and written back, so concurrent batches cannot lose any;
--   * nothing is lost: for every category, published rows + aggregate_family.remainder +
--     aggregate_open = what was ever rolled up, for each additive measure;
--   * no small cell: what is published counts at least k distinct subjects, and what remains of a
--     family beside its published cells counts none, or at least k, when it is closed;
--   * published rows are disjoint sets of records, so that no sum or difference of them tells of
--     fewer than k subjects; they are inserted once and never changed. A record that comes later is
--     counted in the coarser cell;
--   * who was counted is known only as HMAC under a key of the family (cells that fold into the
--     same coarser one: their subjects must be told apart together), until it is closed. A part
--     whose subjects are NULLs tells that there are so many, and keeps no digest: see judge_cells.
--
-- Locks, in this order: rows of the governed tables, leader_gate, hold_gate (by the batch), then
-- aggregate_open: ROW EXCLUSIVE here, SHARE ROW EXCLUSIVE where cells are closed, so that nothing
-- is added to a cell while it is judged; then aggregate_layout and new families, by digest. A batch
-- waits for another one only while both make the same family, until that one commits: so there is a
-- lock_timeout of its own, as the batch's is for rows of applications.
CREATE OR REPLACE FUNCTION retention.roll_up(category text, stage text, layout text, target text,
    parts retention.aggregate_part[]) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET jit = off
SET lock_timeout = '20s'
AS $function$
#variable_conflict use_column
DECLARE
    counted bigint;
    former record;
    families bytea[];
BEGIN
    IF coalesce(cardinality(parts), 0) = 0 THEN
        RETURN 0;
    END IF;
    LOCK TABLE retention.aggregate_open IN ROW EXCLUSIVE MODE;

    SELECT l.stage, l.layout INTO former
        FROM retention.aggregate_layout l WHERE l.category = roll_up.category;
    IF NOT FOUND THEN
        INSERT INTO retention.aggregate_layout (category, stage, layout, target)
            VALUES (roll_up.category, roll_up.stage, roll_up.layout, roll_up.target)
            ON CONFLICT DO NOTHING;
        SELECT l.stage, l.layout INTO former
            FROM retention.aggregate_layout l WHERE l.category = roll_up.category;
    END IF;
    IF (former.stage, former.layout) IS DISTINCT FROM (roll_up.stage, roll_up.layout) THEN
        IF EXISTS (SELECT FROM retention.aggregate_family f
                   WHERE f.category = roll_up.category AND f.inner_pad IS NOT NULL) THEN
            RAISE EXCEPTION USING ERRCODE = 'RT015',
                MESSAGE = format('open cells of category "%s" were counted with another "by", '
                    '"measures" or "fold", or by stage "%s"', roll_up.category, former.stage),
                HINT = format('Put that back until they are closed; or give them up: '
                    'SELECT retention.abandon_cells(%L)', roll_up.category);
        END IF;
        UPDATE retention.aggregate_layout l
            SET stage = roll_up.stage, layout = roll_up.layout, target = roll_up.target
            WHERE l.category = roll_up.category;
    END IF;

    families := ARRAY(SELECT sha256(convert_to(n.family::text, 'UTF8'))
                      FROM (SELECT DISTINCT p.family FROM unnest(parts) p) n);
    -- New families, and closed ones that something comes to once more, get a key. Most batches find
    -- all of theirs, and no one closes them meanwhile.
    IF cardinality(families) > (SELECT count(*) FROM retention.aggregate_family f
                                WHERE f.category = roll_up.category AND f.stage = roll_up.stage
                                  AND f.layout = roll_up.layout AND f.digest = ANY (families)
                                  AND f.inner_pad IS NOT NULL) THEN
        INSERT INTO retention.aggregate_family
                (category, stage, layout, name, digest, period, inner_pad, outer_pad)
            SELECT roll_up.category, roll_up.stage, roll_up.layout, m.name, m.digest, m.period,
                   (m.pads).inner_pad, (m.pads).outer_pad
            FROM (SELECT n.name, n.digest, n.period, retention.hmac_pads() AS pads -- once a family
                  FROM (SELECT p.family AS name, sha256(convert_to(p.family::text, 'UTF8')) AS digest,
                               min(p.period) AS period
                        FROM unnest(parts) p GROUP BY p.family) n
                  WHERE NOT EXISTS (SELECT FROM retention.aggregate_family f
                                    WHERE f.category = roll_up.category AND f.stage = roll_up.stage
                                      AND f.layout = roll_up.layout AND f.digest = n.digest)
                  OFFSET 0) m
            ORDER BY m.digest
            ON CONFLICT (category, stage, layout, digest) DO NOTHING;
        PERFORM retention.reopen_families(roll_up.category, roll_up.stage, roll_up.layout,
            families);
    END IF;

    WITH placed AS MATERIALIZED (
        SELECT f.family, f.inner_pad, f.outer_pad, p.measures, p.subjects,
               CASE WHEN f.closed_at IS NULL THEN p.cell ELSE f.name END AS cell
        FROM unnest(parts) p
            JOIN retention.aggregate_family f
                ON f.category = roll_up.category AND f.stage = roll_up.stage
                AND f.layout = roll_up.layout
                AND f.digest = sha256(convert_to(p.family::text, 'UTF8'))
    ), people AS (
        INSERT INTO retention.aggregate_subject (family, cell, digests)
        SELECT p.family, p.cell,
               CASE WHEN p.subjects[1] IS NULL
                   THEN array_fill(NULL::bytea, ARRAY[cardinality(p.subjects)])
                   ELSE ARRAY(SELECT substr(sha256(p.outer_pad
                                                   || sha256(p.inner_pad
                                                             || convert_to(s.subject, 'UTF8'))),
                                            1, 16)
                              FROM unnest(p.subjects) s (subject)) END
        FROM placed p WHERE cardinality(p.subjects) > 0
    ), deltas AS (
        INSERT INTO retention.aggregate_open (family, cell, measures)
        SELECT p.family, p.cell, p.measures FROM placed p
        RETURNING measures[1] AS records
    )
    SELECT sum(d.records)::bigint INTO counted FROM deltas d;
    RETURN counted;
END
$function$;
REVOKE ALL ON FUNCTION retention.roll_up(text, text, text, text, retention.aggregate_part[])
    FROM PUBLIC;
GRANT EXECUTE ON FUNCTION retention.roll_up(text, text, text, text, retention.aggregate_part[])
    TO @prefix@worker;
