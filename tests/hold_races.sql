-- What sessions do beside an enforcement in tests/test_hold_races.c: each procedure goes on, one
-- transaction after the other, until a row stands in race.stop.
CREATE SCHEMA race;
CREATE TABLE race.stop (at timestamptz);
CREATE TABLE race.placed (hold uuid, permanent boolean, s text, t int, f timestamptz, u timestamptz,
    k int);
CREATE TABLE race.must_stay (id int, why text);
CREATE TABLE race.lost (id int, why text);
CREATE SEQUENCE race.round;

-- Ten digits, as people write them.
CREATE FUNCTION race.spelled(s text) RETURNS text LANGUAGE sql AS $$
    SELECT CASE floor(random() * 4)::int WHEN 0 THEN s WHEN 1 THEN '+1' || s
        WHEN 2 THEN '(' || left(s, 3) || ') ' || substr(s, 4, 3) || '-' || right(s, 4)
        ELSE '001 ' || left(s, 3) || '.' || substr(s, 4) END
$$;
-- Places holds of every shape at random moments. As soon as one is committed, what it covers is
-- written down: it must be there at the end (permanent), or until the hold is released.
CREATE PROCEDURE race.place(permanent boolean) LANGUAGE plpgsql AS $$
DECLARE
    r record;
    p race.placed;
    shape int;
    ids int[];
    gone int;
BEGIN
    LOOP
        EXIT WHEN EXISTS (SELECT FROM race.stop);
        PERFORM pg_sleep(random() * 0.01);
        SELECT t.id, t.tenant, t.at, (race.phones(t.id))[1] AS phone INTO r
            FROM public.rec t WHERE t.due OFFSET floor(random() * 300) LIMIT 1;
        CONTINUE WHEN NOT FOUND;
        shape := floor(random() * 9)::int;
        p := ROW(NULL, permanent,
            CASE WHEN shape IN (0, 1, 2, 3, 8) THEN r.phone END,
            CASE WHEN shape IN (2, 3, 4, 5) THEN r.tenant END,
            CASE WHEN shape IN (1, 3, 5, 6) THEN r.at - interval '2 hours' END,
            CASE WHEN shape IN (1, 3, 5, 6) THEN r.at + interval '2 hours' END,
            CASE WHEN shape IN (7, 8) THEN r.id END)::race.placed;
        CONTINUE WHEN p.s IS NULL AND p.t IS NULL AND p.f IS NULL AND p.k IS NULL;
        PERFORM nextval('race.round');
        p.hold := retention.place_hold(matter => 'race', reason => 'a test',
            category => CASE WHEN p.k IS NOT NULL OR random() < 0.7 THEN 'recs' END,
            accept_gaps => race.gaps(), subject => 'phone:' || race.spelled(p.s),
            tenant => p.t::text, starts_from => p.f, starts_to => p.u,
            record_key => CASE WHEN p.k IS NOT NULL THEN ARRAY[p.k::text] END);
        COMMIT;
        -- a snapshot that is younger than the commit
        ids := ARRAY(SELECT t.id FROM public.rec t
            WHERE (p.s IS NULL OR p.s = ANY (race.phones(t.id))) AND (p.t IS NULL OR t.tenant = p.t)
              AND (p.f IS NULL OR t.at >= p.f AND t.at < p.u) AND (p.k IS NULL OR t.id = p.k));
        IF permanent THEN
            INSERT INTO race.must_stay SELECT i, p::text FROM unnest(ids) i;
            INSERT INTO race.placed SELECT p.*;
            COMMIT;
        ELSE
            COMMIT;
            PERFORM pg_sleep(random() * 0.03);
            INSERT INTO race.lost SELECT i, p::text FROM unnest(ids) i
                WHERE NOT EXISTS (SELECT FROM public.rec t WHERE t.id = i);
            COMMIT;
            PERFORM retention.release_hold(p.hold, 'a test');
            COMMIT;
        END IF;
    END LOOP;
END $$;
-- The application: records become those that a hold covers, while batches wait for their rows.
CREATE PROCEDURE race.change() LANGUAGE plpgsql AS $$
DECLARE
    h race.placed;
    r int;
    done boolean;
BEGIN
    LOOP
        EXIT WHEN EXISTS (SELECT FROM race.stop);
        SELECT * INTO h FROM race.placed p WHERE p.k IS NULL ORDER BY random() LIMIT 1;
        IF NOT FOUND THEN
            PERFORM pg_sleep(0.002);
            COMMIT;
            CONTINUE;
        END IF;
        SELECT t.id INTO r FROM public.rec t WHERE t.due OFFSET floor(random() * 300) LIMIT 1;
        CONTINUE WHEN NOT FOUND;
        done := true;
        -- else the phone alone, which may stand in a dependant: the record is not touched
        IF h.s IS NULL OR h.t IS NOT NULL OR h.f IS NOT NULL OR random() < 0.3 THEN
            UPDATE public.rec t SET tenant = coalesce(h.t, t.tenant),
                    at = coalesce(h.f + interval '1 hour', t.at)
                WHERE t.id = r;
            done := FOUND;
        END IF;
        IF h.s IS NOT NULL AND done THEN
            done := race.call(r, race.spelled(h.s));
        END IF;
        PERFORM pg_sleep(random() * 0.02);
        COMMIT;
        IF done THEN
            INSERT INTO race.must_stay VALUES (r, 'changed to ' || h::text);
            COMMIT;
        END IF;
    END LOOP;
END $$;
-- Another category: its text changes, and is approved, all the time.
CREATE PROCEDURE race.load() LANGUAGE plpgsql AS $$
DECLARE
    body text;
BEGIN
    LOOP
        EXIT WHEN EXISTS (SELECT FROM race.stop);
        body := 'others ' || random();
        BEGIN
            PERFORM retention.load_policy(NULL, 'others',
                encode(sha256(convert_to(body, 'UTF8')), 'hex'),
                (SELECT c.approved_sha256 FROM retention.category c WHERE c.name = 'others'), body,
                'observe', 'public.other', '{public.other}', 'x', true, 'Others',
                jsonb_build_object('subjects', jsonb_build_array(jsonb_build_object('kind', 'phone',
                    'as', 'e164', 'type', 'text', 'form', 'phone e164 text')), 'start', true,
                    'key', '[]'::jsonb, 'count', body));
        EXCEPTION WHEN SQLSTATE 'RT011' OR SQLSTATE 'RT024' THEN NULL; -- refused, for a hold maybe
        END;
        COMMIT;
        PERFORM pg_sleep(random() * 0.02);
    END LOOP;
END $$;
CREATE PROCEDURE race.approve() LANGUAGE plpgsql AS $$
BEGIN
    LOOP
        EXIT WHEN EXISTS (SELECT FROM race.stop);
        BEGIN
            PERFORM retention.approve_policy(c.name, c.loaded_sha256, NULL)
                FROM retention.category c WHERE c.name = 'others' AND c.state = 'suspended';
        EXCEPTION WHEN SQLSTATE 'RT011' OR SQLSTATE 'RT024' THEN NULL; -- refused, for a hold maybe
        END;
        COMMIT;
        PERFORM pg_sleep(random() * 0.02);
    END LOOP;
END $$;
GRANT USAGE ON SCHEMA race TO PUBLIC;
GRANT ALL ON ALL TABLES IN SCHEMA race TO PUBLIC;
GRANT ALL ON ALL SEQUENCES IN SCHEMA race TO PUBLIC;
