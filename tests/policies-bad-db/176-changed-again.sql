create table call (
    id bigint primary key, at timestamptz not null, kind text not null, name text, token text, phone text, day date,
    hour timestamptz, week timestamptz, cost numeric, size int, ip inet, zip text, mail text, site text, body jsonb,
    other jsonb, hashed text, hashed_at timestamptz
);
create index on call (at);
create table call_2 (like call including all);
