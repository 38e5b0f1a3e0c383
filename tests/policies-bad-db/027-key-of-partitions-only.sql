create schema ctm;
create table ctm.call (call_id bigint not null, started_at timestamptz not null) partition by range (started_at);
create table ctm.call_2024 partition of ctm.call for values from ('2024-01-01') to ('2025-01-01');
create unique index on ctm.call_2024 (call_id);
create index on ctm.call (started_at);
