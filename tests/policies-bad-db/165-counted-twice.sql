create table call (id bigint primary key, at timestamptz not null, account int, caller text, note text,
  done_at timestamptz, counted_at timestamptz);
create index on call (at);
create table total (month date, calls bigint not null, callers bigint not null, unique nulls not distinct (month));
create table by_account (month date, account text, calls bigint not null, callers bigint not null,
  unique nulls not distinct (month, account));
grant select, insert on total, by_account to validate_worker;
