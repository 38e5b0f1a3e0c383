create schema ctm;
create table ctm.call (call_id bigint primary key, started_at timestamptz not null) partition by hash (call_id);
create table ctm.call_0 partition of ctm.call for values with (modulus 2, remainder 0);
create table ctm.call_1 partition of ctm.call for values with (modulus 2, remainder 1);
create index on ctm.call_0 (started_at);
