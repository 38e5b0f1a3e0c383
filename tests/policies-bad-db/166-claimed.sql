create domain years as smallint;
create table visit (
    id bigint primary key,
    at timestamptz not null,
    person bigint,
    address inet,
    zip text,
    age years,
    income int,
    size numeric,
    phone text,
    host text
);
create index on visit (at);
