create table call (id bigint primary key, at timestamptz not null, caller text);
create table note (id int primary key, call_id bigint references call, author text);
create index on call (at);
create index on note (call_id);
