# Sourced by demo and bench: a private PostgreSQL cluster that never runs as root.
#
#   cluster_place NAME     sets $cluster: build/NAME, or a directory below /var/tmp where the server's
#                          user cannot reach build/ or a socket's name would be too long
#   cluster_make SETTINGS  initdb, once
#   cluster_start, cluster_stop

bindir=${PG_BINDIR:-$(for v in 20 19 18 17 16 15 14; do
  [ -x "/usr/lib/postgresql/$v/bin/postgres" ] && echo "/usr/lib/postgresql/$v/bin" && break; done)}
[ -n "$bindir" ] || { echo "no PostgreSQL server binaries found; set PG_BINDIR" >&2; exit 1; }

as_server() {
  if [ "$(id -u)" = 0 ]; then
    setpriv --reuid=postgres --regid=postgres --init-groups \
      env -i HOME=/tmp LC_ALL=C PATH=/usr/bin:/bin "$@"
  else
    env LC_ALL=C "$@"
  fi
}

cluster_place() {
  cluster=$top/build/$1
  mkdir -p "$cluster"
  if ! as_server test -x "$cluster" || [ ${#cluster} -gt 80 ]; then
    cluster=/var/tmp/retentiond-$1-$(printf '%s' "$top" | cksum | cut -d' ' -f1)
    mkdir -p "$cluster"
  fi
  [ "$(id -u)" != 0 ] || chown postgres "$cluster"
  chmod 0755 "$cluster"
}

cluster_make() {
  [ ! -e "$cluster/data/PG_VERSION" ] || return 0
  rm -rf "$cluster/data"
  as_server "$bindir/initdb" -N -A trust -E UTF8 --locale=C.UTF-8 -U postgres -D "$cluster/data" \
    >"$top/build/initdb.log" 2>&1 || { cat "$top/build/initdb.log" >&2; exit 1; }
  printf '%s\n' "listen_addresses = ''" "unix_socket_directories = '$cluster'" "port = 5432" \
    "timezone = 'UTC'" "$1" | as_server tee "$cluster/data/postgresql.auto.conf" >/dev/null
}

cluster_start() {
  as_server "$bindir/pg_ctl" -D "$cluster/data" status >/dev/null 2>&1 && return 0
  as_server "$bindir/pg_ctl" -w -t 60 -D "$cluster/data" -l "$cluster/server.log" start >/dev/null ||
    { tail -n 20 "$cluster/server.log" >&2; exit 1; }
}

cluster_stop() {
  as_server "$bindir/pg_ctl" -w -t 60 -D "$cluster/data" -m "${1:-fast}" stop >/dev/null 2>&1 || true
}
