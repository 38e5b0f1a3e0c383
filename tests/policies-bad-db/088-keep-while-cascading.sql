create schema ctm;
create table ctm.call (
    call_id bigint primary key,
    account_id int not null,
    started_at timestamptz not null,
    kind text not null,
    note text
);
create index on ctm.call (started_at);
create table ctm.dispute (dispute_id bigint primary key, call_id bigint constraint disputed references ctm.call on delete set null);
create index on ctm.dispute (call_id);
