create schema ctm;
create table ctm.call (call_id bigint primary key, started_at timestamptz not null) partition by hash (call_id);
create table ctm.call_0 partition of ctm.call for values with (modulus 1, remainder 0);
create index on ctm.call (started_at);
create function ctm.audit() returns trigger language plpgsql as 'begin return null; end';
create trigger summed after delete on ctm.call for each statement execute function ctm.audit();
