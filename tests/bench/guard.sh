#!/bin/sh
# guard.sh TOP BUILD: what the guard costs an application's DELETE and UPDATE of 1, 100 and 10 000 rows,
# on a plain and on a partitioned table. Called by ./dev bench guard.
#
#   none    no guard (its triggers are disabled)
#   guard   guard = "refuse", and no hold
#   holds   the same, and 10 000 held subjects and 1 000 held tenants, none of them of these rows
#
#   BENCH_ROWS    rows of each table, 200 000 by default
#   BENCH_ROUNDS  rounds, 5 by default; every contender runs once in each, in a turning order
#
# What is timed, on the server, is the statement with its triggers; it is rolled back each time. The
# UPDATE changes a column that decides about nothing. Figures are medians; ratios are to "none" of
# the same round.
set -eu
top=$1
build=$2
. "$top/tests/bench/prelude.sh"
rows=${BENCH_ROWS:-200000}
rounds=${BENCH_ROUNDS:-5}
bench_begin bench-guard "shared_buffers = 512MB
autovacuum = off"

rm -rf "$home/site"
mkdir -p "$home/site/policies"
for table in plain parts; do
  cat >"$home/site/policies/$table.cfg" <<CFG
$table: {
  title = "Records"; role = "controller"; basis = "benchmark"; mode = "enforce"; guard = "refuse";
  data: {
    table = "public.$table"; start = "at"; tenant = "account";
    subject = ( { column = "caller"; kind = "phone"; as = "e164"; } );
  };
  stages = ( { after = "30 days"; do = "delete"; } );
};
CFG
done
(umask 077 && od -An -N32 -tx1 /dev/urandom | tr -d ' \n' >"$home/epoch.key")
cat >"$home/site/retentiond.cfg" <<CFG
database: { conninfo = "$(conninfo bench bench_worker)"; };
policies = "$home/site/policies";
log: { epoch_kek = "$home/epoch.key"; };
CFG
chmod -R go-w "$home/site"
chmod 0600 "$home/site/retentiond.cfg" "$home/site/policies/"*.cfg

say "== two tables of $rows rows"
sql postgres "DROP DATABASE IF EXISTS bench WITH (FORCE)"
sql postgres "CREATE DATABASE bench"
"$build/retentionctl" -d "$(conninfo bench postgres)" migrate >/dev/null
sql bench "
DO \$\$ BEGIN
  CREATE ROLE bench_worker LOGIN; CREATE ROLE bench_app LOGIN;
EXCEPTION WHEN duplicate_object THEN NULL; END \$\$;
GRANT retention_worker TO bench_worker; GRANT bench_worker TO retention_owner;
CREATE TABLE public.plain (id bigint PRIMARY KEY, account int NOT NULL, caller text,
  at timestamptz NOT NULL, note text);
CREATE INDEX ON public.plain (at);
CREATE TABLE public.parts (LIKE public.plain INCLUDING ALL) PARTITION BY RANGE (id);
CREATE TABLE public.parts_1 PARTITION OF public.parts FOR VALUES FROM (MINVALUE) TO ($rows / 2);
CREATE TABLE public.parts_2 PARTITION OF public.parts FOR VALUES FROM ($rows / 2) TO (MAXVALUE);
INSERT INTO public.plain SELECT g, g % 1000, '+1410' || lpad((g % 10000000)::text, 7, '0'),
  now() - interval '1 day', repeat('x', 60) FROM generate_series(1, $rows) g;
INSERT INTO public.parts SELECT * FROM public.plain;
GRANT ALL ON ALL TABLES IN SCHEMA public TO bench_app;
CREATE FUNCTION public.timed(command text) RETURNS float8 LANGUAGE plpgsql AS \$f\$
DECLARE
  began timestamptz;
  spent float8;
BEGIN
  BEGIN
    began := clock_timestamp();
    EXECUTE command;
    spent := extract(epoch FROM clock_timestamp() - began) * 1000;
    RAISE EXCEPTION USING ERRCODE = 'BENCH';
  EXCEPTION WHEN SQLSTATE 'BENCH' THEN
    RETURN spent;
  END;
END \$f\$;
CREATE TABLE public.figure (round int, contender text, relation text, operation text, rows int,
  ms float8);
GRANT ALL ON public.figure TO bench_app;"
"$build/retentionctl" -c "$home/site/retentiond.cfg" -d "$(conninfo bench postgres)" setup --sql \
  >"$home/setup.sql"
