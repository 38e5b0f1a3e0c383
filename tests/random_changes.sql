-- An application that changes what decides about records while the worker deletes them, and keeps
-- books: after each change, in the same transaction, one line for each record that it concerns says
-- whether the record must stay now, judged in plain SQL. One process writes them, one by one;
-- so whatever is gone must have a last line that it might go (tests/test_engine_random.c).

CREATE TABLE person (id int PRIMARY KEY, left_at timestamptz);
CREATE TABLE agreed (tenant int PRIMARY KEY, keep interval NOT NULL);
CREATE TABLE rec (
    id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL,
    person int NOT NULL REFERENCES person,
    tenant int NOT NULL,
    kind text NOT NULL DEFAULT 'call',
    note text NOT NULL DEFAULT repeat('x', 100)
);
CREATE INDEX ON rec (at);
CREATE INDEX ON rec (person);
CREATE TABLE message (
    id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    rec_id int NOT NULL REFERENCES rec,
    open boolean NOT NULL
);
CREATE INDEX ON message (rec_id);
CREATE TABLE visit (region text, id int, at timestamptz NOT NULL, PRIMARY KEY (region, id))
    PARTITION BY LIST (region);
CREATE TABLE visit_a PARTITION OF visit FOR VALUES IN ('a');
CREATE TABLE visit_b PARTITION OF visit FOR VALUES IN ('b');
CREATE TABLE visit_c PARTITION OF visit FOR VALUES IN ('c');
CREATE INDEX ON visit (at);
CREATE SCHEMA app;
CREATE TABLE app.precious (rec_id int);

CREATE TABLE app.book (
    n bigint GENERATED ALWAYS AS IDENTITY,
    relation text NOT NULL,
    id int NOT NULL,
    must_stay boolean NOT NULL
);
CREATE TABLE app.wrong (what text);

CREATE VIEW app.judged AS
    SELECT r.id, r.person, r.tenant,
        NOT (r.kind = 'call'
             AND greatest(r.at, p.left_at) + coalesce(a.keep, '30 days') <= clock_timestamp()
             AND NOT EXISTS (SELECT FROM message m WHERE m.rec_id = r.id AND m.open)) AS must_stay
    FROM rec r JOIN person p ON p.id = r.person LEFT JOIN agreed a ON a.tenant = r.tenant;

CREATE FUNCTION app.enter(ids int[]) RETURNS void LANGUAGE sql AS $$
    INSERT INTO app.book (relation, id, must_stay)
    SELECT 'rec', j.id, j.must_stay FROM app.judged j WHERE j.id = ANY (ids)
$$;

CREATE FUNCTION app.fill(count int) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    made int[];
BEGIN
    WITH i AS (
        INSERT INTO rec (at, person, tenant)
        SELECT now() - interval '40 days', g % 50, g % 20 FROM generate_series(1, count) g
        RETURNING id)
    SELECT array_agg(id) INTO made FROM i;
    INSERT INTO message (rec_id, open) SELECT m, false FROM unnest(made) m WHERE m % 3 = 0;
    PERFORM app.enter(made);
    WITH i AS (
        INSERT INTO visit
        SELECT (ARRAY['a', 'b'])[1 + g % 2], m, now() - interval '40 days'
        FROM unnest(made) WITH ORDINALITY x (m, g) RETURNING id)
    INSERT INTO app.book (relation, id, must_stay) SELECT 'visit', id, false FROM i;
END
$$;
INSERT INTO person SELECT i, now() - interval '40 days' FROM generate_series(0, 49) i;
INSERT INTO agreed SELECT i, '30 days' FROM generate_series(0, 19, 2) i;
CREATE SEQUENCE app.c INCREMENT -1;
CREATE FUNCTION app.fill_c(count int) RETURNS void LANGUAGE sql AS $$
    WITH i AS (
        INSERT INTO visit_c SELECT 'c', nextval('app.c'), now() - interval '40 days'
        FROM generate_series(1, count) RETURNING id)
    INSERT INTO app.book (relation, id, must_stay) SELECT 'visit', id, false FROM i
$$;
SELECT app.fill_c(300);
SELECT app.fill(600);

-- One change; a transaction. What must be locked to be changed the first statement locks, and
-- the books are made by a later one, which sees all that was committed before.
CREATE FUNCTION app.change(deed int, pick int) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    chosen int[];
    value int;
