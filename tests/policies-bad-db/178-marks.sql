create table call (id bigint primary key, at timestamptz not null, name text, zip text, born date, code text,
  updated_at timestamptz not null default now(), started_at timestamptz default now(), rounded timestamptz(0),
  exact timestamptz(6), done boolean not null default false, unique nulls not distinct (code));
create index on call (at);
create table call_2 (like call including all);
create table call_3 (like call including all);
create table call_4 (like call including all);
