create schema ctm;
create collation ctm.loose (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
create table ctm.call (
    call_id bigint primary key,
    started_at timestamptz not null,
    kind text not null,
    day date, name text, n numeric(12,2)
);
create index on ctm.call (started_at);
create table ctm.by_day (day date primary key, keep interval);
create table ctm.by_name (name text collate ctm.loose primary key, keep interval);
create table ctm.by_number (n numeric primary key, keep interval);
