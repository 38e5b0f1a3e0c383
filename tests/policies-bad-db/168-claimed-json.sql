create table visit (
    id bigint primary key,
    at timestamptz not null,
    a jsonb, b jsonb, c jsonb, d jsonb, e jsonb, f jsonb, g jsonb,
    whole jsonb, part jsonb,
    person text,
    other text,
    degree numeric(9,6),
    weight real,
    level smallint,
    kept boolean
);
create table signup (id bigint primary key, at timestamptz not null, word text);
create table token (id bigint primary key, at timestamptz not null, person text, other text, marked timestamptz, mail text);
create index on visit (at);
create index on signup (at);
create index on token (at);
