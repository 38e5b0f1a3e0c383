create schema ctm;
create table ctm.call (
    call_id bigint primary key,
    account_id int not null,
    started_at timestamptz not null,
    kind text not null,
    note text
);
create index on ctm.call (started_at);
create table ctm.event (event_id bigint, call_id bigint references ctm.call, primary key (event_id)) partition by hash (event_id);
create table ctm.event_0 partition of ctm.event for values with (modulus 1, remainder 0);
create index on ctm.event (call_id);
