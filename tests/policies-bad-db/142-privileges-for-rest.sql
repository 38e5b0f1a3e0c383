create schema ctm;
create table ctm.call (
    call_id bigint primary key,
    account_id int not null,
    started_at timestamptz not null,
    kind text not null,
    note text
);
create index on ctm.call (started_at);
create table ctm.account (account_id int primary key, closed_at timestamptz, plan text);
-- no grants
grant usage on schema ctm to validate_worker;
grant select, update, delete on ctm.call to validate_worker;
