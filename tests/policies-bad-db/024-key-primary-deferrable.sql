create schema ctm;
create table ctm.call (call_id bigint primary key deferrable, started_at timestamptz);
create index on ctm.call (started_at);
