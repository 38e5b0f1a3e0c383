create table call (id bigint primary key, at timestamptz not null, caller text, source text, note text, seconds int,
  price int, done_at timestamptz, kept boolean);
create table "Call 2" (like call including all);
create table call3 (id bigint primary key, at timestamptz not null, body jsonb, source text, done_at timestamptz);
create index on call (at);
create index on "Call 2" (at);
create index on call3 (at);
create table month (month date, source text, calls bigint not null, seconds numeric not null,
  unique nulls not distinct (month, source));
create table month2 (month date, source text, calls bigint not null, seconds numeric not null,
  unique nulls not distinct (month, source));
create table month3 (month date, calls bigint not null, unique nulls not distinct (month));
grant insert on month, month2, month3 to validate_worker;
