#!/bin/sh
# holds.sh TOP BUILD: what holds cost a run that deletes the older half of a table, with the same rows
# in every run. Called by ./dev bench holds.
#
#   none       no hold
#   subjects   10 000 subjects of one hold, phone numbers; the table has them as +14105550100
#   tenants    1 000 holds, each of one tenant
#   third      one hold of the tenant that has a third of all rows, everywhere in the table
#   ranges     10 000 subjects and a range of the starting point that none of them meets
#
#   BENCH_ROWS    rows of the table, 2 000 000 by default, half of them due
#   BENCH_ROUNDS  rounds, 5 by default; every contender runs once in each, in a turning order
#
# Every run gets a copy of its own (files copied, nothing in shared buffers) and a checkpoint before.
# fsync is on. What counts is the time per deleted row, from the entry "plan" to the last batch's, to
# that of "none" in the same round; what is printed are medians. build/bench-holds/holds.json has
# every single figure.
set -eu
top=$1
build=$2
. "$top/tests/bench/prelude.sh"
. "$top/tests/bench/site.sh"
rows=${BENCH_ROWS:-2000000}
rounds=${BENCH_ROUNDS:-5}
contenders=${BENCH_CONTENDERS:-none subjects tenants third ranges}
bench_begin bench-holds "shared_buffers = 512MB
autovacuum = off
maintenance_work_mem = 256MB"

# write_site DATABASE
write_site() {
  bench_site "$1" 1 records '  data: {
    table = "public.record"; start = "at"; tenant = "account";
    subject = ( { column = "caller"; kind = "phone"; as = "e164"; } );
  };
  stages = ( { after = "30 days"; do = "delete"; } );'
}

say "== the masters: $rows rows, half of them due"
bench_key
bench_drop copy none subjects tenants third ranges
bench_database none
sql bench_none "
CREATE TABLE public.record (id bigint NOT NULL, account int NOT NULL, caller text,
  at timestamptz NOT NULL, note text);
-- one large account, 30 000 others, half a million callers
INSERT INTO public.record
  SELECT i, CASE WHEN i % 3 = 0 THEN 0 ELSE 1 + i * 7919 % 30000 END, '+1' || n,
         date_trunc('hour', now()) - interval '60 days' + i * (interval '60 days' / $rows),
         repeat(md5(i::text), 3)
  FROM generate_series(1, $rows::bigint) i, LATERAL (SELECT 4100000000 + i * 104729 % 500000 AS n) c;
ALTER TABLE public.record ADD PRIMARY KEY (id);
CREATE INDEX ON public.record (at);
CREATE INDEX ON public.record (account);
GRANT SELECT, DELETE, UPDATE (id) ON public.record TO bench_worker;
GRANT SELECT ON public.record TO retention_reader;"
sql bench_none "VACUUM (FREEZE, ANALYZE) public.record"
write_site bench_none
bench_approve bench_none

# place NAME SQL: a master in which holds are placed
place() {
  case " $contenders " in *" $1 "*) ;; *) return 0 ;; esac
  sql postgres "CREATE DATABASE bench_$1 TEMPLATE bench_none STRATEGY file_copy"
  sql "bench_$1" "SELECT retention.adopt()" >/dev/null
  sql "bench_$1" "$2" bench_legal >/dev/null
  sql "bench_$1" "VACUUM (ANALYZE) retention.held_scope" # autovacuum would, but it is off
}
phones="(SELECT array_agg('phone:+1' || 4100000000 + n * 50) FROM generate_series(1, 10000) n)"
place subjects "SELECT retention.place_hold(matter => 'M-1', reason => 'benchmark',
  category => 'records', subjects => $phones)"
place tenants "SELECT retention.place_hold(matter => 'M-1', reason => 'benchmark',
  category => 'records', tenant => (n * 30)::text) FROM generate_series(1, 1000) n"
place third "SELECT retention.place_hold(matter => 'M-1', reason => 'benchmark',
  category => 'records', tenant => '0')"
