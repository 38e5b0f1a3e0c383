create schema ctm;
create collation ctm.loose (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
create table ctm.call (name text collate ctm.loose primary key, started_at timestamptz);
create index on ctm.call (started_at);
