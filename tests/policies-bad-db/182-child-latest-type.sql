create schema ctm;
create table ctm.call (
    call_id bigint primary key,
    account_id int not null,
    started_at timestamptz not null,
    kind text not null,
    note text
);
create index on ctm.call (started_at);
create domain ctm.switch as boolean;
create type ctm.grade as enum ('good', 'bad');
create table ctm.event (
    event_id bigint primary key,
    call_id bigint not null references ctm.call,
    seen boolean not null,
    done ctm.switch not null,
    device macaddr not null,
    grade ctm.grade not null,
    points int not null
);
create index on ctm.event (call_id);