place ranges "SELECT retention.place_hold(matter => 'M-1', reason => 'benchmark',
  category => 'records', subjects => $phones, starts_from => '1999-01-01', starts_to => '1999-02-01')"


# run_one ROUND CONTENDER: appends "round contender rows ms batches-ms cpu-ms" to $home/times
run_one() {
  bench_copy "$2"
  write_site bench_copy
  sql postgres "CHECKPOINT"
  cpu=$(cpu_ms)
  began=$(now_ms)
  bench_run
  ms=$(($(now_ms) - began))
  bench_wait_ends bench_copy
  cpu=$(($(cpu_ms) - cpu))
  figures=$(sql bench_copy "SELECT sum(e.rows) || ' ' || $ms || ' ' ||
      (1000 * extract(epoch FROM max(e.at) - min(r.started_at)))::int || ' ' || $cpu
    FROM retention.run r JOIN retention.log_entry e USING (run)")
  echo "$1 $2 $figures" >>"$home/times"
  # shellcheck disable=SC2086
  printf '   round %s  %-10s %8s rows deleted, %7s ms, batches %7s ms, %7s ms of processors\n' "$1" "$2" $figures
  sql postgres "DROP DATABASE bench_copy WITH (FORCE)"
}

: >"$home/times"
bench_rounds run_one

say ""
psql -X -q -v ON_ERROR_STOP=1 -v rows="$rows" -v rounds="$rounds" \
  -d "$(conninfo postgres postgres)" -f - <<SQL
\\set QUIET on
CREATE TEMP TABLE t (round int, contender text, rows bigint, ms numeric, batches_ms numeric,
  cpu_ms numeric);
\\copy t FROM '$home/times' WITH (DELIMITER ' ')
CREATE TEMP VIEW result AS
  WITH one AS (
    SELECT t.*, t.batches_ms * n.rows / t.rows / n.batches_ms AS ratio,
           t.ms * n.rows / t.rows / n.ms AS whole_ratio, t.cpu_ms * n.rows / t.rows / n.cpu_ms AS cpu_ratio
    FROM t JOIN t n ON n.round = t.round AND n.contender = 'none')
  SELECT contender, min(rows) AS rows,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY batches_ms) AS batches_ms,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY ratio) AS ratio,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY ms) AS ms,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY whole_ratio) AS whole_ratio,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY cpu_ms) AS cpu_ms,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY cpu_ratio) AS cpu_ratio,
    array_agg(round(ratio, 3) ORDER BY round) AS ratios, array_agg(batches_ms ORDER BY round) AS all_ms
  FROM one GROUP BY contender;
\\pset footer off
SELECT contender, to_char(rows, 'FM999,999,999') AS "deleted",
  round((batches_ms * 1000 / rows)::numeric, 2) AS "µs a row", round(ratio::numeric, 2) AS "to none",
  CASE contender WHEN 'subjects' THEN '1.3' WHEN 'tenants' THEN '1.3' WHEN 'third' THEN '1.5' END AS "aim",
  round((ms / 1000)::numeric, 2) AS "whole program s", round(whole_ratio::numeric, 2) AS "to none ",
  round((cpu_ms / 1000)::numeric, 2) AS "its processor s", round(cpu_ratio::numeric, 2) AS "to none  "
FROM result ORDER BY ratio;
\\pset format unaligned
\\pset tuples_only on
\\o '$home/holds.json'
SELECT jsonb_pretty(jsonb_build_object('rows', :rows, 'rounds', :rounds,
  'server', current_setting('server_version'),
  'contenders', (SELECT jsonb_object_agg(contender, jsonb_build_object('deleted', rows,
    'batches_ms', round(batches_ms::numeric, 1), 'ratio', round(ratio::numeric, 3),
    'ms', round(ms::numeric, 1), 'whole_ratio', round(whole_ratio::numeric, 3),
    'cpu_ms', round(cpu_ms::numeric, 1), 'cpu_ratio', round(cpu_ratio::numeric, 3),
    'ratios', ratios, 'all_batches_ms', all_ms)) FROM result)));
SQL
say "every figure: $home/holds.json"
