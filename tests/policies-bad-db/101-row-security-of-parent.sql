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
alter table ctm.call add foreign key (account_id) references ctm.account;
alter table ctm.account enable row level security;
