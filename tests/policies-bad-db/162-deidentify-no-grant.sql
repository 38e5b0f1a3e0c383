-- no grants
create table call (id bigint primary key, at timestamptz not null, name text, ip inet);
create index on call (at);
grant select on call to validate_worker;
grant update (ip) on call to validate_worker;
