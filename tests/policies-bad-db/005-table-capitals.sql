create schema ctm;
create table ctm."Call" (call_id bigint primary key, started_at timestamptz);
create index on ctm."Call" (started_at);
