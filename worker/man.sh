#!/bin/sh
# man.sh MANPARTS SYSCONFDIR < page.in > page: puts the parts that are made from tables into a
# manual page, in place of its lines `.\" @generated PART`, and folds long lines of running text.
set -eu
manparts=$1 sysconfdir=$2
while IFS= read -r line; do
  case $line in
    '.\" @generated '*) "$manparts" "${line##* }" ;;
    *) printf '%s\n' "$line" ;;
  esac
done | sed "s|@sysconfdir@|$sysconfdir|g" | awk '
  /^\.Bd/ { literal = 1 }
  /^\.Ed/ { literal = 0 }
  literal || /^\./ || length($0) <= 79 { print; next }
  {
    out = ""
    n = split($0, word, " ")
    for (i = 1; i <= n; i++) {
      if (out != "" && length(out) + 1 + length(word[i]) > 79) {
        print out
        out = word[i] ~ /^[.'"'"']/ ? "\\&" word[i] : word[i]
      } else
        out = out == "" ? word[i] : out " " word[i]
    }
    print out
  }'
