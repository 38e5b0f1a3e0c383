#!/bin/sh
# substitute.sh COMMON NAME SBINDIR SYSCONFDIR < file.in > file: what the two units have in common in
# place of the line @common@, and the installation's directories.
set -eu
common=$1 name=$2 sbindir=$3 sysconfdir=$4
while IFS= read -r line; do
  case $line in
    @common@) cat "$common" ;;
    *) printf '%s\n' "$line" ;;
  esac
done | sed -e "s|@name@|$name|g" -e "s|@sbindir@|$sbindir|g" -e "s|@sysconfdir@|$sysconfdir|g"
