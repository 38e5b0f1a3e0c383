-- no grants
create schema "Café 24/7";
create table "Café 24/7"."Weird ""Table""" ("Id" bigint primary key, "select" timestamptz, "Ä b" int);
create table "Café 24/7"."an_exceedingly_long_name_that_takes_every_one_of_its_63_bytes_x" (
    id bigint primary key,
    "Weird" bigint references "Café 24/7"."Weird ""Table""" on delete cascade
);
create function "Café 24/7"."Audit it"() returns trigger language plpgsql as 'begin return old; end';
create trigger "Audit: all" after delete on "Café 24/7"."Weird ""Table""" for each row
    execute function "Café 24/7"."Audit it"();
