create schema ctm;
create table ctm.call (
    call_id bigint primary key,
    account_id int not null,
    started_at timestamptz not null,
    kind text not null,
    note text
);
create index on ctm.call (started_at);
create table ctm.call_old (primary key (call_id)) inherits (ctm.call);
create index on ctm.call_old (started_at);
