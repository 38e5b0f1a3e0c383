#!/bin/sh
# placing.sh TOP BUILD: how long it takes to place a legal hold, in what the person who places it waits.
# Called by ./dev bench placing.
#
#   idle      nothing else goes on
#   run       a run deletes the older half of the table
#   clients   the same, and 16 clients of the application write the table, which is guarded
#
#   BENCH_ROWS    rows of the table, 10 000 000 by default, half of them due
#   BENCH_HOLDS   holds placed while nothing else goes on, 200 by default; with a run, as many as it
#                 leaves time for
#
# One session places holds of one subject each, at random moments, about ten a second. What is timed
# is the call of place_hold, as its client sees it, with the commit on disk (fsync is on). Beside it
# stands what the batches of the same run took, from one entry of the log to the next.
# build/bench-placing/placing.json has the figures.
set -eu
top=$1
build=$2
. "$top/tests/bench/prelude.sh"
. "$top/tests/bench/site.sh"
rows=${BENCH_ROWS:-10000000}
holds=${BENCH_HOLDS:-200}
bench_begin bench-placing "shared_buffers = 512MB"
pgbench=$(pg_config --bindir)/pgbench
[ -x "$pgbench" ] || pgbench=$(ls /usr/lib/postgresql/*/bin/pgbench | tail -n 1)

# write_site DATABASE
write_site() {
  bench_site "$1" 2 records '  guard = "refuse";
  data: {
    table = "public.record"; start = "at"; tenant = "account";
    subject = ( { column = "caller"; kind = "phone"; as = "e164"; } );
  };
  stages = ( { after = "30 days"; do = "delete"; } );'
}

say "== the master: $rows rows, half of them due"
bench_key
bench_drop master copy
bench_database master
sql bench_master "
CREATE TABLE public.record (id bigint NOT NULL, account int NOT NULL, caller text,
  at timestamptz NOT NULL, note text);
INSERT INTO public.record
  SELECT i, i * 7919 % 30000, '+1' || 4100000000 + i * 104729 % 500000,
         date_trunc('hour', now()) - interval '60 days' + i * (interval '60 days' / $rows),
         repeat(md5(i::text), 3)
  FROM generate_series(1, $rows::bigint) i;
ALTER TABLE public.record ADD PRIMARY KEY (id);
CREATE INDEX ON public.record (at);
GRANT SELECT, INSERT, UPDATE, DELETE ON public.record TO bench_app;"
sql bench_master "VACUUM (FREEZE, ANALYZE) public.record"
write_site bench_master
"$build/retentionctl" -c "$home/site/retentiond.cfg" -d "$(conninfo bench_master postgres)" setup --sql >"$home/setup.sql"
psql -X -q -v ON_ERROR_STOP=1 -d "$(conninfo bench_master postgres)" -f "$home/setup.sql" >/dev/null
bench_approve bench_master

cat >"$home/place.pgbench" <<'SQL'
\set n random(0, 499999)
SELECT retention.place_hold(matter => 'M-1', reason => 'benchmark', category => 'records',
  subject => 'phone:+1' || 4100000000 + :n);
SQL
cat >"$home/write.pgbench" <<SQL
\set id random($rows / 2, $rows)
UPDATE public.record SET note = note WHERE id = :id;
SQL

# place CONTENDER MORE...: one session of holds; its times to $home/placed.CONTENDER, in microseconds
place() {
  contender=$1
  shift
  rm -f "$home/log."*
  "$pgbench" -n -c 1 -R 10 -l --log-prefix="$home/log" -f "$home/place.pgbench" "$@" \
    -d "$(conninfo bench_copy bench_legal)" >"$home/pgbench.$contender" 2>&1 || true
  # what -R made it wait before it began is no part of it: latency less the lag of its schedule
  cat "$home/log."* | awk '{ print $3 - $7 }' >"$home/placed.$contender"
}

# contend CONTENDER
contend() {
  bench_drop copy
  bench_copy master
  write_site bench_copy
  sql postgres "CHECKPOINT"
  : >"$home/batches.$1"
  if [ "$1" = idle ]; then
    place idle -t "$holds"
    return
  fi
  writers=""
  if [ "$1" = clients ]; then
    "$pgbench" -n -c 16 -j 1 -T 3600 -f "$home/write.pgbench" -d "$(conninfo bench_copy bench_app)" \
      >"$home/writers" 2>&1 &
    writers=$!
  fi
  "$build/retentiond" -c "$home/site/retentiond.cfg" --once >"$home/run.log" 2>&1 &
  run=$!
  until [ "$(sql bench_copy "SELECT count(*) FROM retention.log_entry WHERE type = 'batch'")" -gt 0 ]; do
    kill -0 "$run" 2>/dev/null || { cat "$home/run.log" >&2; exit 1; }
  done
  place "$1" -T 3600 &
  placing=$!
  wait "$run" || { cat "$home/run.log" >&2; exit 1; }
  # the session of holds ends with the run
  sql bench_copy "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE usename = 'bench_legal' AND datname = 'bench_copy'" >/dev/null
  wait "$placing"
  if [ -n "$writers" ]; then
    kill "$writers"
    wait "$writers" || true
  fi
  sql bench_copy "SELECT (1e6 * extract(epoch FROM at - lag(at) OVER (ORDER BY at)))::bigint
    FROM retention.log_entry WHERE type = 'batch' ORDER BY at OFFSET 1" >"$home/batches.$1"
}

for contender in idle run clients; do
  say "== $contender"
  contend "$contender"
done
bench_drop copy master

say ""
for contender in idle run clients; do
  sed "s/^/$contender hold /" "$home/placed.$contender"
  sed "s/^/$contender batch /" "$home/batches.$contender"
done >"$home/times"
psql -X -q -v ON_ERROR_STOP=1 -d "$(conninfo postgres postgres)" -f - <<SQL
\\set QUIET on
CREATE TEMP TABLE t (contender text, what text, us bigint);
\\copy t FROM '$home/times' WITH (DELIMITER ' ')
CREATE TEMP VIEW result AS
  SELECT contender, what, count(*) AS n, percentile_cont('{0,0.5,0.95,0.99,1}'::float8[])
    WITHIN GROUP (ORDER BY us / 1000.0) AS ms
  FROM t GROUP BY contender, what;
\\pset footer off
SELECT CASE what WHEN 'hold' THEN 'placing a hold' ELSE 'a batch of the run' END AS "ms",
  contender AS "with", n, round(ms[1]::numeric, 1) AS least, round(ms[2]::numeric, 1) AS median,
  round(ms[3]::numeric, 1) AS "95 %", round(ms[4]::numeric, 1) AS "99 %", round(ms[5]::numeric, 1) AS most
FROM result ORDER BY array_position('{idle,run,clients}', contender), what DESC;
\\pset format unaligned
\\pset tuples_only on
\\o '$home/placing.json'
SELECT jsonb_pretty(jsonb_build_object('rows', $rows, 'server', current_setting('server_version'),
  'figures', (SELECT jsonb_agg(jsonb_build_object('with', contender, 'what', what, 'n', n,
    'ms', ms)) FROM result)));
SQL
say "every figure: $home/placing.json"
