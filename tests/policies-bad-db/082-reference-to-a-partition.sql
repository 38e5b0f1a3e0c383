create schema ctm;
create table ctm.call (call_id bigint primary key, started_at timestamptz not null) partition by hash (call_id);
create table ctm.call_0 partition of ctm.call for values with (modulus 1, remainder 0);
create index on ctm.call (started_at);
create table ctm.event (event_id bigint primary key, call_id bigint references ctm.call_0 on delete cascade);
