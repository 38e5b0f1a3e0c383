-- no grants
create schema ctm;
create table ctm.call (call_id bigint primary key, started_at timestamptz not null) partition by hash (call_id);
create table ctm.call_0 partition of ctm.call for values with (modulus 3, remainder 0);
create table ctm.call_1 partition of ctm.call for values with (modulus 3, remainder 1);
create table ctm.call_2 partition of ctm.call for values with (modulus 3, remainder 2);
create index on ctm.call (started_at);
grant usage on schema ctm to validate_worker;
grant select, delete, update on ctm.call, ctm.call_0 to validate_worker;
