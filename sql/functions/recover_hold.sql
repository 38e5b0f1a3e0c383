-- A hold comes back from its copy in the log directory: see hold_mirrors, and recover_begin, whose
-- transaction this belongs to. Says what became of it: "back", or "no category" where it names one
-- that is not loaded, and nothing was done.
--
-- Where nothing happened to the hold here since the backup, its rows become those of the copy, value
-- for value. Where it was placed, extended, narrowed or released again meanwhile, both count: what
-- the copy has is added, under other part numbers if these are taken, and what was ended here since
-- stays as it is. Log entries that no checkpoint covered, and that are therefore nowhere else, are
-- appended anew.
CREATE OR REPLACE FUNCTION retention.recover_hold(hold uuid, body jsonb) RETURNS text
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET timezone = 'UTC'
AS $function$
#variable_conflict use_column
DECLARE
    h constant retention.hold := jsonb_populate_record(NULL::retention.hold, body -> 'hold');
    of_hold constant text :=
        '%' || E'\nhold ' || replace(recover_hold.hold::text, '-', '') || E'\n%';
    changed boolean;
    p record;
    place int;
    line text;
    number bigint;
BEGIN
    IF h.hold IS DISTINCT FROM recover_hold.hold THEN
        RAISE EXCEPTION USING ERRCODE = 'RT011', MESSAGE = 'the copy is that of another hold';
    END IF;
    IF h.category IS NOT NULL
            AND NOT EXISTS (SELECT FROM retention.category c WHERE c.name = h.category) THEN
        RETURN 'no category';
    END IF;
    changed := EXISTS (SELECT FROM retention.log_entry e
        WHERE e.type = 'hold' AND e.run IS NULL AND e.entry LIKE of_hold
          AND NOT coalesce(nullif(body -> 'entries', 'null'), '[]') ? e.entry);

    PERFORM retention.recover_hold_rules(body -> 'rules');
    INSERT INTO retention.matter
        SELECT (jsonb_populate_record(NULL::retention.matter, body -> 'matter')).*
        ON CONFLICT DO NOTHING;
    INSERT INTO retention.hold AS o SELECT (h).*
        ON CONFLICT ON CONSTRAINT hold_pkey DO UPDATE
            SET accept_gaps = excluded.accept_gaps, released_at = excluded.released_at,
                released_by = excluded.released_by, release_reason = excluded.release_reason,
                held_until = excluded.held_until
            WHERE NOT changed;
    IF NOT changed THEN
        DELETE FROM retention.hold_subject s WHERE s.hold = h.hold;
        DELETE FROM retention.hold_key k WHERE k.hold = h.hold;
        DELETE FROM retention.hold_request q WHERE q.hold = h.hold;
    END IF;
    FOR p IN SELECT r.* FROM jsonb_populate_recordset(NULL::retention.hold_part,
                                                      coalesce(nullif(body -> 'parts', 'null'), '[]')) r
             ORDER BY r.part
    LOOP
        place := p.part;
        IF changed AND EXISTS (SELECT FROM retention.hold_part o
                               WHERE o.hold = h.hold AND o.part = p.part
                                 AND (o.placed_at, o.placed_by)
                                     IS DISTINCT FROM (p.placed_at, p.placed_by)) THEN
            SELECT max(o.part) + 1 INTO place FROM retention.hold_part o WHERE o.hold = h.hold;
        END IF;
        INSERT INTO retention.hold_part AS o
            SELECT r.* FROM jsonb_populate_record(NULL::retention.hold_part,
                                                  to_jsonb(p) || jsonb_build_object('part', place)) r
            ON CONFLICT ON CONSTRAINT hold_part_pkey DO UPDATE
                SET held_until = excluded.held_until WHERE NOT changed;
        INSERT INTO retention.hold_subject
            SELECT r.* FROM jsonb_array_elements(coalesce(nullif(body -> 'subjects', 'null'), '[]')) s,
                jsonb_populate_record(NULL::retention.hold_subject,
                                      s || jsonb_build_object('part', place)) r
            WHERE (s ->> 'part')::int = p.part
            ON CONFLICT DO NOTHING;
        INSERT INTO retention.hold_key
            SELECT r.* FROM jsonb_array_elements(coalesce(nullif(body -> 'keys', 'null'), '[]')) s,
                jsonb_populate_record(NULL::retention.hold_key,
                                      s || jsonb_build_object('part', place)) r
            WHERE (s ->> 'part')::int = p.part
            ON CONFLICT DO NOTHING;
    END LOOP;
    -- What was released here since ends as a whole, parts that only the copy has among it.
    UPDATE retention.hold_part o SET held_until = x.held_until
        FROM retention.hold x
        WHERE x.hold = h.hold AND o.hold = x.hold AND x.released_at IS NOT NULL
          AND o.held_until > x.held_until;
    -- One that waits there may have been withdrawn since, which makes no entry and no new copy; and it is
    -- about the parts as they were numbered in the copy. It has to be made again.
    INSERT INTO retention.hold_request
        SELECT q.* FROM jsonb_array_elements(coalesce(nullif(body -> 'requests', 'null'), '[]')) r,
            jsonb_populate_record(NULL::retention.hold_request, r
                || CASE WHEN r ->> 'decided_at' IS NULL
                        THEN jsonb_build_object('decision', 'withdrawn',
                            'decision_reason', 'the hold came back from its copy: ask again',
                            'decided_by', session_user, 'decided_at', clock_timestamp())
                        ELSE '{}' END) q
        ON CONFLICT DO NOTHING;

    FOR line IN SELECT e.value
                FROM jsonb_array_elements_text(coalesce(nullif(body -> 'entries', 'null'), '[]'))
                    WITH ORDINALITY e (value, place)
                WHERE NOT EXISTS (SELECT FROM retention.log_entry o
                                  WHERE o.type = 'hold' AND o.run IS NULL AND o.entry = e.value)
                ORDER BY e.place
    LOOP
        INSERT INTO retention.entry_counter AS c (type, next) VALUES ('hold', 1)
            ON CONFLICT ON CONSTRAINT entry_counter_pkey DO UPDATE SET next = c.next + 1
            RETURNING c.next - 1 INTO number;
        INSERT INTO retention.log_entry (type, seq, category, entry, at)
            VALUES ('hold', number, h.category, line,
                    substring(line FROM '\ntime ([0-9TZ:-]+)\n')::timestamptz);
    END LOOP;

    DELETE FROM retention.hold_lost l WHERE l.hold = h.hold;
    PERFORM retention.close_hold_gate();
    UPDATE retention.held_scope s SET held_until = o.held_until
        FROM retention.hold_part o
        WHERE s.hold = h.hold AND (o.hold, o.part) = (s.hold, s.part)
          AND s.held_until > o.held_until;
    PERFORM retention.apply_hold_parts(NULL, ARRAY[h.hold]);
    RETURN 'back';
END
$function$;
REVOKE ALL ON FUNCTION retention.recover_hold(uuid, jsonb) FROM PUBLIC;
