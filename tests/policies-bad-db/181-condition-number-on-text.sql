create schema ctm;
create table ctm.call (
    call_id bigint primary key,
    account_id int not null,
    started_at timestamptz not null,
    kind text not null,
    note text
);
create index on ctm.call (started_at);
