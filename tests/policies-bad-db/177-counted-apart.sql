create table call (id bigint primary key, at timestamptz not null, kind text not null, caller text, note text);
create index on call (at);
create table calls_2 (like call including all);
create table one (month date, n bigint not null, unique nulls not distinct (month));
create table two (like one including all);
create table three (like one including all);
create table four (like one including all);
grant insert on one, two, three, four to validate_worker;
