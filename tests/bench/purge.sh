#!/bin/sh
# purge.sh TOP BUILD: how long it takes to delete the older half of a table, and the oldest hundredth,
# by the worker and by the usual ways, on fresh copies of one database; and what plan costs beside a
# count. Called by ./dev bench and ./dev bench purge.
#
#   BENCH_ROWS        rows of the table, 3 000 000 by default; 150 bytes each, three indexes
#   BENCH_ROUNDS      rounds, 5 by default; every contender runs once in each, in a turning order
#   BENCH_CONTENDERS  only these, of those named at the end; worker-records-2 alone on 30 000 000 rows
#                     shows what a row costs, and the memory, where there are ten times as many
#
# Every run gets a copy of its own (files copied, nothing in shared buffers) and a checkpoint before.
# fsync is on. Times are those of the whole program, from its start to its end: the worker's include
# connecting, checking its policies, counting what is due before and what remains after. Its second
# figure, "batches", runs from the entry "plan" to the last batch's. "own" is the processor time of the
# program itself, its start included, per record; "MiB" the most memory it had; "WAL" what the server wrote, per record. Ratios, of speeds: 2
# is twice as fast, are to the plain DELETE of the same round (of the hundredth: to that through the index; of plan: to
# SELECT count(*) of what is due); what is printed are medians. build/bench/purge.json has every single
# figure.
set -eu
top=$1
build=$2
. "$top/tests/bench/prelude.sh"
. "$top/tests/bench/site.sh"
rows=${BENCH_ROWS:-3000000}
rounds=${BENCH_ROUNDS:-5}
bench_begin bench "shared_buffers = 512MB
autovacuum = off
maintenance_work_mem = 256MB"
# write_site DATABASE EVIDENCE CONNECTIONS [PERIOD]
write_site() {
  bench_site "$1" "$3" records "  evidence = \"$2\";
  data: { table = \"public.record\"; start = \"at\"; };
  stages = ( { after = \"${4:-30 days}\"; do = \"delete\"; } );"
}

say "== the masters: $rows rows, half of them due"
bench_key
contenders=${BENCH_CONTENDERS:-delete loop-ctid loop-id worker-records-1 worker-records-2 worker-counts-2 \
  one-delete one-worker-records-2 count plan}
masters=records
case $contenders in *counts*) masters="records counts" ;; esac
bench_drop copy records counts
bench_database records
sql bench_records "
CREATE TABLE public.record (id bigint NOT NULL, account int NOT NULL, at timestamptz NOT NULL, note text);
INSERT INTO public.record
  SELECT i, i * 7919 % 1000, date_trunc('hour', now()) - interval '60 days' + i * (interval '60 days' / $rows),
         repeat(md5(i::text), 3)
  FROM generate_series(1, $rows::bigint) i;
ALTER TABLE public.record ADD PRIMARY KEY (id);
CREATE INDEX ON public.record (at);
CREATE INDEX ON public.record (account);
GRANT SELECT, DELETE, UPDATE (id) ON public.record TO bench_worker;
CREATE PROCEDURE public.by_ctid(cutoff timestamptz) LANGUAGE plpgsql AS \$\$
DECLARE n bigint;
BEGIN
  LOOP
    DELETE FROM public.record WHERE ctid = ANY (ARRAY(
      SELECT ctid FROM public.record WHERE at <= cutoff LIMIT 5000));
    GET DIAGNOSTICS n = ROW_COUNT;
    COMMIT;
    EXIT WHEN n = 0;
  END LOOP;
END \$\$;
CREATE PROCEDURE public.by_id(cutoff timestamptz) LANGUAGE plpgsql AS \$\$
DECLARE n bigint;
BEGIN
  LOOP
    DELETE FROM public.record WHERE id IN (
      SELECT id FROM public.record WHERE at <= cutoff ORDER BY at LIMIT 5000);
    GET DIAGNOSTICS n = ROW_COUNT;
    COMMIT;
    EXIT WHEN n = 0;
  END LOOP;
END \$\$;"
sql bench_records "VACUUM (FREEZE, ANALYZE) public.record"
case $masters in
*counts)
  sql postgres "CREATE DATABASE bench_counts TEMPLATE bench_records STRATEGY file_copy"
  sql bench_counts "SELECT retention.adopt()" >/dev/null
  ;;
esac
for evidence in $masters; do
  write_site "bench_$evidence" "$evidence" 2
  bench_approve "bench_$evidence"
done
# The same for everybody: what is due when the first run begins.
cutoff=$(sql bench_records "SELECT now() - interval '30 days'")
due=$(sql bench_records "SELECT count(*) FROM public.record WHERE at <= '$cutoff'")
one="59 days 10 hours" # a longer period needs no approval
one_cutoff=$(sql bench_records "SELECT now() - interval '$one'")
one_due=$(sql bench_records "SELECT count(*) FROM public.record WHERE at <= '$one_cutoff'")
size=$(sql bench_records "SELECT pg_size_pretty(pg_table_size('public.record')) || ' and ' ||
  pg_size_pretty(pg_indexes_size('public.record')) || ' of indexes'")
say "   $due rows are due; table $size"

# run_one ROUND CONTENDER: appends "round contender ms cpu-ms batches-ms own-ms WAL-bytes records
# KiB" to $home/times
run_one() {
  contender=$2
  rows_due=$due rows_cutoff=$cutoff period=
  case $contender in
  one-*) rows_due=$one_due rows_cutoff=$one_cutoff period=$one ;;
  esac
  case $contender in
  worker-counts-*) master=counts ;;
  *) master=records ;;
  esac
  bench_copy "$master"
  case $contender in
  *worker-*) write_site bench_copy "$master" "${contender##*-}" "$period" ;;
  plan) write_site bench_copy "$master" 2 ;;
  esac
  sql postgres "CHECKPOINT"
  lsn=$(sql postgres "SELECT pg_current_wal_insert_lsn()")
  echo "0 0" >"$home/usage"
  cpu=$(cpu_ms)
  began=$(now_ms)
  case $contender in
  delete)
    sql bench_copy "SET enable_indexscan = off; SET enable_bitmapscan = off;
      DELETE FROM public.record WHERE at <= '$cutoff'"
    ;;
  one-delete)
    sql bench_copy "SET enable_seqscan = off; DELETE FROM public.record WHERE at <= '$one_cutoff'"
    ;;
  count)
    sql bench_copy "SELECT count(*) FROM public.record WHERE at + interval '30 days' <= now()" >/dev/null
    ;;
  plan)
    "$build/retentionctl" -c "$home/site/retentiond.cfg" plan >"$home/run.log" 2>&1 ||
      { cat "$home/run.log" >&2; exit 1; }
    ;;
  loop-ctid) sql bench_copy "CALL public.by_ctid('$cutoff')" ;;
  loop-id) sql bench_copy "CALL public.by_id('$cutoff')" ;;
  *worker-*)
    "$build/tests/usage" "$home/usage" "$build/retentiond" -c "$home/site/retentiond.cfg" --once \
      >"$home/run.log" 2>&1 || { cat "$home/run.log" >&2; exit 1; }
    ;;
  esac
  ms=$(($(now_ms) - began))
  read -r own memory <"$home/usage"
  bench_wait_ends bench_copy
  cpu=$(($(cpu_ms) - cpu))
  wal=$(sql postgres "SELECT pg_current_wal_insert_lsn() - '$lsn'::pg_lsn")
  left=$(sql bench_copy "SELECT count(*) FROM public.record WHERE at <= '$rows_cutoff'")
  case $contender in
  plan | count) [ "$left" = "$due" ] ;;
  *) [ "$left" = 0 ] ;;
  esac || { say "$contender left $left rows" >&2; exit 1; }
  batches=null
  case $contender in
  *worker-*)
    batches=$(sql bench_copy "SELECT (1000 * extract(epoch FROM max(e.at) - min(r.started_at)))::int
      FROM retention.run r JOIN retention.log_entry e USING (run)")
    ;;
  esac
  echo "$1 $contender $ms $cpu $batches $own $wal $rows_due $memory" >>"$home/times"
  printf '   round %s  %-18s %7s ms %7s ms of processors   batches %s\n' "$1" "$contender" "$ms" "$cpu" "$batches"
  sql postgres "DROP DATABASE bench_copy WITH (FORCE)"
}

