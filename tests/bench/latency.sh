#!/bin/sh
# latency.sh TOP BUILD: what an application feels of a purge of the older half of a table that it
# reads and writes. Called by ./dev bench latency.
#
#   none          no purge
#   burn          a process that works a third of the time, 2 ms at once, and asks nothing of the server nor
#                 of the disk: what sharing the processors alone costs
#   delete        one plain DELETE
#   gentle, normal, fast   the worker, two connections, with record evidence, at this pace
#
#   BENCH_ROWS     rows of the table, 3 000 000 by default; 150 bytes each, three indexes
#   BENCH_ROUNDS   rounds, 5 by default; every contender runs once in each, in a turning order
#   BENCH_RATE     transactions of the application in a second, 400 by default; pgbench throttles
#                  itself, so what waits is counted as waiting
#   BENCH_BURN     for how many microseconds "burn" works and rests in turn, "2000 4000" by default
#   BENCH_HUGE_PAGES   1, as by default: the server's shared memory in huge pages; 0: not
#   BENCH_SECONDS  how long "none" and "burn" are looked at, 20 by default; the others as long as the
#                  purge takes
#
# The application's transaction: a record by its key, an account's balance, a new record. Latencies
# are those of transactions that ended while the purge went on; p50, p99 and p99.9 of each run, and
# their ratios to "none" of the same round; what is printed are medians over the rounds. fsync is on.
# build/bench-latency/latency.json has every figure.
set -eu
top=$1
build=$2
. "$top/tests/bench/prelude.sh"
. "$top/tests/bench/site.sh"
rows=${BENCH_ROWS:-3000000}
rounds=${BENCH_ROUNDS:-5}
rate=${BENCH_RATE:-400}
seconds=${BENCH_SECONDS:-20}
burn=${BENCH_BURN:-2000 4000}
contenders=${BENCH_CONTENDERS:-none burn delete gentle normal fast}
command -v pgbench >/dev/null || PATH=$(dirname "$(ls /usr/lib/postgresql/*/bin/pgbench | tail -n 1)"):$PATH
: "${BENCH_HUGE_PAGES:=1}"
bench_begin bench-latency "shared_buffers = 512MB
autovacuum = off
maintenance_work_mem = 256MB"

# write_site DATABASE PRESET
write_site() {
  bench_site "$1" 2 records '  data: { table = "public.record"; start = "at"; };
  stages = ( { after = "30 days"; do = "delete"; } );' "pace: { preset = \"$2\"; };"
}

cat >"$home/application.sql" <<SQL
\\set id random($rows / 2, $rows)
\\set account random(0, 9999)
BEGIN;
SELECT note FROM public.record WHERE id = :id;
UPDATE public.account SET balance = balance + 1 WHERE id = :account;
INSERT INTO public.record (account, at, note) VALUES (:account, now(), 'a call');
COMMIT;
SQL

say "== the master: $rows rows, half of them due"
bench_key
bench_drop copy master
bench_database master
sql bench_master "
CREATE TABLE public.account (id int PRIMARY KEY, balance bigint NOT NULL) WITH (fillfactor = 50);
INSERT INTO public.account SELECT i, 0 FROM generate_series(0, 9999) i;
CREATE TABLE public.record (id bigint NOT NULL, account int NOT NULL, at timestamptz NOT NULL, note text);
INSERT INTO public.record
  SELECT i, i * 7919 % 10000, date_trunc('hour', now()) - interval '60 days' + i * (interval '60 days' / $rows),
         repeat(md5(i::text), 3)
  FROM generate_series(1, $rows::bigint) i;
CREATE SEQUENCE public.record_id START $((rows + 1)) OWNED BY public.record.id;
ALTER TABLE public.record ALTER id SET DEFAULT nextval('public.record_id');
ALTER TABLE public.record ADD PRIMARY KEY (id);
CREATE INDEX ON public.record (at);
CREATE INDEX ON public.record (account);
GRANT SELECT, DELETE, UPDATE (id) ON public.record TO bench_worker;
GRANT SELECT, INSERT ON public.record TO bench_app; GRANT USAGE ON SEQUENCE public.record_id TO bench_app;
GRANT SELECT, UPDATE ON public.account TO bench_app;"
sql bench_master "VACUUM (FREEZE, ANALYZE)"
write_site bench_master normal
bench_approve bench_master
cutoff=$(sql bench_master "SELECT now() - interval '30 days'")
due=$(sql bench_master "SELECT count(*) FROM public.record WHERE at <= '$cutoff'")
say "   $due rows are due; the application: $rate transactions a second"

