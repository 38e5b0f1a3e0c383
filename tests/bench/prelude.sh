# Sourced by the benchmarks, with $top and $build set: files, a private PostgreSQL, and rounds.
#
#   bench_begin NAME SETTINGS   sets $home (build/NAME), starts a server with these settings beside
#                               the usual ones; it is stopped at the end
#   bench_rounds COMMAND        COMMAND ROUND CONTENDER for each of $contenders in each of $rounds
#                               rounds, beginning with another contender in each
#   BENCH_HUGE_PAGES            1: the server's shared memory in huge pages; see bench_huge_pages
#   cpu_ms                      processor time of the programs and server processes that have ended, in
#                               ms: says more than the clock where the machine has other things to do
#   bench_wait_ends DATABASE    a server process is counted once the server has seen its end
#   bench_bars FILE SVG TITLE UNIT   a picture of lines "name number"; needs gnuplot

. "$top/tests/harness/cluster.sh"

say() { printf '%s\n' "$*"; }
now_ms() { echo $(($(date +%s%N) / 1000000)); }

# conninfo DATABASE USER
conninfo() { echo "host=$cluster port=5432 dbname=$1 user=$2"; }

# sql DATABASE STATEMENT [USER]
sql() {
  psql -X -q -A -t -v ON_ERROR_STOP=1 -d "$(conninfo "$1" "${3:-postgres}")" \
    -c "SET client_min_messages = warning" -c "$2"
}

cpu_ms() {
  awk -v ms="$((1000 / $(getconf CLK_TCK)))" '{ n += $16 + $17 } END { print n * ms }' \
    "/proc/$postmaster/stat" /proc/$$/stat
}

bench_wait_ends() {
  until [ "$(sql postgres "SELECT count(*) FROM pg_stat_activity WHERE datname = '$1'")" = 0 ]; do :; done
}

# BENCH_HUGE_PAGES=1: the server's shared memory (shared_buffers, in MB, of the settings $1) in huge
# pages, which root has to reserve. The first touch of a small page of it costs each process of a virtual
# machine 25 us.
bench_huge_pages() {
  huge=/proc/sys/vm/nr_hugepages
  megabytes=$(printf '%s\n' "$1" | sed -n 's/^shared_buffers = \([0-9]*\)MB$/\1/p')
  pages=$((megabytes * 12 / 10 / 2))
  [ "${BENCH_HUGE_PAGES:-0}" != 0 ] || return 0
  [ -w "$huge" ] || { say "   without huge pages: only root can reserve them"; return 0; }
  had=$(cat "$huge")
  echo "$((had + pages))" >"$huge"
  if [ "$(cat "$huge")" -lt "$((had + pages))" ]; then
    echo "$had" >"$huge"
    say "   without huge pages: this machine has not so many"
  else
    say "   its shared memory in huge pages"
  fi
}

bench_end() {
  cluster_stop immediate
  [ -z "${had:-}" ] || echo "$had" >"$huge"
}

bench_begin() {
  home=$top/build/$1
  mkdir -p "$home"
  say "== a private PostgreSQL, fsync on"
  cluster_place "$1-server"
  cluster_make "max_wal_size = 16GB
checkpoint_timeout = 1h
jit = off
$2"
  trap bench_end EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM
  bench_huge_pages "$2"
  cluster_start
  postmaster=$(as_server head -n 1 "$cluster/data/postmaster.pid")
}

bench_rounds() {
  say "== $rounds rounds"
  round=1
  while [ "$round" -le "$rounds" ]; do
    for contender in $contenders; do "$1" "$round" "$contender"; done
    # shellcheck disable=SC2086
    set -- "$1" $contenders
    command=$1 first=$2
    shift 2
    contenders="$* $first"
    set -- "$command"
    round=$((round + 1))
  done
}

# bench_bars FILE SVG TITLE UNIT: a picture of lines "name number"; needs gnuplot
bench_bars() {
  command -v gnuplot >/dev/null || { say "no gnuplot: $2 is not drawn"; return 0; }
  gnuplot <<PLOT
set terminal svg size 800,420 font "sans,13" background "white"
set output '$2'
set title "$3"
set ylabel "$4"
set style fill solid 0.8
set boxwidth 0.6
set grid ytics
set yrange [0:*]
set xtics rotate by -25 noenhanced
unset key
plot '$1' using 0:2:xtic(1) with boxes linecolor rgb "#4878a8", \
  '' using 0:2:2 with labels offset 0,0.7
PLOT
}
