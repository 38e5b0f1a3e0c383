create schema ctm;
create table ctm.call (call_id bigint not null unique, started_at timestamptz);
create index on ctm.call (started_at);
