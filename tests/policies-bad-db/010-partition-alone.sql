create schema ctm;
create table ctm.call (call_id bigint, started_at timestamptz not null, primary key (call_id, started_at))
    partition by range (started_at);
create table ctm.call_2024 partition of ctm.call for values from ('2024-01-01') to ('2025-01-01');
create index on ctm.call (started_at);
