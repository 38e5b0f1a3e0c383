create table ev (
    id int primary key,
    payload jsonb,
    note text,
    seen timestamptz,
    ts bigint generated always as ((payload ->> 'ts')::bigint) stored,
    account text generated always as (payload ->> 'account') stored,
    code text generated always as (lower(note)) stored unique,
    half text generated always as (left(note, 2)) stored,
    was_seen boolean generated always as (seen is not null) stored
);
create index on ev (ts);
create index ev_half on ev (upper(half));
create materialized view halves as select half from ev;
create table key_of (id text generated always as (left(name, 3)) stored primary key, at timestamptz not null, name text);
create index on key_of (at);
create table book (shelf text references key_of, at timestamptz not null);
create index on book (at);
create index on book (shelf);
