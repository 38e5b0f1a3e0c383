#!/bin/sh
# log_server.sh TOP BUILD: what the log costs where it is written: how long it takes to give entries
# their places, publish and sign them, and how many bytes of log a deleted record leaves in the
# database and in the log directory. Called by ./dev bench log.
#
#   BENCH_PLACED   entries to be placed at once, 70 000 by default
#   BENCH_DELETED  records to be deleted, 500 000 by default
#   BENCH_ROUNDS   rounds of placing, 5 by default
#
# fsync is on. Placing is timed as the whole of "retentiond --once", with nothing to be deleted; the
# time of the same with nothing to be placed is told beside it. Bytes of the database are those of the
# files, with indexes and TOAST.
set -eu
top=$1
build=$2
. "$top/tests/bench/prelude.sh"
placed=${BENCH_PLACED:-70000}
deleted=${BENCH_DELETED:-500000}
rounds=${BENCH_ROUNDS:-5}
rm -rf "$top/build/bench-log"
now() { date +%s%N; }
median() { sort -n "$1" | sed -n "$((($(wc -l <"$1") + 1) / 2))p"; }
seconds() { awk -v ns="$1" 'BEGIN { printf "%.2f", ns / 1e9 }'; }

bench_begin bench-log "shared_buffers = 256MB
autovacuum = off"
mkdir -p "$home/policies"
chmod go-w "$home" "$home/policies"
sql postgres "DROP DATABASE IF EXISTS bench_log WITH (FORCE)"
sql postgres "CREATE DATABASE bench_log"
"$build/retentionctl" -d "$(conninfo bench_log postgres)" migrate >/dev/null
sql bench_log "
DO \$\$ BEGIN
  CREATE ROLE bench_worker LOGIN; CREATE ROLE bench_approver LOGIN;
EXCEPTION WHEN duplicate_object THEN NULL; END \$\$;
GRANT retention_worker TO bench_worker; GRANT bench_worker TO retention_owner;
GRANT retention_approver TO bench_approver;
CREATE TABLE public.record (id bigint PRIMARY KEY, at timestamptz NOT NULL);
CREATE INDEX ON public.record (at);
GRANT SELECT, DELETE, UPDATE ON public.record TO bench_worker"
cat >"$home/policies/records.cfg" <<'CFG'
records: {
  title = "Records to be deleted"; role = "controller"; basis = "benchmark"; mode = "enforce";
  data: { table = "public.record"; start = "at"; };
  stages = ( { after = "30 days"; do = "delete"; } );
  brake: { rows = 1000000000; fraction = 1.0; tenant_fraction = 1.0; };
};
CFG
"$build/retentionctl" -c /nonexistent log keygen --signing "$home/log.key" --kek "$home/epoch.kek" \
  --origin bench.example/log >"$home/vkey"
cat >"$home/retentiond.cfg" <<CFG
database: { conninfo = "$(conninfo bench_log bench_worker)"; };
policies = "$home/policies";
log: { origin = "bench.example/log"; directory = "$home/log"; epoch_kek = "$home/epoch.kek";
  signing_key = "$home/log.key"; };
CFG
chmod 0600 "$home/retentiond.cfg" "$home/policies/records.cfg"
once() { "$build/retentiond" -c "$home/retentiond.cfg" --once 2>"$home/once.err" ||
  [ $? = "${1:-0}" ] || { cat "$home/once.err" >&2; exit 1; }; }
once 5
psql -X -q -A -t -v ON_ERROR_STOP=1 -d "$(conninfo bench_log bench_approver)" \
  -c "SELECT retention.approve_policy(name, loaded_sha256, 1000000000) FROM retention.category" >/dev/null
once

say "== $placed entries get their places"
round=0 next=$(sql bench_log "SELECT coalesce(max(seq) + 1, 0) FROM retention.log_entry WHERE type = 'heartbeat'")
while [ $((round += 1)) -le "$rounds" ]; do
  begin=$(now)
  once
  echo $(($(now) - begin)) >>"$home/idle"
  sql bench_log "INSERT INTO retention.log_entry (type, seq, entry)
    SELECT 'heartbeat', g, E'retention-log-entry/v1\ntype heartbeat\ntime 2026-07-24T12:00:02Z\nsalt '
      || md5(g::text) || E'\nsize ' || g || E'\n' FROM generate_series($next, $next + $placed - 1) g;
    INSERT INTO retention.entry_counter VALUES ('heartbeat', $next + $placed)
      ON CONFLICT (type) DO UPDATE SET next = excluded.next"
  next=$((next + placed))
  begin=$(now)
  once
  echo $(($(now) - begin)) >>"$home/placing"
done
say "placed and signed     $(seconds "$(median "$home/placing")") s, $(awk -v n="$placed" -v ns="$(median "$home/placing")" \
  'BEGIN { printf "%.0f", n / ns * 1e9 }') entries/s; the same with none $(seconds "$(median "$home/idle")") s"

say "== $deleted records go"
bytes() { sql bench_log "SELECT sum(pg_total_relation_size(r)) FROM unnest('{$1}'::regclass[]) r"; }
tiles() { find "$home/log/tile" -path "$home/log/tile/entries" -prune -o -type f -print0 |
  xargs -0 cat | wc -c; }
count() { sql bench_log "SELECT count(*) FROM retention.log_leaf"; }
sql bench_log "INSERT INTO public.record SELECT g, now() - interval '60 days' FROM generate_series(1, $deleted) g"
sql bench_log "ANALYZE public.record"
sql bench_log "VACUUM FULL retention.log_records"
records_before=$(bytes retention.log_records) tiles_before=$(tiles) entries_before=$(count)
once
[ "$(sql bench_log "SELECT count(*) FROM public.record")" = 0 ]
records_after=$(bytes retention.log_records) tiles_after=$(tiles) entries_after=$(count)
batches=$(sql bench_log "SELECT count(*) FROM retention.log_entry WHERE type = 'batch'")
files=$(find "$home/log/records" -type f -print0 | xargs -0 cat | wc -c)
per() { awk -v b="$1" -v n="$2" 'BEGIN { printf "%.2f", b / n }'; }
say "batches               $batches, $(per "$deleted" "$batches") records each"
say "log_records           $(per $((records_after - records_before)) "$deleted") bytes a record in the database"
say "records/              $(per "$files" "$deleted") bytes a record in the log directory"
say "hash tiles            $((tiles_after - tiles_before)) bytes for $((entries_after - entries_before)) entries; for the records none"
say "entries and places    $(per "$(bytes retention.log_entry,retention.log_leaf)" "$entries_after") bytes an entry in the database"
"$build/retentionctl" -c /nonexistent log verify "$home/log" --vkey "$home/vkey" >"$home/verdict" ||
  { cat "$home/verdict" >&2; exit 1; }
sql postgres "DROP DATABASE bench_log WITH (FORCE)"
rm -rf "$home"
