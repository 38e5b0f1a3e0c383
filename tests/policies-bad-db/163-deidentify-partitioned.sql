create table call (id bigint, at timestamptz not null, region text not null, name text)
    partition by list (region);
create table call_a partition of call for values in ('a');
create index on call (at);
