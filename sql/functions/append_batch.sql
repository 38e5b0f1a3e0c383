-- The entry of a batch, and its sorted record digests (NULL where evidence is counts), in the
-- transaction that did it. The entry was composed by the worker; here its lines are held against
-- the arguments, and its xid against this transaction: no entry without its deletion.
--
-- The unique index on (run, seq) makes a batch that was repeated after a lost COMMIT fail (23505).
CREATE OR REPLACE FUNCTION retention.append_batch(run uuid, seq bigint, term bigint, category text,
    relation text, rows bigint, entry text, refs bytea) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
#variable_conflict use_column
DECLARE
    line constant text[] := string_to_array(append_batch.entry, E'\n');
BEGIN
    PERFORM retention.require_term(append_batch.term);
    IF NOT EXISTS (SELECT FROM retention.run r
                   WHERE r.run = append_batch.run AND r.category = append_batch.category
                     AND r.term = append_batch.term AND r.status = 'running') THEN
        RAISE EXCEPTION USING ERRCODE = 'RT003',
            MESSAGE = format('the run of category "%s" has ended', append_batch.category);
    END IF;
    IF (cardinality(line) IS DISTINCT FROM 14
            OR line[1] <> 'retention-log-entry/v1' OR line[2] <> 'type batch'
            OR line[3] COLLATE "C" !~ '^time \d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$'
            OR line[4] COLLATE "C" !~ '^salt [0-9a-f]{32}$'
            OR line[5] <> 'run ' || replace(append_batch.run::text, '-', '')
            OR line[6] <> 'seq ' || append_batch.seq
            OR line[7] <> 'category ' || retention.percent_encode(append_batch.category)
            OR line[8] <> 'relation ' || retention.percent_encode(append_batch.relation)
            OR line[9] NOT IN ('action delete', 'action deidentify', 'action aggregate')
            OR line[10] COLLATE "C" !~ '^epoch (0|[1-9][0-9]*)$'
            OR line[11] <> 'rows ' || append_batch.rows
            OR line[12] COLLATE "C" !~ CASE WHEN append_batch.refs IS NULL THEN '^records none$'
                                            ELSE '^records [0-9a-f]{64}$' END
            OR line[13] <> 'xid ' || pg_current_xact_id()::text
            OR line[14] <> ''
            OR append_batch.rows < 1
            OR coalesce(octet_length(append_batch.refs) <> 32 * append_batch.rows,
                false)) IS NOT FALSE
            THEN
        RAISE EXCEPTION USING ERRCODE = 'RT011',
            MESSAGE = 'the log entry does not tell of this batch in this transaction';
    END IF;
    INSERT INTO retention.log_entry (type, run, seq, category, relation, rows, entry)
        VALUES ('batch', append_batch.run, append_batch.seq, append_batch.category,
                append_batch.relation, append_batch.rows, append_batch.entry);
    IF append_batch.refs IS NOT NULL THEN
        INSERT INTO retention.log_records (run, seq, refs)
            VALUES (append_batch.run, append_batch.seq, append_batch.refs);
    END IF;
END
$function$;
REVOKE ALL ON FUNCTION retention.append_batch(uuid, bigint, bigint, text, text, bigint, text, bytea)
    FROM PUBLIC;
GRANT EXECUTE ON FUNCTION retention.append_batch(uuid, bigint, bigint, text, text, bigint, text,
    bytea)
    TO @prefix@worker;
