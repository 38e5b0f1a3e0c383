#!/bin/sh
# partition.sh TOP BUILD: how long it takes until an expired partition is empty, or gone, as a whole.
# Called by ./dev bench partition.
#
#   counts   the worker, strategy "partition", evidence = "counts": the partition's bounds say that all
#            of it is due
#   records  the worker, with a keyed digest of every record
#   partman  pg_partman's drop_partition_time, which drops it; nothing tells what was in it
#   keys     one SELECT of the partition's keys by psql, to /dev/null
#   counts4, partman4   the same of a partition four times as large
#
#   BENCH_ROWS    rows of the partition, 1 500 000 by default; 150 bytes each, three indexes
#   BENCH_ROUNDS  rounds, 5 by default; every contender runs once in each, in a turning order
#   BENCH_HUGE_PAGES   1, as by default: the server's shared memory in huge pages; 0: not
#
# The table is pg_partman's, a partition a month; the oldest one is expired, the others have 1 000 rows.
# Every run gets a copy of its own (files copied, nothing in shared buffers) and a checkpoint before.
# fsync is on. The worker's time is that of its transactions: from the entry "plan" to the commit of the
# last batch (the server's commit timestamps); its second figure is that of the whole program, which
# counts what is due before and what remains after. build/bench-partition/partition.json has every single
# figure.
set -eu
top=$1
build=$2
. "$top/tests/bench/prelude.sh"
. "$top/tests/bench/site.sh"
rows=${BENCH_ROWS:-1500000}
rounds=${BENCH_ROUNDS:-5}
contenders=${BENCH_CONTENDERS:-counts records partman keys counts4 partman4}
: "${BENCH_HUGE_PAGES:=1}"
bench_begin bench-partition "shared_buffers = 1024MB
autovacuum = off
track_commit_timestamp = on
maintenance_work_mem = 256MB"

# write_site DATABASE EVIDENCE
write_site() {
  bench_site "$1" 2 records "  strategy = \"partition\"; evidence = \"$2\";
  data: { table = \"public.record\"; start = \"at\"; };
  stages = ( { after = \"1 month\"; do = \"delete\"; } );"
}

# make_master NAME EVIDENCE ROWS
make_master() {
  bench_database "$1"
  sql "bench_$1" "
CREATE SCHEMA partman; CREATE EXTENSION pg_partman SCHEMA partman;
CREATE TABLE public.record (id bigint NOT NULL, account int NOT NULL, at timestamptz NOT NULL, note text,
  PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
CREATE INDEX ON public.record (at);
CREATE INDEX ON public.record (account);
DO \$\$ BEGIN
  PERFORM partman.create_parent('public.record', 'at', 'native', 'monthly', p_premake := 1,
    p_start_partition := (date_trunc('month', now()) - interval '3 months')::text);
END \$\$;
INSERT INTO public.record
  SELECT i, i * 7919 % 1000, date_trunc('month', now()) - interval '3 months' + i * (interval '28 days' / $3),
         repeat(md5(i::text), 3)
  FROM generate_series(1, $3::bigint) i;
INSERT INTO public.record SELECT $3 + i, i % 1000, now(), 'young' FROM generate_series(1, 1000) i;
DO \$\$ DECLARE leaf regclass; BEGIN
  FOR leaf IN SELECT relid FROM pg_partition_tree('public.record') WHERE isleaf LOOP
    EXECUTE format('GRANT SELECT, DELETE, UPDATE (id), TRUNCATE ON %s TO bench_worker', leaf);
  END LOOP;
END \$\$;
GRANT SELECT, DELETE, UPDATE (id) ON public.record TO bench_worker;"
  sql "bench_$1" "VACUUM (FREEZE, ANALYZE) public.record"
  write_site "bench_$1" "$2"
  bench_approve "bench_$1"
}

say "== the masters: partitions of $rows and $((4 * rows)) rows"
bench_key
bench_drop copy counts records counts4
make_master counts counts "$rows"
make_master records records "$rows"
make_master counts4 counts "$((4 * rows))"
oldest=$(sql bench_counts "SELECT min(relid::text) FROM pg_partition_tree('public.record')
  WHERE isleaf AND relid::text NOT LIKE '%default'")

# run_one ROUND CONTENDER: appends "round contender ms whole-ms rows" to $home/times
run_one() {
  contender=$2 count=$rows
  case $contender in
  *4) master=counts4 count=$((4 * rows)) ;;
  records) master=records ;;
  *) master=counts ;;
  esac
  bench_copy "$master"
  write_site bench_copy "${master%4}"
  sql postgres "CHECKPOINT"
  began=$(now_ms)
  whole=null
  case $contender in
  counts* | records)
    bench_run
    ;;
  partman*) sql bench_copy "SELECT partman.drop_partition_time('public.record', '1 month', false)" >/dev/null ;;
  keys)
    psql -X -q -A -t -d "$(conninfo bench_copy postgres)" -c "SELECT id, at FROM $oldest" >/dev/null
    ;;
  esac
  ms=$(($(now_ms) - began))
  case $contender in
  counts* | records)
    whole=$ms
    ms=$(sql bench_copy "SELECT (1000 * extract(epoch FROM max(pg_xact_commit_timestamp(e.xmin)) -
      min(pg_xact_commit_timestamp(r.xmin))))::int FROM retention.log_entry r, retention.log_entry e
      WHERE r.type = 'plan' AND e.type = 'batch'")
    ;;
  esac
  case $contender in
  keys) ;;
  partman*) [ "$(sql bench_copy "SELECT to_regclass('$oldest') IS NULL")" = t ] ;;
  *)
    [ "$(sql bench_copy "SELECT count(*) FROM public.record")" = 1000 ] &&
      [ "$(sql bench_copy "SELECT sum(rows) FROM retention.log_entry WHERE type = 'batch'")" = "$count" ]
    ;;
  esac || { say "$contender did not do it" >&2; exit 1; }
  echo "$1 $contender $ms $whole $count" >>"$home/times"
  printf '   round %s  %-9s %6s ms   whole program %s\n' "$1" "$contender" "$ms" "$whole"
  sql postgres "DROP DATABASE bench_copy WITH (FORCE)"
}

