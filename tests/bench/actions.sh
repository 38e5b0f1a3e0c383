#!/bin/sh
# actions.sh TOP BUILD: what de-identifying and aggregating cost beside the same SQL by hand, on fresh
# copies of one database each. Called by ./dev bench actions.
#
#   deidentify-100, -70   four columns of every record (NULL, a constant, a number's area code, an
#                         address's network), at fillfactor 100 and 70; by hand: one UPDATE
#   aggregate             every record counted by account and month, and deleted; by hand: one
#                         statement, DELETE ... RETURNING in a CTE, and INSERT ... SELECT ... GROUP BY
#
#   BENCH_ROWS    records, 1 000 000 by default; all of them are due, evidence = "records"
#   BENCH_KINDS   those of them to run, all by default
#   BENCH_ROUNDS  rounds, 5 by default; every contender runs once in each, in a turning order
#   BENCH_KINDS   only some of the above, "deidentify-100 aggregate"
#
# Times are those of the whole program; "batches" from the entry "plan" to the last batch's; "cpu" is
# processor time, of the program and the server's processes together. Ratios are to the statement by
# hand of the same round; what is printed are medians. build/bench-actions/
# actions.json has every figure.
set -eu
top=$1
build=$2
. "$top/tests/bench/prelude.sh"
. "$top/tests/bench/site.sh"
rows=${BENCH_ROWS:-1000000}
rounds=${BENCH_ROUNDS:-5}
bench_begin bench-actions "shared_buffers = 512MB
autovacuum = off
maintenance_work_mem = 256MB"

# write_site DATABASE CONNECTIONS KIND: main file and policy in $home/site
write_site() {
  case $3 in
  deidentify-*)
    stage='{ name = "less"; after = "30 days"; do = "deidentify"; columns = (
      { name = "caller"; as = "nullify"; }, { name = "source"; as = "constant"; value = "gone"; },
      { name = "dialled"; as = "phone_truncate"; keep = "npa"; }, { name = "ip"; as = "ip_truncate"; } ); }'
    ;;
  aggregate)
    stage='{ name = "month"; after = "30 days"; do = "aggregate"; into = "public.call_month";
      by = ( { column = "account"; }, { column = "at"; as = "date_trunc"; unit = "month"; to = "month"; } );
      measures = ( { count = "calls"; }, { sum = "duration"; to = "seconds"; } ); k = 11; fold = ( "account" );
      then = "delete"; }'
    ;;
  esac
  bench_site "$1" "$2" calls "  data: { table = \"public.call\"; start = \"at\";
    subject = ( { column = \"caller\"; kind = \"phone\"; as = \"e164\"; } ); };
  stages = ( $stage );"
}

kinds=${BENCH_KINDS:-deidentify-100 deidentify-70 aggregate}
say "== the masters: $rows records, all of them due"
bench_key
bench_drop copy
for kind in $kinds; do
  fill=100
  [ "$kind" != deidentify-70 ] || fill=70
  bench_drop "$kind"
  bench_database "$kind"
  sql "bench_$kind" "
CREATE TABLE public.call (id bigint NOT NULL, account int NOT NULL, at timestamptz NOT NULL, caller text,
  source text, dialled text, ip inet, duration int NOT NULL) WITH (fillfactor = $fill);
INSERT INTO public.call
  SELECT i, i * 7919 % 1000, date_trunc('hour', now()) - interval '400 days' + i * (interval '360 days' / $rows),
         '+1212' || 2000000 + i % 50000, md5(i::text), '+1415' || 2000000 + i * 31 % 7000000,
         '10.0.0.0'::inet + i, i % 600
  FROM generate_series(1, $rows::bigint) i;
ALTER TABLE public.call ADD PRIMARY KEY (id);
CREATE INDEX ON public.call (at);
CREATE INDEX ON public.call (account);
CREATE TABLE public.call_month (account text, month date, calls bigint NOT NULL, seconds bigint NOT NULL,
  UNIQUE NULLS NOT DISTINCT (account, month));
GRANT SELECT, DELETE, UPDATE ON public.call TO bench_worker;
GRANT INSERT ON public.call_month TO bench_worker;"
  sql "bench_$kind" "VACUUM (FREEZE, ANALYZE) public.call"
  write_site "bench_$kind" 2 "$kind"
  bench_approve "bench_$kind"
done

# run_one ROUND CONTENDER: appends "round kind contender ms batches-ms cpu-ms" to $home/times
run_one() {
  kind=${2%:*} contender=${2#*:}
  bench_copy "$kind"
  [ "$contender" = hand ] || write_site bench_copy "$contender" "$kind"
  sql postgres "CHECKPOINT"
  cpu=$(cpu_ms)
  began=$(now_ms)
  case $2 in
  aggregate:hand)
    sql bench_copy "WITH gone AS (DELETE FROM public.call WHERE at <= now() - interval '30 days'
        RETURNING account, date_trunc('month', at AT TIME ZONE 'UTC')::date AS month, caller, duration)
      INSERT INTO public.call_month
        SELECT account::text, month, count(*), sum(duration) FROM gone GROUP BY account, month
        HAVING count(DISTINCT caller) >= 11"
    ;;
  *:hand)
    sql bench_copy "UPDATE public.call SET caller = NULL, source = 'gone', dialled = left(dialled, 5),
        ip = set_masklen(ip, 24) & '255.255.255.0'::inet WHERE at <= now() - interval '30 days'"
    ;;
  *)
    bench_run
    ;;
  esac
  ms=$(($(now_ms) - began))
  bench_wait_ends bench_copy
  cpu=$(($(cpu_ms) - cpu))
  case $kind in
  aggregate) left=$(sql bench_copy "SELECT count(*) FROM public.call") ;;
  *) left=$(sql bench_copy "SELECT count(*) FROM public.call WHERE caller IS NOT NULL") ;;
  esac
  [ "$left" = 0 ] || { say "$2 left $left rows" >&2; exit 1; }
  batches=null
  [ "$contender" = hand ] ||
    batches=$(sql bench_copy "SELECT (1000 * extract(epoch FROM max(e.at) - min(r.started_at)))::int
      FROM retention.run r JOIN retention.log_entry e USING (run)")
  echo "$1 $kind $contender $ms $batches $cpu" >>"$home/times"
  printf '   round %s  %-15s %-5s %7s ms   batches %-6s cpu %s\n' "$1" "$kind" "$contender" "$ms" \
    "$batches" "$cpu"
  sql postgres "DROP DATABASE bench_copy WITH (FORCE)"
}