: >"$home/times"
bench_rounds run_one

say ""
psql -X -q -v ON_ERROR_STOP=1 -v rows="$rows" -v due="$due" -v rounds="$rounds" \
  -d "$(conninfo postgres postgres)" -f - <<SQL
\\set QUIET on
CREATE TEMP TABLE t (round int, contender text, ms numeric, cpu_ms numeric, batches text, own_ms numeric,
  wal numeric, due numeric, kib numeric);
\\copy t FROM '$home/times' WITH (DELIMITER ' ')
CREATE TEMP VIEW result AS
  WITH one AS (
    SELECT t.*, nullif(t.batches, 'null')::numeric AS batches_ms, d.ms AS delete_ms, d.cpu_ms AS delete_cpu_ms,
      l.ms AS loop_ms
    FROM t LEFT JOIN t l ON l.round = t.round AND l.contender = 'loop-ctid' AND t.contender NOT LIKE 'one-%'
      AND t.contender NOT IN ('plan', 'count')
    LEFT JOIN t d ON d.round = t.round AND d.contender =
      CASE WHEN t.contender LIKE 'one-%' THEN 'one-delete' WHEN t.contender IN ('plan', 'count') THEN 'count'
        ELSE 'delete' END)
  SELECT contender,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY ms) AS ms,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY ms / delete_ms) AS ratio,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY cpu_ms) AS cpu_ms,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY cpu_ms / nullif(delete_cpu_ms, 0)) AS cpu_ratio,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY batches_ms) AS batches_ms,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY batches_ms / delete_ms) AS batches_ratio,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY loop_ms / ms) AS loop_ratio,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY loop_ms / batches_ms) AS batches_loop_ratio,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY kib) FILTER (WHERE kib > 0) AS kib,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY 1000 * own_ms / due)
      FILTER (WHERE contender LIKE '%worker-%') AS own_us,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY wal / due)
      FILTER (WHERE contender NOT IN ('plan', 'count')) AS wal, max(due) AS due,
    array_agg(ms ORDER BY round) AS all_ms, array_agg(batches_ms ORDER BY round) AS all_batches_ms
  FROM one GROUP BY contender;
