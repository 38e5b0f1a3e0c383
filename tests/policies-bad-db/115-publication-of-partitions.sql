create schema ctm;
create table ctm.call (call_id bigint primary key, started_at timestamptz not null) partition by hash (call_id);
create table ctm.call_0 partition of ctm.call for values with (modulus 2, remainder 0);
create table ctm.call_1 partition of ctm.call for values with (modulus 2, remainder 1);
create index on ctm.call (started_at);
alter table ctm.call_1 replica identity nothing;
create publication calls for table ctm.call with (publish_via_partition_root = true);
