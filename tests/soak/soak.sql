-- The application of the soak (tests/soak/soak.c), its books, and what must be true by them.
--
-- Every change of a record stands in soak.journal, written by the transaction that makes it: what
-- the record is from then on, or that the application took it away. Nothing here reads schema
-- retention: what should have happened is worked out from the journal alone.
CREATE SCHEMA shop;
CREATE TABLE shop.visit (
    id bigint PRIMARY KEY,
    tenant int NOT NULL,
    phone text,
    at timestamptz
);
CREATE INDEX ON shop.visit (at);
CREATE TABLE shop.call (
    id bigint PRIMARY KEY,
    tenant int NOT NULL,
    phone text,
    at timestamptz
);
CREATE INDEX ON shop.call (at);
CREATE TABLE shop.transcript (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    call bigint NOT NULL REFERENCES shop.call
);
CREATE INDEX ON shop.transcript (call);
CREATE TABLE shop.message (
    id bigint PRIMARY KEY,
    tenant int NOT NULL,
    phone text,
    at timestamptz
) PARTITION BY HASH (id);
CREATE TABLE shop.message_0 PARTITION OF shop.message FOR VALUES WITH (modulus 2, remainder 0);
CREATE TABLE shop.message_1 PARTITION OF shop.message FOR VALUES WITH (modulus 2, remainder 1);
CREATE INDEX ON shop.message (at);

CREATE SCHEMA soak;
CREATE SEQUENCE soak.key;
CREATE TABLE soak.journal (
    entry bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    category text NOT NULL,
    key bigint NOT NULL,
    what text NOT NULL CHECK (what IN ('is', 'out')),
    tenant int,
    phone text,
    at timestamptz
);
CREATE INDEX ON soak.journal (category, key, entry);
CREATE TABLE soak.hold (
    hold uuid PRIMARY KEY,
    category text,
    tenant int,
    phone text,
    key bigint,
    starts_from timestamptz,
    starts_to timestamptz,
    state text NOT NULL DEFAULT 'wanted' -- placed: its COMMIT was seen; over: its release was asked
);
CREATE TABLE soak.gone_before (hold uuid NOT NULL, category text NOT NULL, key bigint NOT NULL);
CREATE INDEX ON soak.gone_before (hold);
CREATE TABLE soak.seen_gone (category text, key bigint, PRIMARY KEY (category, key));
CREATE TABLE soak.last_run (begun timestamptz);
CREATE TABLE soak.violation (at timestamptz NOT NULL DEFAULT clock_timestamp(), what text NOT NULL);

-- --- the application ---