: >"$home/times"
bench_rounds run_one

say ""
psql -X -q -v ON_ERROR_STOP=1 -v rows="$rows" -v rounds="$rounds" -d "$(conninfo postgres postgres)" -f - <<SQL
\\set QUIET on
CREATE TEMP TABLE t (round int, contender text, ms numeric, whole text, rows bigint);
\\copy t FROM '$home/times' WITH (DELIMITER ' ')
CREATE TEMP VIEW result AS
  SELECT t.contender, max(t.rows) AS rows,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY t.ms) AS ms,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY nullif(t.whole, 'null')::numeric) AS whole_ms,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY t.ms / nullif(k.ms, 0)) AS to_keys,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY t.ms / nullif(p.ms, 0)) AS to_partman,
    array_agg(t.ms ORDER BY t.round) AS all_ms
  FROM t LEFT JOIN t k ON k.round = t.round AND k.contender = 'keys'
         LEFT JOIN t p ON p.round = t.round AND p.contender = 'partman'
  GROUP BY t.contender;
\\pset footer off
\\pset null ''
SELECT contender, to_char(rows, 'FM99,999,999') AS "rows", round(ms::numeric) AS "ms",
  round(to_keys::numeric, 2) AS "to keys", round(to_partman::numeric, 1) AS "to partman",
  round(whole_ms::numeric) AS "whole program ms"
FROM result ORDER BY rows, ms;
\\pset format unaligned
\\pset tuples_only on
\\o '$home/partition.json'
SELECT jsonb_pretty(jsonb_build_object('rows', :rows, 'rounds', :rounds,
  'server', current_setting('server_version'),
  'contenders', (SELECT jsonb_object_agg(contender, to_jsonb(r) - 'contender') FROM result r)));
\\o '$home/bars'
SELECT contender || ' ' || round(ms::numeric) FROM result ORDER BY rows, ms;
SQL
bench_bars "$home/bars" "$home/partition.svg" "An expired partition of $rows rows (4: four times as many)" "milliseconds"
bench_drop counts records counts4
say "every figure: $home/partition.json, $home/partition.svg"
