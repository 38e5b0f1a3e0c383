create schema ctm;
create type ctm.plan as enum ('free', 'paid');
create table ctm.call (
    call_id bigint primary key,
    started_at timestamptz not null,
    kind text not null,
    n numeric(12,2), b boolean, c character(8), v varchar(8), p ctm.plan, d date
);
create index on ctm.call (started_at);