CREATE FUNCTION soak.table_of(category text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE category WHEN 'visits' THEN 'shop.visit' WHEN 'calls' THEN 'shop.call'
                         WHEN 'messages' THEN 'shop.message' END
$$;
CREATE FUNCTION soak.phone(pick int) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE pick % 4 WHEN 0 THEN '' || 4105550000 + pick % 400
                         WHEN 1 THEN '+1' || 4105550000 + pick % 400
                         WHEN 2 THEN '(410) 555-0' || lpad((pick % 400)::text, 3, '0') END
$$;
-- The number that a spelling means; what the policies' as = "e164" must come to.
CREATE FUNCTION soak.digits(phone text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT right(regexp_replace(phone, '[^0-9]', '', 'g'), 10)
$$;
-- Records that are due already, that fall due within half a minute, and that stay.
CREATE FUNCTION soak.insert(category text, count int, pick int) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('WITH i AS (INSERT INTO %s (id, tenant, phone, at)
        SELECT nextval(''soak.key''), ($2 + g) %% 100, soak.phone($2 + g * 7),
            clock_timestamp() - interval ''30 days'' + CASE g %% 4 WHEN 3 THEN interval ''10 days''
                WHEN 2 THEN random() * interval ''30 s'' ELSE -g * interval ''1 minute'' END
        FROM generate_series(1, $1) g RETURNING *)
        INSERT INTO soak.journal (category, key, what, tenant, phone, at)
        SELECT %L, id, ''is'', tenant, phone, at FROM i', soak.table_of(category), category)
        USING count, pick;
    IF category = 'calls' THEN
        INSERT INTO shop.transcript (call) SELECT id FROM shop.call ORDER BY id DESC LIMIT count / 2;
    END IF;
END $$;
CREATE FUNCTION soak.act(pick int) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    category text := (ARRAY['visits', 'calls', 'messages'])[1 + pick % 3];
    t text := soak.table_of(category);
    few constant text := format('(SELECT id FROM %s OFFSET %s LIMIT 3)', t, pick % 400);
BEGIN
    CASE pick / 3 % 6
    WHEN 0, 1 THEN
        PERFORM soak.insert(category, 12, pick);
    WHEN 2 THEN -- takes away what is due, and what is not
        IF category = 'calls' THEN
            EXECUTE format('DELETE FROM shop.transcript WHERE call IN %s', few);
        END IF;
        EXECUTE format('WITH o AS (DELETE FROM %s WHERE id IN %s RETURNING id)
            INSERT INTO soak.journal (category, key, what) SELECT %L, id, ''out'' FROM o',
            t, few, category);
    WHEN 3 THEN -- others' records, or due at another time
        EXECUTE format('WITH u AS (UPDATE %s SET tenant = $1 %% 100, phone = soak.phone($1),
                at = clock_timestamp() - interval ''30 days'' + (random() * 40 - 20) * interval ''1 s''
            WHERE id IN %s RETURNING *)
            INSERT INTO soak.journal (category, key, what, tenant, phone, at)
            SELECT %L, id, ''is'', tenant, phone, at FROM u', t, few, category) USING pick;
    WHEN 4 THEN -- keeps rows locked for a while
        EXECUTE format('SELECT FROM %s WHERE id IN %s FOR UPDATE', t, few);
        PERFORM pg_sleep(0.001 * (pick % 150));
    ELSE
        INSERT INTO shop.transcript (call)
            SELECT id FROM shop.call OFFSET pick % 300 LIMIT 2;
    END CASE;
END $$;

-- --- the books ---

-- What each record was last, and whether it is there.
CREATE VIEW soak.record AS
    SELECT l.*, p.id IS NOT NULL AS there FROM (
        SELECT DISTINCT ON (category, key) category, key, what, tenant, phone, at FROM soak.journal
            ORDER BY category, key, entry DESC) l
    LEFT JOIN (SELECT 'visits' AS category, id FROM shop.visit
               UNION ALL SELECT 'calls', id FROM shop.call
               UNION ALL SELECT 'messages', id FROM shop.message) p
        ON p.category = l.category AND p.id = l.key;
-- What the worker took: it is gone, and not by the application.
CREATE VIEW soak.taken AS SELECT * FROM soak.record WHERE what = 'is' AND NOT there;

CREATE FUNCTION soak.covers(h soak.hold, r soak.record) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT (h.category IS NULL OR h.category = r.category) AND (h.tenant IS NULL OR h.tenant = r.tenant)
        AND (h.phone IS NULL OR coalesce(soak.digits(h.phone) = soak.digits(r.phone), false))
        AND (h.key IS NULL OR h.key = r.key)
        AND (h.starts_from IS NULL OR coalesce(r.at >= h.starts_from AND r.at < h.starts_to, false))
$$;

-- A hold of some shape that fits a record; its row is there before anybody places it.
CREATE FUNCTION soak.want_hold(pick int) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
    r record;
    h soak.hold;
    shape int := pick % 8;
BEGIN
    EXECUTE format('SELECT * FROM %s ORDER BY at OFFSET %s LIMIT 1',
        soak.table_of((ARRAY['visits', 'calls', 'messages'])[1 + pick % 3]), pick % 200) INTO r;
    IF r.id IS NULL THEN
        RETURN NULL;
    END IF;
    h.hold := gen_random_uuid();
    h.category := CASE WHEN shape = 7 OR pick % 10 < 5
                       THEN (ARRAY['visits', 'calls', 'messages'])[1 + pick % 3] END;
    h.phone := CASE WHEN shape IN (0, 1, 2) THEN r.phone END;
    h.tenant := CASE WHEN shape IN (2, 3, 4) OR shape < 3 AND r.phone IS NULL THEN r.tenant END;
    h.starts_from := CASE WHEN shape IN (1, 4, 5, 6) THEN r.at - interval '20 s' END;
    h.starts_to := CASE WHEN shape IN (1, 4, 5, 6) THEN r.at + interval '20 s' END;
    h.key := CASE WHEN shape = 7 THEN r.id END;
    h.state := 'wanted';
    INSERT INTO soak.hold VALUES (h.*);
    RETURN h.hold;
END $$;
-- Its COMMIT was seen: what it covers and is gone by now went before.
CREATE FUNCTION soak.placed(which uuid) RETURNS void LANGUAGE sql AS $$
    INSERT INTO soak.gone_before SELECT h.hold, r.category, r.key FROM soak.hold h
        JOIN soak.record r ON r.what = 'is' AND NOT r.there AND soak.covers(h, r) WHERE h.hold = which;
    UPDATE soak.hold SET state = 'placed' WHERE hold = which;
$$;
-- A record is lost if a hold in force covers what it was last, and the worker took it since. (One
-- that only came to be covered later was there when the application changed it.)
CREATE FUNCTION soak.check_hold(which uuid) RETURNS void LANGUAGE sql AS $$
    INSERT INTO soak.violation (what)
        SELECT format('%s %s went under hold %s', r.category, r.key, h) FROM soak.hold h
        JOIN soak.record r ON r.what = 'is' AND NOT r.there AND soak.covers(h, r) WHERE h.hold = which AND h.state = 'placed'
            AND NOT EXISTS (SELECT FROM soak.gone_before b WHERE b.hold = h.hold
                            AND b.category = r.category AND b.key = r.key);
    UPDATE soak.hold SET state = 'over' WHERE hold = which AND state = 'placed';
$$;
-- What is seen gone for the first time, and was not due by now.
CREATE FUNCTION soak.check_early() RETURNS bigint LANGUAGE sql AS $$
    WITH n AS (
        INSERT INTO soak.seen_gone SELECT t.category, t.key FROM soak.taken t
            ON CONFLICT DO NOTHING RETURNING category, key),
    v AS (
        INSERT INTO soak.violation (what)
            SELECT format('%s %s went early: it started at %s', r.category, r.key, r.at)
            FROM n JOIN soak.taken r USING (category, key)
            WHERE r.at IS NULL OR r.at + interval '30 days' > clock_timestamp() RETURNING what)
    SELECT count(*) FROM n
$$;
-- Due when the last run began, covered by no hold that may be in force, and there all the same.
CREATE VIEW soak.left_over AS
    SELECT r.category, r.key, r.at FROM soak.record r
    WHERE r.there AND r.at + interval '30 days' <= (SELECT begun FROM soak.last_run)
        AND NOT EXISTS (SELECT FROM soak.hold h WHERE soak.covers(h, r)
            AND (h.state = 'placed' OR EXISTS (SELECT FROM retention.hold o
                 WHERE o.hold = h.hold AND o.held_until > clock_timestamp())));
GRANT USAGE ON SCHEMA shop TO t_worker, t_legal;
GRANT SELECT, DELETE, UPDATE ON ALL TABLES IN SCHEMA shop TO t_worker;
GRANT SELECT ON ALL TABLES IN SCHEMA shop TO t_legal;
