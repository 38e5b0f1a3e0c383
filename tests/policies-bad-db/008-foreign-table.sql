create schema ctm;
create foreign data wrapper nothing;
create server elsewhere foreign data wrapper nothing;
create foreign table ctm.call (call_id bigint, started_at timestamptz) server elsewhere;
