create schema ctm;
create table ctm.call (a int not null, b int not null, c int not null, d int not null, e int not null, f int not null, g int not null, started_at timestamptz);
create index on ctm.call (started_at);
