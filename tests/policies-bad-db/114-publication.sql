create schema ctm;
create table ctm.call (call_id bigint not null, started_at timestamptz);
create index on ctm.call (started_at);
create publication calls for table ctm.call;
