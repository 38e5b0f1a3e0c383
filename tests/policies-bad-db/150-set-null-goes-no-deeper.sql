create schema ctm;
create table ctm.call (
    call_id bigint primary key,
    account_id int not null,
    started_at timestamptz not null,
    kind text not null,
    note text
);
create index on ctm.call (started_at);
create table ctm.event (event_id bigint primary key, call_id bigint references ctm.call on delete set null);
create table ctm.tag (tag_id bigint primary key, event_id bigint references ctm.event on delete cascade);
