create table account (id int primary key, email text not null);
create table call (id bigint primary key, at timestamptz not null, caller text, email text, ip inet, zip text,
  born date, account int references account, owner int references account, source text);
create index on call (at);
create index on call (account);
create index on call (owner);
create table month (month date, email text, ip text, zip text, born date, account int, owner int, source text,
  calls bigint not null, unique nulls not distinct (month, email, zip, account, owner, source));
grant insert on month to validate_worker;
