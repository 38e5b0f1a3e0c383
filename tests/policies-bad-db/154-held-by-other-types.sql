create collation any_case (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
create schema ctm;
create type ctm.kind as enum ('a', 'b');
create domain ctm.amount as double precision;
create table ctm.call (
    call_id bigint primary key,
    started_at timestamptz not null,
    account real not null,
    amount ctm.amount,
    length interval,
    name text collate any_case,
    kind ctm.kind,
    phone text
);
create index on ctm.call (started_at);
