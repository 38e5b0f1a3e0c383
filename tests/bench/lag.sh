#!/bin/sh
# lag.sh TOP BUILD: how far a standby that replays slowly falls behind while records are deleted. Called
# by ./dev bench lag.
#
#   normal   the worker, two connections, at this pace: not more than 64 MB behind
#   fast     the same without a limit
#   delete   one plain DELETE
#
#   BENCH_ROWS     rows of the table, 2 000 000 by default, half of them due; 150 bytes each, three indexes
#   BENCH_ROUNDS   rounds, 3 by default; every contender runs once in each, in a turning order
#   BENCH_DELAY    milliseconds that the standby waits before it replays a commit, 2 000 by default
#
# The distance is looked at 20 times a second, on the primary: what is written less what is replayed.
# build/bench-lag/lag.json has every single figure.
set -eu
top=$1
build=$2
. "$top/tests/bench/prelude.sh"
. "$top/tests/bench/site.sh"
rows=${BENCH_ROWS:-2000000}
rounds=${BENCH_ROUNDS:-3}
delay=${BENCH_DELAY:-2000}
contenders=${BENCH_CONTENDERS:-normal fast delete}
bench_begin bench-lag "shared_buffers = 512MB
autovacuum = off
maintenance_work_mem = 256MB"
standby=$cluster/standby
stop_all() {
  as_server "$bindir/pg_ctl" -w -D "$standby" -m immediate stop >/dev/null 2>&1 || true
  bench_end
}
trap stop_all EXIT

# write_site DATABASE PRESET
write_site() {
  bench_site "$1" 2 records '  data: { table = "public.record"; start = "at"; };
  stages = ( { after = "30 days"; do = "delete"; } );' "pace: { preset = \"$2\"; };"
}

say "== the master: $rows rows, half of them due"
bench_key
bench_drop copy master
bench_database master
sql bench_master "
GRANT pg_read_all_stats TO bench_worker;
CREATE TABLE public.record (id bigint NOT NULL, account int NOT NULL, at timestamptz NOT NULL, note text);
INSERT INTO public.record
  SELECT i, i * 7919 % 1000, date_trunc('hour', now()) - interval '60 days' + i * (interval '60 days' / $rows),
         repeat(md5(i::text), 3)
  FROM generate_series(1, $rows::bigint) i;
ALTER TABLE public.record ADD PRIMARY KEY (id);
CREATE INDEX ON public.record (at);
CREATE INDEX ON public.record (account);
GRANT SELECT, DELETE, UPDATE (id) ON public.record TO bench_worker;"
sql bench_master "VACUUM (FREEZE, ANALYZE)"
write_site bench_master normal
bench_approve bench_master
cutoff=$(sql bench_master "SELECT now() - interval '30 days'")
due=$(sql bench_master "SELECT count(*) FROM public.record WHERE at <= '$cutoff'")

say "== a standby that replays $delay ms late"
as_server "$bindir/pg_ctl" -w -D "$standby" -m immediate stop >/dev/null 2>&1 || true
as_server rm -rf "$standby"
as_server "$bindir/pg_basebackup" -h "$cluster" -p 5432 -U postgres -D "$standby" -R -X stream -c fast --no-sync
printf '%s\n' "port = 5433" "recovery_min_apply_delay = ${delay}ms" "fsync = off" |
  as_server tee -a "$standby/postgresql.auto.conf" >/dev/null
as_server "$bindir/pg_ctl" -w -t 60 -D "$standby" -l "$cluster/standby.log" start >/dev/null ||
  { tail -n 20 "$cluster/standby.log" >&2; exit 1; }

distance="SELECT coalesce(max(pg_wal_lsn_diff(pg_current_wal_lsn(), replay_lsn)), 0)::bigint FROM pg_stat_replication"

# run_one ROUND CONTENDER: appends "round contender ms highest-distance" to $home/times
run_one() {
  bench_copy master
  write_site bench_copy "$2"
  sql postgres "CHECKPOINT"
  until [ "$(sql postgres "$distance")" -lt 100000 ]; do sleep 0.2; done # a benchmark may wait
  psql -X -q -A -t -d "$(conninfo postgres postgres)" >"$home/distances" 2>/dev/null <<SQL &
$distance
\\watch 0.05
SQL
  watcher=$!
  began=$(now_ms)
  case $2 in
  delete) sql bench_copy "DELETE FROM public.record WHERE at <= '$cutoff'" ;;
  *)
    bench_run
    ;;
  esac
  ms=$(($(now_ms) - began))
  kill "$watcher"
  wait "$watcher" 2>/dev/null || true
  highest=$(sort -n "$home/distances" | tail -n 1)
  [ "$(sql bench_copy "SELECT count(*) FROM public.record WHERE at <= '$cutoff'")" = 0 ]
  echo "$1 $2 $ms $highest" >>"$home/times"
  printf '   round %s  %-7s %7s ms   at most %s MB behind\n' "$1" "$2" "$ms" "$((highest / 1048576))"
  sql postgres "DROP DATABASE bench_copy WITH (FORCE)"
}

: >"$home/times"
bench_rounds run_one

say ""
psql -X -q -v ON_ERROR_STOP=1 -v due="$due" -v rounds="$rounds" -v delay="$delay" \
  -d "$(conninfo postgres postgres)" -f - <<SQL
\\set QUIET on
CREATE TEMP TABLE t (round int, contender text, ms numeric, highest numeric);
\\copy t FROM '$home/times' WITH (DELIMITER ' ')
CREATE TEMP VIEW result AS
  SELECT contender, percentile_cont(0.5) WITHIN GROUP (ORDER BY ms) AS ms, max(highest) AS highest
  FROM t GROUP BY contender;
\\pset footer off
SELECT contender, to_char(:due / (ms / 1000), 'FM999,999,999') AS "rows/s",
  round(highest / 1048576) AS "at most MB behind",
  CASE contender WHEN 'normal' THEN '64' ELSE 'none' END AS "limit"
FROM result ORDER BY highest;
\\pset format unaligned
\\pset tuples_only on
\\o '$home/lag.json'
SELECT jsonb_pretty(jsonb_build_object('due', :due, 'rounds', :rounds, 'delay_ms', :delay,
  'server', current_setting('server_version'),
  'contenders', (SELECT jsonb_object_agg(contender, to_jsonb(r) - 'contender') FROM result r),
  'runs', (SELECT jsonb_agg(to_jsonb(t)) FROM t)));
SQL
say "every figure: $home/lag.json"
