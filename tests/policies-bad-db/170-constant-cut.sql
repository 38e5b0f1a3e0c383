create domain code as varchar(3);
create domain inner_code as code;
create table t (id bigint primary key, at timestamptz not null, short varchar(3), umlaut varchar(3), fixed char(2),
  code inner_code, price numeric(6,2), moment timestamp(0), long text, hidden code, done_at timestamptz);
create index on t (at);
