create schema ctm;
create table ctm.call (call_id bigint primary key, started_at timestamptz not null) partition by hash (call_id);
create table ctm.call_0 partition of ctm.call for values with (modulus 1, remainder 0);
create index on ctm.call (started_at);
alter table ctm.call_0 enable row level security;
