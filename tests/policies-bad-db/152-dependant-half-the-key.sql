create schema ctm;
create table ctm.call (site int, call_id bigint, started_at timestamptz not null, primary key (site, call_id));
create index on ctm.call (started_at);
create table ctm.event (event_id bigint primary key, site int, call_id bigint,
    foreign key (site, call_id) references ctm.call on delete cascade);
create index on ctm.event (call_id);
