create schema ctm;
create table ctm.call (
    call_id bigint primary key,
    account_id int not null,
    started_at timestamptz not null,
    kind text not null,
    note text
);
create index on ctm.call (started_at);
create table ctm.dispute (
    dispute_id int,
    part int,
    call_id bigint not null,
    primary key (dispute_id, part)
);
create index on ctm.dispute (call_id);
create table ctm.letter (letter_id int primary key, dispute_id int not null, sent_at timestamptz not null);
create index on ctm.letter (dispute_id);
