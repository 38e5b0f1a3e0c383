-- One entry of the directory gets its place again: see recover_begin. True if it had to be written.
CREATE OR REPLACE FUNCTION retention.recover_entry(index bigint, entry text, type text,
    run uuid, seq bigint, category text, relation text, rows bigint, refs bytea) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
#variable_conflict use_column
DECLARE
    of_category text := recover_entry.category;
    place bigint;
    number bigint;
    written boolean := false;
    at constant timestamptz :=
        substring(recover_entry.entry FROM '\ntime ([0-9TZ:-]+)\n')::timestamptz;
BEGIN
    -- What ends a run, or tells of its numbers, names the run alone: the category is its plan's.
    IF of_category IS NULL AND recover_entry.run IS NOT NULL THEN
        of_category := coalesce(
            (SELECT r.category FROM retention.run r WHERE r.run = recover_entry.run),
            (SELECT p.category FROM retention.log_entry p
                 WHERE p.type = 'plan' AND p.run_ref = recover_entry.run LIMIT 1));
    END IF;
    IF recover_entry.type = 'batch' THEN
        SELECT e.id INTO place FROM retention.log_entry e
            WHERE e.run = recover_entry.run AND e.seq = recover_entry.seq
              AND e.entry = recover_entry.entry;
    ELSE
        SELECT e.id INTO place FROM retention.log_pending p
            JOIN retention.log_entry e ON e.id = p.entry
            WHERE e.entry = recover_entry.entry AND e.run IS NULL;
    END IF;
    IF place IS NULL THEN
        written := true;
        IF recover_entry.type = 'batch' THEN
            INSERT INTO retention.log_entry (type, run, seq, category, relation, rows, entry,
                                             at)
                VALUES ('batch', recover_entry.run, recover_entry.seq, recover_entry.category,
                        recover_entry.relation, recover_entry.rows, recover_entry.entry, at)
                RETURNING id INTO place;
        ELSE
            INSERT INTO retention.entry_counter AS c (type, next) VALUES (recover_entry.type, 1)
                ON CONFLICT ON CONSTRAINT entry_counter_pkey DO UPDATE SET next = c.next + 1
                RETURNING c.next - 1 INTO number;
            INSERT INTO retention.log_entry (type, seq, run_ref, category, relation, entry, at)
                VALUES (recover_entry.type, number, recover_entry.run, of_category,
                        recover_entry.relation, recover_entry.entry, at)
                RETURNING id INTO place;
        END IF;
    END IF;
    IF recover_entry.refs IS NOT NULL AND recover_entry.type = 'batch' THEN
        INSERT INTO retention.log_records (run, seq, refs)
            VALUES (recover_entry.run, recover_entry.seq, recover_entry.refs)
            ON CONFLICT ON CONSTRAINT log_records_pkey DO NOTHING;
    END IF;
    -- What the lost entry said has to be known: its epoch's number is taken, its key is gone; the
    -- day's figures were told; who stopped something, stopped it.
    IF recover_entry.type = 'epoch' THEN
        INSERT INTO retention.epoch_key (epoch, wrapped, commit, shredded_at)
            VALUES (substring(recover_entry.entry FROM '\nepoch (\d+)\n')::bigint, NULL,
                    decode(substring(recover_entry.entry FROM '\ncommit ([0-9a-f]+)\n'), 'hex'),
                    clock_timestamp())
            ON CONFLICT ON CONSTRAINT epoch_key_pkey DO NOTHING;
    ELSIF recover_entry.type = 'shred' THEN
        UPDATE retention.epoch_key k SET wrapped = NULL, shredded_at = clock_timestamp()
            WHERE k.epoch = substring(recover_entry.entry FROM '\nepoch (\d+)\n')::bigint
              AND k.shredded_at IS NULL;
    ELSIF recover_entry.type = 'plan' THEN
        -- A run that the database forgot: the next leader ends it, unless `done` follows here.
        INSERT INTO retention.run (run, category, stage, sha256, relation, action, term, run_time,
                                   due, held, to_act)
            SELECT recover_entry.run, t.category, 'recovered', t.sha256, recover_entry.relation,
                   substring(recover_entry.entry FROM '\naction ([a-z]+)\n'), 0,
                   substring(recover_entry.entry FROM '\nnow ([0-9TZ:-]+)\n')::timestamptz,
                   n.due, n.held, n.due - n.held
            FROM retention.policy_text t JOIN retention.category c ON c.name = t.category,
                (SELECT substring(recover_entry.entry FROM '\ndue (\d+)\n')::bigint AS due,
                        substring(recover_entry.entry FROM '\nheld (\d+)\n')::bigint AS held) n
            WHERE t.category = recover_entry.category
              AND t.sha256 = substring(recover_entry.entry FROM '\nsha256 ([0-9a-f]{64})\n')
            ON CONFLICT ON CONSTRAINT run_pkey DO NOTHING;
    ELSIF recover_entry.type = 'done' THEN
        UPDATE retention.run r SET finished_at = clock_timestamp(),
                status = substring(recover_entry.entry FROM '\nstatus ([a-z]+)\n'),
                batches = substring(recover_entry.entry FROM '\nbatches (\d+)\n')::bigint,
                rows = substring(recover_entry.entry FROM '\nrows (\d+)\n')::bigint,
                message = 'undone: the database was restored'
            WHERE r.run = recover_entry.run AND r.status = 'running';
    ELSIF written AND recover_entry.type = 'pause' THEN
        PERFORM retention.recover_pause(recover_entry.entry);
    ELSIF written AND recover_entry.type = 'brake' THEN
        UPDATE retention.category c SET
                brake_engaged_at = CASE WHEN recover_entry.entry ~ '\nwhat engaged\n'
                                        THEN clock_timestamp() END,
                brake_run = recover_entry.run,
                brake_due = substring(recover_entry.entry FROM '\ndue (\d+)\n')::bigint,
                brake_limit = substring(recover_entry.entry FROM '\nlimit (\d+)\n')::bigint
            WHERE c.name = recover_entry.category;
    ELSIF recover_entry.type = 'compliance' THEN
        INSERT INTO retention.compliance_day (category, day, entry)
            VALUES (recover_entry.category,
                    substring(recover_entry.entry FROM '\nday ([0-9-]+)\n')::date, place)
            ON CONFLICT ON CONSTRAINT compliance_day_pkey DO NOTHING;
    END IF;
    INSERT INTO retention.log_leaf (index, entry, leaf_hash)
        VALUES (recover_entry.index, place,
                sha256('\x00'::bytea || convert_to(recover_entry.entry, 'UTF8')));
    DELETE FROM retention.log_pending p WHERE p.entry = place;
    RETURN written;
END
$function$;
REVOKE ALL ON FUNCTION retention.recover_entry(bigint, text, text, uuid, bigint, text, text, bigint,
    bytea) FROM PUBLIC;
