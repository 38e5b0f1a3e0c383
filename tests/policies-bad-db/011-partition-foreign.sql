create schema ctm;
create foreign data wrapper nothing;
create server elsewhere foreign data wrapper nothing;
create table ctm.call (call_id bigint not null, started_at timestamptz not null)
    partition by range (started_at);
create foreign table ctm.call_2023 partition of ctm.call
    for values from ('2023-01-01') to ('2024-01-01') server elsewhere;
create table ctm.call_2024 partition of ctm.call for values from ('2024-01-01') to ('2025-01-01');
create index on ctm.call_2024 (started_at);