\\pset footer off
\\pset null ''
SELECT contender, round(ms::numeric / 1000, 2) AS "seconds", round(1 / nullif(ratio, 0)::numeric, 2) AS "speed to DELETE",
  round(loop_ratio::numeric, 2) AS "to loop-ctid", to_char(due / (ms / 1000), 'FM999,999,999') AS "rows/s",
  round(batches_ms::numeric / 1000, 2) AS "batches only", round(1 / nullif(batches_ratio, 0)::numeric, 2) AS "to DELETE",
  round(batches_loop_ratio::numeric, 2) AS "to loop-ctid ", round(cpu_ms::numeric / 1000, 2) AS "processor s",
  round(own_us::numeric, 2) AS "own us", round(kib::numeric / 1024, 1) AS "MiB", round(wal::numeric) AS "WAL"
FROM result ORDER BY ms;
CREATE TEMP VIEW more AS
  SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY 1000 * (a.own_ms - b.own_ms) / (a.due - b.due)) AS us
  FROM t a JOIN t b USING (round)
  WHERE a.contender = 'worker-records-2' AND b.contender = 'one-worker-records-2';
SELECT round(us::numeric, 2) AS "own us of a record more (half against a hundredth)" FROM more WHERE us IS NOT NULL;
\\pset format unaligned
\\pset tuples_only on
\\o '$home/purge.json'
SELECT jsonb_pretty(jsonb_build_object('rows', :rows, 'due', :due, 'rounds', :rounds,
  'server', current_setting('server_version'), 'own_us_of_a_record_more', (SELECT round(us::numeric, 3) FROM more),
  'contenders', (SELECT jsonb_object_agg(contender, jsonb_build_object('ms', round(ms::numeric, 1),
    'ratio', round(ratio::numeric, 3), 'cpu_ms', round(cpu_ms::numeric, 1), 'cpu_ratio', round(cpu_ratio::numeric, 3),
    'due', due, 'own_us', round(own_us::numeric, 3), 'memory_kib', kib,
    'loop_ratio', round(loop_ratio::numeric, 3), 'batches_loop_ratio', round(batches_loop_ratio::numeric, 3), 'wal_bytes', round(wal::numeric, 1),
    'batches_ms', round(batches_ms::numeric, 1),
    'batches_ratio', round(batches_ratio::numeric, 3), 'all_ms', all_ms,
    'all_batches_ms', all_batches_ms)) FROM result)));
\\o '$home/bars'
SELECT contender || ' ' || round(ms::numeric / 1000, 2) FROM result WHERE contender NOT LIKE 'one-%'
  AND contender NOT IN ('plan', 'count') ORDER BY ms;
SQL
bench_bars "$home/bars" "$home/purge.svg" "Deleting $due of $rows rows, the whole program" "seconds"
# shellcheck disable=SC2086
bench_drop $masters
say "every figure: $home/purge.json, $home/purge.svg"
