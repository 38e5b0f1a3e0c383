-- The tables that the policies of tests/golden/*.cfg are about.
CREATE SCHEMA g;
CREATE TYPE g.kind AS ENUM ('call', 'voicemail', 'text');
CREATE DOMAIN g.day AS date;
CREATE TABLE g.account (
    account_id bigint PRIMARY KEY,
    name text NOT NULL,
    plan text,
    closed_at timestamptz,
    keep_days int);
CREATE TABLE g.account_setting (
    account_id bigint NOT NULL REFERENCES g.account,
    call_retention interval,
    call_days int);
CREATE TABLE g.call (
    account_id bigint NOT NULL REFERENCES g.account,
    call_id bigint NOT NULL,
    month date NOT NULL,
    started_at timestamptz NOT NULL,
    ended_at timestamp,
    kind g.kind NOT NULL,
    caller text,
    flags jsonb,
    PRIMARY KEY (month, call_id)) PARTITION BY RANGE (month);
CREATE TABLE g.call_2024 PARTITION OF g.call FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE TABLE g.call_2025 PARTITION OF g.call FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
CREATE INDEX ON g.call (started_at);
CREATE TABLE g.transcript (
    transcript_id uuid PRIMARY KEY,
    call bigint NOT NULL,
    month date NOT NULL,
    FOREIGN KEY (call, month) REFERENCES g.call (call_id, month));
CREATE INDEX ON g.transcript (call, month);
CREATE TABLE g.transcript_word (
    transcript_id uuid NOT NULL REFERENCES g.transcript,
    word_no int NOT NULL,
    word text NOT NULL,
    PRIMARY KEY (transcript_id, word_no));
CREATE TABLE g.dispute (
    dispute_id int PRIMARY KEY,
    call bigint NOT NULL,
    month date NOT NULL,
    state text,
    opened_at timestamptz,
    FOREIGN KEY (call, month) REFERENCES g.call (call_id, month));
CREATE TABLE g.session (
    session_id uuid PRIMARY KEY,
    account_id int,
    started_at timestamp NOT NULL,
    clock_ms bigint,
    birthday g.day,
    data jsonb,
    source varchar(20));
CREATE TABLE g.page_event (
    session_id uuid NOT NULL REFERENCES g.session,
    event_no int NOT NULL,
    account_id int,
    seen_at timestamptz,
    PRIMARY KEY (session_id, event_no));
CREATE TABLE g.invoice (
    invoice_id int PRIMARY KEY,
    account_id bigint REFERENCES g.account,
    issued date NOT NULL,
    paid boolean);
CREATE TABLE g.payment (
    payment_id int PRIMARY KEY,
    invoice_id int NOT NULL REFERENCES g.invoice,
    paid_at timestamptz);
CREATE TABLE g."Weird ""Table""" (
    "select" int PRIMARY KEY,
    "Größe" timestamptz,
    "a b" text);
CREATE SCHEMA "user";
CREATE TABLE "user"."order" (id int PRIMARY KEY, "when" timestamptz NOT NULL, caller text);
