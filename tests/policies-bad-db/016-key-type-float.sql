create schema ctm;
create table ctm.call (call_id double precision primary key, started_at timestamptz);
create index on ctm.call (started_at);
