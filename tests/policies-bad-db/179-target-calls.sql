create function f() returns text language plpgsql as $$ begin return 'x'; end $$;
create function g(date) returns text language plpgsql immutable as $$ begin return 'x'; end $$;
create table call (id bigint primary key, at timestamptz not null, caller text, note text default f());
create index on call (at);
create table month (month date, n bigint not null default length(f()), note text default f(), made timestamptz default now(),
  label text generated always as (g(month)) stored, unique nulls not distinct (month));
create index month_g on month (g(month));
grant select, insert on month to validate_worker;
