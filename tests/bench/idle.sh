#!/bin/sh
# idle.sh TOP BUILD: what a worker does while nothing is due: statements it sends and processor time
# it takes, with many categories. Called by ./dev bench idle.
#
#   BENCH_CATEGORIES  50 by default; each has a table of its own with records, none of them due
#   BENCH_SECONDS     how long it is looked at, 120 by default
#
# Statements are counted in the server's log. build/bench-idle/idle.json has the figures.
set -eu
top=$1
build=$2
. "$top/tests/bench/prelude.sh"
. "$top/tests/bench/site.sh"
categories=${BENCH_CATEGORIES:-50}
seconds=${BENCH_SECONDS:-120}
bench_begin bench-idle "shared_buffers = 128MB
log_statement = all
log_line_prefix = '%u '"

bench_key
bench_drop idle
bench_database idle
sql bench_idle "
DO \$\$ BEGIN
  FOR i IN 1..$categories LOOP
    EXECUTE format('CREATE TABLE public.record_%s (id int PRIMARY KEY, at timestamptz NOT NULL)', i);
    EXECUTE format('INSERT INTO public.record_%s SELECT n, now() FROM generate_series(1, 100) n', i);
    EXECUTE format('CREATE INDEX ON public.record_%s (at)', i);
    EXECUTE format('GRANT SELECT, DELETE, UPDATE (id) ON public.record_%s TO bench_worker', i);
  END LOOP;
END \$\$;
ANALYZE;"
rm -rf "$home/site"
mkdir -p "$home/site/policies"
chmod -R go-w "$home/site"
i=1
while [ "$i" -le "$categories" ]; do
  cat >"$home/site/policies/records_$i.cfg" <<CFG
records_$i: {
  title = "Records $i"; role = "controller"; basis = "benchmark"; mode = "enforce";
  data: { table = "public.record_$i"; start = "at"; };
  stages = ( { after = "30 days"; do = "delete"; } );
};
CFG
  i=$((i + 1))
done
cat >"$home/site/retentiond.cfg" <<CFG
database: { conninfo = "$(conninfo bench_idle bench_worker)"; connections = 2; };
policies = "$home/site/policies";
log: { epoch_kek = "$home/epoch.key"; };
CFG
chmod 0600 "$home/site/retentiond.cfg" "$home"/site/policies/*.cfg
bench_approve bench_idle

"$build/retentiond" -c "$home/site/retentiond.cfg" >"$home/run.log" 2>&1 &
worker=$!
trap 'kill "$worker" 2>/dev/null || true; bench_end' EXIT
until [ "$(sql bench_idle "SELECT count(*) FROM retention.category_status WHERE last_success IS NOT NULL")" = "$categories" ]; do
  sleep 1 # a benchmark may wait
done
sleep 5
statements() { as_server grep -c "^bench_worker LOG: .*\(statement\|execute\)" "$cluster/server.log"; }
ticks() { awk '{ print $14 + $15 }' "/proc/$worker/stat"; }
count=$(statements)
cpu=$(ticks)
sleep "$seconds"
count=$(($(statements) - count))
cpu=$(($(ticks) - cpu))
awk -v s="$seconds" -v n="$count" -v c="$cpu" -v hz="$(getconf CLK_TCK)" -v k="$categories" -v json="$home/idle.json" 'BEGIN {
  printf "%d categories, nothing due: %.1f statements a minute, %.3f %% of a core\n", k, n * 60 / s, 100 * c / hz / s
  printf "{\"categories\": %d, \"seconds\": %d, \"statements\": %d, \"cpu_ms\": %.0f}\n", k, s, n, 1000 * c / hz >json }'
as_server tail -n 400 "$cluster/server.log" | grep "^bench_worker LOG" | sed 's/^bench_worker LOG: *//' | cut -c1-90 | sort | uniq -c | sort -rn | head -n 12 >"$home/statements"
say "every figure: $home/idle.json; the last statements: $home/statements"
