#!/bin/sh
# Makes the sample call-tracking database in an empty database.
#
# usage: load.sh [--rows N] [--seed S] [--now TIMESTAMP] [--quiet] [CONNINFO]
#
# N is about the number of rows in all tables together: 10 000 to 50 million, 200 000 by default.
# The same rows, seed and now give the same data; now is the last full hour by default. CONNINFO
# is what psql takes; without it, libpq's environment counts.
set -eu

usage()
{
    sed -n '2,8s/^# \{0,1\}//p' "$0"
    exit "$1"
}

rows=200000 seed=1 now= quiet=
while [ $# -gt 0 ]; do
    case $1 in
    --rows | --seed | --now)
        [ $# -ge 2 ] || usage 2 >&2
        ;;
    esac
    case $1 in
    --rows) rows=$2; shift 2 ;;
    --seed) seed=$2; shift 2 ;;
    --now) now=$2; shift 2 ;;
    --quiet) quiet=yes; shift ;;
    --help) usage 0 ;;
    -*) usage 2 >&2 ;;
    *) break ;;
    esac
done
[ $# -le 1 ] || usage 2 >&2
case $rows$seed in
*[!0-9]*)
    echo "load.sh: rows and seed are whole numbers" >&2
    exit 2
    ;;
esac
[ -n "$now" ] || now=$(date -u +%Y-%m-%dT%H:00:00Z)

here=$(dirname "$0")
sql()
{
    psql -X -q -v ON_ERROR_STOP=1 -d "${conninfo:-}" "$@" >&2
}
conninfo=${1:-"dbname=${PGDATABASE:-postgres}"}
say()
{
    [ -n "$quiet" ] || echo "$*"
}

began=$(date +%s)
# One transaction a step; sorting for indexes may use memory, the rest does not need any.
PGOPTIONS="${PGOPTIONS:-} -c client_min_messages=warning -c maintenance_work_mem=256MB"
export PGOPTIONS
say "sample: $rows rows, seed $seed, as of $now"
sql -1 -v rows="$rows" -v seed="$seed" -v now="$now" -o /dev/null \
    -f "$here/tables.sql" -f "$here/generate.sql" -f "$here/generate-product.sql" \
    -f "$here/generate-business.sql" -f - <<'SQL'
select sample.generate(:rows, :seed, :'now');
drop schema sample cascade;
SQL
say "sample: rows made after $(($(date +%s) - began)) s; adding keys and indexes"
sql -1 -f "$here/keys.sql"
sql -c "set client_min_messages = error" -c analyze
say "sample: done after $(($(date +%s) - began)) s"
