create table call (
    id bigint primary key,
    at timestamptz not null,
    caller text,
    short varchar(20),
    zip text not null,
    source text not null,
    token text,
    number int generated always as (1) stored,
    done boolean
);
create table note (
    id int primary key,
    call_id bigint references call,
    body text not null,
    author int,
    code text unique
);
create table tag (id int primary key, at timestamptz not null, person text, state text);
create table tag_word (id int primary key, tag_id int references tag, word text);
create table tag_month (month date, tags bigint, unique nulls not distinct (month));
create index on call (at);
create index on note (call_id);
create index on tag (at);
create index on tag_word (tag_id);
create function keep() returns trigger language plpgsql as $$ begin return new; end $$;
create trigger keep after update on note for each row execute function keep();
create trigger keep after update on tag_word for each row execute function keep();
