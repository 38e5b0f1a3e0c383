create schema ctm;
create table ctm.call (call_id real, started_at text, extra text);
create function ctm.audit() returns trigger language plpgsql as 'begin return null; end';
create trigger audited after delete on ctm.call for each row execute function ctm.audit();
alter table ctm.call enable row level security;
