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
create table ctm.account (account_id bigint primary key);
create table ctm.call_month (
    id bigint generated always as identity primary key,
    account_id bigint not null references ctm.account,
    month date not null,
    way ctm.way,
    source varchar(40),
    calls int check (calls >= 0),
    duration numeric(8, 2),
    cost double precision,
    classes int[],
    named text not null,
    region text not null default 'eu',
    unique (account_id, month, way, source),
    unique (source)
);
create function ctm.note() returns trigger language plpgsql as 'begin return new; end';
create trigger note before insert on ctm.call_month for each row execute function ctm.note();
alter table ctm.call_month enable row level security;
