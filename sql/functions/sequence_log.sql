-- Gives up to `most` of the entries that are visible and have no place in the tree theirs: dense
-- indices, in the order of ids. Returns the size of the tree, and whether more entries wait.
--
-- An entry whose transaction is still open comes later: what is visible is in log_pending, whatever
-- its id. No row that a batch has written is locked: log_leaf is the sequencer's own, and rows of
-- log_pending are visible only after their batch.
--
-- Holes. Entries that belong to no batch have a number in their type, taken under a lock that is
-- kept until COMMIT: the one before must have its place when one gets it. The batches of a run must
-- all have theirs when `done` does. Where one has not, it lost its row in log_pending, or itself: an
-- entry `anomaly` says so, once, and what is still there is put in its place now. The last of a type
-- that is gone itself is missed without waiting for the next. (A counter and its entry are seen by
-- one snapshot: what is not committed yet is in neither.)
CREATE OR REPLACE FUNCTION retention.sequence_log(term bigint, most int,
    OUT size bigint, OUT more boolean)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET jit = off
SET enable_hashjoin = off
SET enable_mergejoin = off
SET enable_seqscan = off
SET plan_cache_mode = force_generic_plan
AS $function$
#variable_conflict use_column
DECLARE
    told constant text := E'\nseq %s\ncode lost.%s\n';
    slice bigint[];
    placed bigint;
    suspect text[];
    lost record;
BEGIN
    PERFORM retention.require_control(sequence_log.term);
    LOCK TABLE retention.log_leaf IN SHARE ROW EXCLUSIVE MODE;
    SELECT l.index + 1 INTO size FROM retention.log_leaf l ORDER BY l.index DESC LIMIT 1;
    IF size IS NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'RT011', MESSAGE = 'the log was not begun';
    END IF;
    FOR lost IN
        SELECT c.type, c.next - 1 AS seq FROM retention.entry_counter c
        WHERE c.next > 0
          AND NOT EXISTS (SELECT FROM retention.log_entry e
                          WHERE e.type = c.type AND e.seq = c.next - 1 AND e.run IS NULL)
    LOOP
        IF NOT EXISTS (SELECT FROM retention.log_entry a
                       WHERE a.type = 'anomaly' AND a.run IS NULL
                         AND strpos(a.entry, format(told, lost.seq, lost.type)) > 0) THEN
            PERFORM retention.write_entry('anomaly', NULL, NULL, jsonb_build_object(
                'run', '00000000-0000-0000-0000-000000000000',
                'seq', lost.seq, 'code', 'lost.' || lost.type));
        END IF;
    END LOOP;
    SELECT array_agg(p.entry ORDER BY p.entry) INTO slice
        FROM (SELECT w.entry FROM retention.log_pending w ORDER BY w.entry LIMIT most) p;
    IF slice IS NULL THEN
        more := false;
        RETURN;
    END IF;

    INSERT INTO retention.log_leaf (index, entry, leaf_hash)
        SELECT size - 1 + row_number() OVER (ORDER BY e.id), e.id,
               sha256('\x00'::bytea || convert_to(e.entry, 'UTF8'))
        FROM unnest(slice) s (id) JOIN retention.log_entry e USING (id)
        WHERE NOT EXISTS (SELECT FROM retention.log_leaf l WHERE l.entry = e.id);
    GET DIAGNOSTICS placed = ROW_COUNT;
    size := size + placed;
    DELETE FROM retention.log_pending p WHERE p.entry = ANY (slice);

    -- Mostly the numbers of each type follow on one another, and the first on one that has a place.
    SELECT array_agg(t.type) INTO suspect
        FROM (SELECT e.type, min(e.seq) AS first, max(e.seq) AS last, count(*) AS n
              FROM unnest(slice) s (id) JOIN retention.log_entry e USING (id)
              WHERE e.run IS NULL GROUP BY e.type) t
        WHERE t.n <> t.last - t.first + 1
           OR t.first > 0 AND NOT EXISTS (
               SELECT FROM retention.log_entry b JOIN retention.log_leaf l ON l.entry = b.id
               WHERE b.type = t.type AND b.seq = t.first - 1 AND b.run IS NULL);
    FOR lost IN
        SELECT e.type, NULL::uuid AS run, e.seq - 1 AS seq, b.id
        FROM unnest(slice) s (id) JOIN retention.log_entry e USING (id)
            LEFT JOIN retention.log_entry b
                ON b.type = e.type AND b.seq = e.seq - 1 AND b.run IS NULL
        WHERE e.run IS NULL AND e.seq > 0 AND e.type = ANY (suspect)
          AND NOT EXISTS (SELECT FROM retention.log_leaf l WHERE l.entry = b.id)
        UNION ALL
        SELECT 'batch', b.run, b.seq, b.id
        FROM unnest(slice) s (id) JOIN retention.log_entry e USING (id)
            JOIN retention.log_entry b ON b.run = e.run_ref
        WHERE e.type = 'done'
          AND NOT EXISTS (SELECT FROM retention.log_leaf l WHERE l.entry = b.id)
        UNION ALL
        SELECT 'entry', NULL, s.id, NULL
        FROM unnest(slice) s (id)
        WHERE NOT EXISTS (SELECT FROM retention.log_entry e WHERE e.id = s.id)
    LOOP
        CONTINUE WHEN lost.id IS NULL AND lost.run IS NULL
            AND EXISTS (SELECT FROM retention.log_entry a
                        WHERE a.type = 'anomaly' AND a.run IS NULL
                          AND strpos(a.entry, format(told, lost.seq, lost.type)) > 0);
        IF lost.id IS NOT NULL THEN
            INSERT INTO retention.log_pending (entry) VALUES (lost.id) ON CONFLICT DO NOTHING;
        END IF;
        PERFORM retention.write_entry('anomaly', lost.run, NULL, jsonb_build_object(
            'run', coalesce(lost.run, '00000000-0000-0000-0000-000000000000'),
            'seq', lost.seq,
            'code', CASE WHEN lost.id IS NULL THEN 'lost.' ELSE 'unplaced.' END || lost.type));
    END LOOP;
    more := EXISTS (SELECT FROM retention.log_pending);
END
$function$;
REVOKE ALL ON FUNCTION retention.sequence_log(bigint, int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION retention.sequence_log(bigint, int) TO @prefix@worker;
