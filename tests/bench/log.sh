#!/bin/sh
# log.sh TOP BUILD: how long it takes to verify a log, entry by entry, and how much memory. Called by
# ./dev bench log.
#
#   BENCH_ENTRIES  entries of the log, 1 000 000 by default; nine of ten are batches
#   BENCH_ROUNDS   rounds, 5 by default; both verifiers run once in each
#
# The log is made by tests/makelog, a worker's in every byte but what it tells of. It is read from
# the page cache. Processor time says more than the clock where the machine is busy. The peer is
# tests/verifiers/tlogcheck.go, which is Go's sumdb tlog: it compares every entry with the signed tree
# and nothing else, where "log verify" reads what the entries say too. What is printed are medians;
# memory is the peak of one more run, at a tenth of the entries and at all.
set -eu
top=$1
build=$2
entries=${BENCH_ENTRIES:-1000000}
rounds=${BENCH_ROUNDS:-5}
home=$top/build/bench/log
rm -rf "$home"
mkdir -p "$home"
say() { printf '%s\n' "$*"; }

now() { date +%s%N; }
# median FILE: of lines with a number each
median() { sort -n "$1" | sed -n "$((($(wc -l <"$1") + 1) / 2))p"; }
# rate COUNT NANOSECONDS
rate() { awk -v n="$1" -v ns="$2" 'BEGIN { printf "%.0f", n / ns * 1e9 }'; }

# spent FILE COMMAND...: runs it, and adds the processor time that it took, in nanoseconds, to FILE
spent() {
  spent_file=$1
  shift
  sh -c '"$@" >/dev/null 2>&1; times' sh "$@" | tail -n 1 | awk '{
    for (i = 1; i <= 2; i++) { split($i, part, /[ms]/); sum += part[1] * 60 + part[2] }
    printf "%.0f\n", sum * 1e9 }' >>"$spent_file"
}

verify() { "$build/retentionctl" log verify "$1" --vkey "$home/vkey" >"$home/verdict" 2>&1 ||
  { cat "$home/verdict" >&2; exit 1; }; }

# peak DIRECTORY: peak memory in kB of a verification
peak() {
  "$build/retentionctl" log verify "$1" --vkey "$home/vkey" >/dev/null 2>&1 &
  pid=$! most=0
  while kb=$(sed -n 's/^VmHWM:[^0-9]*\([0-9]*\) kB/\1/p' "/proc/$pid/status" 2>/dev/null) &&
    [ -n "$kb" ]; do
    most=$kb
    sleep 0.02
  done
  wait "$pid"
  echo "$most"
}

say "== a log of $entries entries"
"$build/tests/makelog" "$home/log" "$entries"
"$build/tests/makelog" "$home/tenth" "$((entries / 10))"
"$build/tests/makelog" "$home/digests" 500 5000
cp "$home/log/vkey" "$home/vkey"
digests=$(cat "$home/digests/records/"* | wc -c)
digests=$((digests / 32))

peer=""
if command -v go >/dev/null && [ -d /usr/share/gocode/src/golang.org/x/mod ]; then
  GO111MODULE=off GOFLAGS='' GOPATH=/usr/share/gocode GOCACHE=$home/gocache \
    go build -o "$home/tlogcheck" "$top/tests/verifiers/tlogcheck.go"
  peer=yes
else
  say "without the peer: Go or golang.org/x/mod is not installed"
fi

verify "$home/log" # once, so that all is in the page cache
round=0
while [ $((round += 1)) -le "$rounds" ]; do
  begin=$(now)
  verify "$home/log"
  echo $(($(now) - begin)) >>"$home/ours"
  spent "$home/ours.cpu" "$build/retentionctl" log verify "$home/log" --vkey "$home/vkey"
  [ -z "$peer" ] || {
    spent "$home/theirs.cpu" "$home/tlogcheck" directory "$home/log" "$home/vkey"
    begin=$(now)
    "$home/tlogcheck" directory "$home/log" "$home/vkey" >/dev/null
    echo $(($(now) - begin)) >>"$home/theirs"
  }
  begin=$(now)
  verify "$home/digests"
  echo $(($(now) - begin)) >>"$home/records"
done

say "== medians of $rounds rounds"
say "log verify            $(rate "$entries" "$(median "$home/ours")") entries/s, $(rate "$entries" "$(median "$home/ours.cpu")") for each second of processor time"
[ -z "$peer" ] || say "Go tlog, hashes only  $(rate "$entries" "$(median "$home/theirs")") entries/s, $(rate "$entries" "$(median "$home/theirs.cpu")") for each second of processor time"
say "record digests        $(rate "$digests" "$(median "$home/records")") digests/s"
say "peak memory           $(peak "$home/tenth") kB at $((entries / 10)) entries, $(peak "$home/log") kB at $entries"
rm -rf "$home"
