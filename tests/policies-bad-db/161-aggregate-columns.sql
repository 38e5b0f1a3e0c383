create schema ctm;
create type ctm.way as enum ('in', 'out');
create table ctm.call (
    call_id bigint primary key,
    account_id bigint not null,
    started_at timestamptz not null,
    way ctm.way,
    source varchar(40),
    caller text,
    place point,
    ratio double precision,
    duration int,
    cost numeric(10, 4)
);
create index on ctm.call (started_at);
create table ctm.call_month (account bigint, month date, started_at date, place text, calls bigint,
    ratio numeric, source numeric, classes bigint[]);
create unique index on ctm.call_month (account, month, started_at, place) nulls not distinct;