psql -X -q -v ON_ERROR_STOP=1 -d "$(conninfo bench postgres)" -f "$home/setup.sql" >/dev/null
"$build/retentionctl" -c "$home/site/retentiond.cfg" policy load >/dev/null
sql bench "
INSERT INTO retention.matter (matter, digest_key) VALUES ('bench', sha256('k'));
INSERT INTO retention.hold (hold, matter) VALUES ('00000000-0000-4000-8000-000000000001', 'bench');
INSERT INTO retention.hold_part (hold, part, reason)
  VALUES ('00000000-0000-4000-8000-000000000001', 1, 'bench');
INSERT INTO retention.held_scope (category, shape, hold, part, form, value)
  SELECT c, 'subject', '00000000-0000-4000-8000-000000000001', 1, 'phone e164 text',
    '99' || lpad(g::text, 7, '0') FROM unnest('{plain,parts}'::text[]) c,
    generate_series(1, 10000) g;
INSERT INTO retention.held_scope (category, shape, hold, part, tenant)
  SELECT c, 'tenant', '00000000-0000-4000-8000-000000000001', 1, (1000000 + g)::text
  FROM unnest('{plain,parts}'::text[]) c, generate_series(1, 1000) g;"
sql bench "VACUUM ANALYZE"

become() {
  case $1 in
  none) triggers="DISABLE TRIGGER USER" until="-infinity" ;;
  guard) triggers=ENABLE until="-infinity" ;;
  holds) triggers=ENABLE until="infinity" ;;
  esac
  if [ "$triggers" = ENABLE ]; then
    sql bench "DO \$\$ DECLARE t record; BEGIN
      FOR t IN SELECT tgrelid::regclass AS r, tgname FROM pg_trigger WHERE tgname LIKE '%retention\\_guard%'
      LOOP EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER %I', t.r, t.tgname); END LOOP; END \$\$"
  else
    for relation in plain parts parts_1 parts_2; do sql bench "ALTER TABLE $relation $triggers"; done
  fi
  sql bench "UPDATE retention.held_scope SET held_until = '$until' WHERE held_until <> '$until'"
  sql bench "VACUUM ANALYZE retention.held_scope"
  sql bench "VACUUM plain"
  sql bench "VACUUM parts"
}

# As the application, each statement some times in one session, as a pooled connection would.
measure() {
  become "$2"
  sql bench "CHECKPOINT"
  psql -X -q -v ON_ERROR_STOP=1 -d "$(conninfo bench bench_app)" -c "
    INSERT INTO public.figure
    SELECT $1, '$2', relation, operation, n, public.timed(format(CASE operation
        WHEN 'DELETE' THEN 'DELETE FROM public.%I WHERE id BETWEEN %s AND %s'
        ELSE 'UPDATE public.%I SET note = note WHERE id BETWEEN %s AND %s' END,
      relation, 1 + again * n, (again + 1) * n))
    FROM unnest('{plain,parts}'::text[]) relation, unnest('{DELETE,UPDATE}'::text[]) operation,
      unnest('{1,100,10000}'::int[]) n, generate_series(0, 9) again
    WHERE again < CASE n WHEN 10000 THEN 3 ELSE 10 END AND (again + 1) * n < $rows"
  say "   round $1  $2"
}

contenders="none guard holds"
bench_rounds measure

say ""
say "== medians in ms, and how many times what it takes without a guard"
psql -X -q -d "$(conninfo bench postgres)" -P footer=off -c "
WITH m AS (
  SELECT round, contender, relation, operation, rows,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY ms) AS ms
  FROM figure GROUP BY 1, 2, 3, 4, 5),
r AS (
  SELECT n.relation, n.operation, n.rows, n.ms AS none, g.ms AS guard, h.ms AS holds,
    g.ms / n.ms AS guard_ratio, h.ms / n.ms AS holds_ratio
  FROM m n JOIN m g USING (round, relation, operation, rows)
    JOIN m h USING (round, relation, operation, rows)
  WHERE n.contender = 'none' AND g.contender = 'guard' AND h.contender = 'holds')
SELECT relation, operation, rows,
  round(percentile_cont(0.5) WITHIN GROUP (ORDER BY none)::numeric, 3) AS none,
  round(percentile_cont(0.5) WITHIN GROUP (ORDER BY guard)::numeric, 3) AS guard,
  round(percentile_cont(0.5) WITHIN GROUP (ORDER BY holds)::numeric, 3) AS holds,
  round(percentile_cont(0.5) WITHIN GROUP (ORDER BY guard_ratio)::numeric, 2) AS \"guard x\",
  round(percentile_cont(0.5) WITHIN GROUP (ORDER BY holds_ratio)::numeric, 2) AS \"holds x\"
FROM r GROUP BY 1, 2, 3 ORDER BY relation DESC, operation, rows"