BEGIN
    chosen := ARRAY(SELECT id FROM rec ORDER BY id OFFSET pick % 400 LIMIT 4);
    CASE deed
    WHEN 0 THEN -- starting points, there and back
        UPDATE rec SET at = now() WHERE id = ANY (chosen);
    WHEN 1 THEN
        UPDATE rec SET at = now() - interval '40 days' WHERE id IN
            (SELECT id FROM rec WHERE at > now() - interval '30 days' LIMIT 3);
        chosen := ARRAY(SELECT id FROM rec);
    WHEN 2 THEN -- conditions
        UPDATE rec SET kind = CASE kind WHEN 'call' THEN 'other' ELSE 'call' END
            WHERE id = ANY (chosen);
    WHEN 3 THEN -- tenants
        UPDATE rec SET tenant = pick % 20 WHERE id = ANY (chosen);
    WHEN 4 THEN -- agreements, which only become longer: shorter ones have to settle
        UPDATE agreed SET keep = '5 years' WHERE tenant = pick % 20 RETURNING tenant INTO value;
        chosen := ARRAY(SELECT id FROM rec WHERE tenant = value);
    WHEN 5 THEN -- parents' columns
        UPDATE person SET left_at = CASE WHEN pick % 3 = 0 THEN now()
                                         ELSE now() - interval '40 days' END
            WHERE id = pick % 50;
        chosen := ARRAY(SELECT id FROM rec WHERE person = pick % 50);
    WHEN 6 THEN -- other parents
        UPDATE rec SET person = pick % 50 WHERE id = ANY (chosen);
    WHEN 7 THEN -- late children
        INSERT INTO message (rec_id, open) SELECT s, true FROM unnest(chosen[1:2]) s;
    WHEN 8 THEN
        UPDATE message SET open = false WHERE rec_id = ANY (chosen);
    WHEN 9 THEN
        PERFORM app.fill(20);
    ELSE -- visits
        WITH u AS (
            UPDATE visit SET at = now() - (pick % 2) * interval '40 days'
            WHERE id IN (SELECT id FROM visit_a ORDER BY id OFFSET pick % 100 LIMIT 4)
               OR id IN (SELECT id FROM visit_b ORDER BY id OFFSET pick % 100 LIMIT 4)
            RETURNING id)
        INSERT INTO app.book (relation, id, must_stay) SELECT 'visit', id, pick % 2 = 0 FROM u;
    END CASE;
    PERFORM app.enter(chosen);
END
$$;

-- What is there; a leaf that was taken away too.
CREATE VIEW app.present AS
    SELECT 'rec' AS relation, id FROM rec
    UNION ALL SELECT 'visit', id FROM ONLY visit_a
    UNION ALL SELECT 'visit', id FROM ONLY visit_b
    UNION ALL SELECT 'visit', id FROM ONLY visit_c;
-- Gone, although the last line said that it must stay.
CREATE VIEW app.early AS
    SELECT l.* FROM (SELECT DISTINCT ON (b.relation, b.id) b.* FROM app.book b
                     ORDER BY b.relation, b.id, b.n DESC) l
    WHERE l.must_stay
      AND NOT EXISTS (SELECT FROM app.present p WHERE p.relation = l.relation AND p.id = l.id);
-- There, although it might go.
CREATE VIEW app.late AS
    SELECT 'rec' AS relation, j.id FROM app.judged j WHERE NOT j.must_stay
    UNION ALL SELECT 'visit', v.id FROM visit v
        WHERE v.at + interval '30 days' <= clock_timestamp();
-- Rows gone, rows in the log, digests in the log.
CREATE VIEW app.numbers AS
    SELECT t.relation,
        (SELECT count(DISTINCT b.id) FROM app.book b WHERE b.relation = t.relation)
            - (SELECT count(*) FROM app.present p WHERE p.relation = t.relation) AS gone,
        (SELECT coalesce(sum(e.rows), 0) FROM retention.log_entry e
         WHERE e.type = 'batch' AND e.relation = 'public.' || t.relation) AS logged,
        (SELECT coalesce(sum(octet_length(l.refs)), 0) / 32 FROM retention.log_records l
         JOIN retention.log_entry e USING (run, seq)
         WHERE e.relation = 'public.' || t.relation) AS digests
    FROM (VALUES ('rec'), ('visit')) t (relation);