# run_one ROUND CONTENDER: appends "round contender ms p50 p99 p999 (us) transactions" to $home/times
run_one() {
  bench_copy master
  case $2 in none | burn | delete) ;; *) write_site bench_copy "$2" ;; esac
  sql bench_copy "CHECKPOINT; SELECT count(*) FROM public.account" >/dev/null
  rm -f "$home"/latency.*
  pgbench -n -c 4 -j 1 -R "$rate" -T 3600 -f "$home/application.sql" -l --log-prefix="$home/latency" \
    "$(conninfo bench_copy bench_app)" >"$home/pgbench.log" 2>&1 &
  application=$!
  sleep 3 # the application is warm then; a benchmark may wait
  began=$(now_ms)
  case $2 in
  none) sleep "$seconds" ;;
  burn)
    # shellcheck disable=SC2086
    "$build/tests/burn" $burn &
    burner=$!
    sleep "$seconds"
    kill "$burner"
    wait "$burner" 2>/dev/null || true
    ;;
  delete)
    sql bench_copy "SET enable_indexscan = off; SET enable_bitmapscan = off;
      DELETE FROM public.record WHERE at <= '$cutoff'"
    ;;
  *)
    bench_run
    # what counts is the time in which it deletes
    began=$(sql bench_copy "SELECT (1000 * extract(epoch FROM min(at)))::bigint FROM retention.log_entry WHERE type = 'batch'")
    ;;
  esac
  ended=$(now_ms)
  case $2 in
  none | burn | delete) ;;
  *) ended=$(sql bench_copy "SELECT (1000 * extract(epoch FROM max(at)))::bigint FROM retention.log_entry WHERE type = 'batch'") ;;
  esac
  kill "$application"
  wait "$application" 2>/dev/null || true
  cat "$home"/latency.* | awk -v from="$began" -v to="$ended" \
    '{ at = $5 * 1000 + $6 / 1000; if (at >= from && at < to) print $3 }' | sort -n >"$home/sorted"
  figures=$(awk '{ v[NR] = $1 } END { if (NR < 100) exit 1
    print v[int(NR * 0.5) + 1], v[int(NR * 0.99) + 1], v[int(NR * 0.999) + 1], NR }' "$home/sorted") ||
    { say "$2: too few transactions; more BENCH_ROWS" >&2; exit 1; }
  echo "$1 $2 $((ended - began)) $figures" >>"$home/times"
  # shellcheck disable=SC2086
  printf '   round %s  %-7s %7s ms   p50 %6s us, p99 %7s, p99.9 %7s of %s transactions\n' "$1" "$2" \
    "$((ended - began))" $figures
  sql postgres "DROP DATABASE bench_copy WITH (FORCE)"
}

: >"$home/times"
bench_rounds run_one

say ""
psql -X -q -v ON_ERROR_STOP=1 -v due="$due" -v rounds="$rounds" -v rate="$rate" \
  -d "$(conninfo postgres postgres)" -f - <<SQL
\\set QUIET on
CREATE TEMP TABLE t (round int, contender text, ms numeric, p50 numeric, p99 numeric, p999 numeric, transactions int);
\\copy t FROM '$home/times' WITH (DELIMITER ' ')
CREATE TEMP VIEW result AS
  SELECT contender,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY ms) AS ms,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY t.p50) AS p50,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY t.p99) AS p99,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY t.p999) AS p999,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY t.p50 / n.p50) AS p50_ratio,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY t.p99 / n.p99) AS p99_ratio,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY t.p999 / n.p999) AS p999_ratio
  FROM t JOIN (SELECT round, p50, p99, p999 FROM t WHERE contender = 'none') n USING (round)
  GROUP BY contender;
\\pset footer off
\\pset null ''
SELECT contender, CASE WHEN contender NOT IN ('none', 'burn') THEN to_char(:due / (ms / 1000), 'FM999,999,999') END AS "rows/s",
  round(p50::numeric / 1000, 2) AS "p50 ms", round(p50_ratio::numeric, 2) AS "to none",
  round(p99::numeric / 1000, 2) AS "p99 ms", round(p99_ratio::numeric, 2) AS "to  none",
  round(p999::numeric / 1000, 2) AS "p99.9 ms", round(p999_ratio::numeric, 2) AS "to none "
FROM result ORDER BY p99;
\\pset format unaligned
\\pset tuples_only on
\\o '$home/latency.json'
SELECT jsonb_pretty(jsonb_build_object('due', :due, 'rounds', :rounds, 'rate', :rate,
  'server', current_setting('server_version'),
  'contenders', (SELECT jsonb_object_agg(contender, to_jsonb(r) - 'contender') FROM result r),
  'runs', (SELECT jsonb_agg(to_jsonb(t)) FROM t)));
SQL
say "every figure: $home/latency.json"
