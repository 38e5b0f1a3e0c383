#!/bin/sh
# Layers only look down: a file of worker/ includes only its own folder and those before it below.
# The ledger is apart: it knows the base layer alone, no database and no event loop.
set -eu
cd "${top_srcdir:-$(dirname "$0")/..}/worker"
order="base config pg policy ledger engine service cli"
bad=0
below=""
for layer in $order; do
  below="$below $layer"
  allowed=$below
  [ "$layer" = ledger ] && allowed="base ledger"
  for file in "$layer"/*.[ch]; do
    [ -e "$file" ] || continue
    for used in $(sed -n 's/^#include "\([a-z_]*\)\/.*/\1/p' "$file" | sort -u); do
      case " $allowed " in
        *" $used "*) ;;
        *) echo "worker/$file includes $used/, which is not below $layer/" >&2; bad=1 ;;
      esac
    done
    case $layer in
      ledger) if grep -nE '#include <(libpq-fe|event2/[a-z]*)\.h>' "$file" >&2; then
        echo "worker/$file: the ledger knows neither database nor event loop" >&2; bad=1; fi ;;
      config | base) if grep -n '#include <libpq-fe.h>' "$file" >&2; then
        echo "worker/$file: libpq belongs to pg/ and above" >&2; bad=1; fi ;;
    esac
  done
done
exit $bad
