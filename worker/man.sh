#!/bin/sh
# man.sh MANPARTS SYSCONFDIR < page.in > page: puts the parts that are made from tables into a
# manual page, in place of its lines `.\" @generated PART`.
set -eu
manparts=$1 sysconfdir=$2
while IFS= read -r line; do
  case $line in
    '.\" @generated '*) "$manparts" "${line##* }" ;;
    *) printf '%s\n' "$line" ;;
  esac
done | sed "s|@sysconfdir@|$sysconfdir|g"