contenders=""
for kind in $kinds; do contenders="$contenders $kind:hand $kind:1 $kind:2"; done
: >"$home/times"
bench_rounds run_one

say ""
psql -X -q -v ON_ERROR_STOP=1 -v rows="$rows" -v rounds="$rounds" -d "$(conninfo postgres postgres)" -f - <<SQL
\\set QUIET on
CREATE TEMP TABLE t (round int, kind text, contender text, ms numeric, batches text, cpu numeric);
\\copy t FROM '$home/times' WITH (DELIMITER ' ')
CREATE TEMP VIEW result AS
  WITH one AS (
    SELECT t.*, nullif(t.batches, 'null')::numeric AS batches_ms, h.ms AS hand_ms,
      h.cpu AS hand_cpu
    FROM t JOIN t h ON h.round = t.round AND h.kind = t.kind AND h.contender = 'hand')
  SELECT kind, contender,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY ms) AS ms,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY ms / hand_ms) AS ratio,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY batches_ms) AS batches_ms,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY batches_ms / hand_ms) AS batches_ratio,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY cpu) AS cpu_ms,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY cpu / hand_cpu) AS cpu_ratio,
    array_agg(ms ORDER BY round) AS all_ms, array_agg(batches_ms ORDER BY round) AS all_batches_ms
  FROM one GROUP BY kind, contender;
\\pset footer off
\\pset null ''
SELECT kind, contender, round(ms::numeric / 1000, 2) AS "seconds", round(ratio::numeric, 2) AS "to by hand",
  round(batches_ms::numeric / 1000, 2) AS "batches only", round(batches_ratio::numeric, 2) AS "to by hand ",
  round(cpu_ms::numeric / 1000, 2) AS "cpu", round(cpu_ratio::numeric, 2) AS "to by hand  "
FROM result ORDER BY kind, contender <> 'hand', contender;
\\pset format unaligned
\\pset tuples_only on
\\o '$home/actions.json'
SELECT jsonb_pretty(jsonb_build_object('rows', :rows, 'rounds', :rounds,
  'server', current_setting('server_version'),
  'contenders', (SELECT jsonb_object_agg(kind || ':' || contender, jsonb_build_object(
    'ms', round(ms::numeric, 1), 'ratio', round(ratio::numeric, 3), 'batches_ms', round(batches_ms::numeric, 1),
    'batches_ratio', round(batches_ratio::numeric, 3), 'cpu_ms', round(cpu_ms::numeric, 1),
    'cpu_ratio', round(cpu_ratio::numeric, 3), 'all_ms', all_ms, 'all_batches_ms', all_batches_ms))
    FROM result)));
SQL
# shellcheck disable=SC2086
bench_drop $kinds
say "every figure: $home/actions.json"
