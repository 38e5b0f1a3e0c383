-- Composes and appends an entry that belongs to no batch, byte for byte as LOG-FORMAT has it.
--
-- What stands in an entry of each type, in which order and form, is the table entry_type; `fields`
-- holds the values by name, plain: names are encoded here, a timestamp becomes UTC to the second,
-- JSON null (or a field left out) is "none" where that is allowed. `run` is the run that the entry
-- tells of, stored beside it. The number of the entry comes from entry_counter, whose row stays
-- locked until the transaction ends: numbers follow the order of commits and leave no holes.
-- Returns log_entry.id. Internal: no role may execute it.
CREATE OR REPLACE FUNCTION retention.write_entry(type text, run uuid, category text, fields jsonb)
RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    written_at constant timestamptz := clock_timestamp();
    field record;
    value text;
    lines text;
    known text[] := '{}';
    stray text;
    number bigint;
    entry_id bigint;
BEGIN
    lines := E'retention-log-entry/v1\ntype ' || write_entry.type
        || E'\ntime ' || to_char(written_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
        || E'\nsalt ' || encode(substr(sha256(uuid_send(gen_random_uuid())
                                       || uuid_send(gen_random_uuid())), 1, 16), 'hex')
        || E'\n';
    FOR field IN SELECT t.field AS name, t.format, t.words, t.optional
                 FROM retention.entry_type t WHERE t.type = write_entry.type ORDER BY t.place
    LOOP
        known := known || field.name;
        value := fields ->> field.name;
        IF value IS NULL THEN
            IF NOT field.optional THEN
                RAISE EXCEPTION USING ERRCODE = 'RT011',
                    MESSAGE = format('log entry of type "%s" lacks its field "%s"',
                                     write_entry.type, field.name);
            END IF;
            value := 'none';
        ELSE
            IF field.format = 'name' AND value <> '*' THEN
                value := retention.percent_encode(value);
            ELSIF field.format = 'time' THEN
                value := to_char(value::timestamptz AT TIME ZONE 'UTC',
                    'YYYY-MM-DD"T"HH24:MI:SS"Z"');
            ELSIF field.format = 'hex16' THEN
                value := replace(value, '-', '');
            END IF;
            IF NOT value COLLATE "C" ~ (CASE field.format
                    WHEN 'name' THEN '^([A-Za-z0-9_.%-]+|\*)$'
                    WHEN 'number' THEN '^(0|[1-9][0-9]*)$'
                    WHEN 'time' THEN '^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$'
                    WHEN 'hex16' THEN '^[0-9a-f]{32}$'
                    WHEN 'hex32' THEN '^[0-9a-f]{64}$'
                    WHEN 'word' THEN '^(' || field.words || ')$'
                    ELSE '^[!-~]([ -~]*[!-~])?$' END) THEN
                RAISE EXCEPTION USING ERRCODE = 'RT011',
                    MESSAGE = format('log entry of type "%s": the value of field "%s" is no %s',
                                     write_entry.type, field.name, field.format);
            END IF;
        END IF;
        lines := lines || field.name || ' ' || value || E'\n';
    END LOOP;

    SELECT k INTO stray FROM jsonb_object_keys(fields) k WHERE k <> ALL (known) LIMIT 1;
    IF cardinality(known) = 0 OR stray IS NOT NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'RT011',
            MESSAGE = CASE WHEN stray IS NULL
                THEN format('unknown type of log entry "%s"', write_entry.type)
                ELSE format('log entry of type "%s" has no field "%s"', write_entry.type, stray)
                END;
    END IF;

    INSERT INTO retention.entry_counter AS c (type, next) VALUES (write_entry.type, 1)
        ON CONFLICT ON CONSTRAINT entry_counter_pkey DO UPDATE SET next = c.next + 1
        RETURNING c.next - 1 INTO number;
    INSERT INTO retention.log_entry (type, seq, run_ref, category, relation, entry, at)
        VALUES (write_entry.type, number, write_entry.run, write_entry.category,
                fields ->> 'relation', lines, written_at)
        RETURNING id INTO entry_id;
    RETURN entry_id;
END
$function$;
REVOKE ALL ON FUNCTION retention.write_entry(text, uuid, text, jsonb) FROM PUBLIC;
