create schema ctm;
create table ctm.call (
    call_id bigint primary key,
    account_id int not null,
    started_at timestamptz not null,
    kind text not null,
    note text
);
create index on ctm.call (started_at);
create table ctm.invoice (invoice_id bigint primary key, call_id bigint references ctm.call, started_at timestamptz);
create index on ctm.invoice (call_id);
create index on ctm.invoice (started_at);
create table ctm.event (event_id bigint primary key, call_id bigint references ctm.call);
