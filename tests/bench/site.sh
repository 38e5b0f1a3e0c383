# Sourced by the benchmarks behind prelude.sh: databases with schema retention, and a worker for them.
#
#   bench_key                         the key of log epochs
#   bench_database NAME               a new database bench_NAME; roles bench_worker, bench_approver,
#                                     bench_legal and bench_app
#   bench_drop NAME...                those that there are
#   bench_site DATABASE CONNECTIONS CATEGORY POLICY [SETTINGS]
#                                     main file and one policy, in $home/site
#   bench_approve DATABASE            loads the policies, and approves them
#   bench_copy NAME                   bench_copy: bench_NAME as it was, and a worker may act on it
#   bench_run                         one run of the worker; what it says is in $home/run.log

bench_key() { (umask 077 && od -An -N32 -tx1 /dev/urandom | tr -d ' \n' >"$home/epoch.key"); }

bench_drop() {
  for name in "$@"; do sql postgres "DROP DATABASE IF EXISTS \"bench_$name\" WITH (FORCE)"; done
}

bench_database() {
  sql postgres "CREATE DATABASE \"bench_$1\""
  "$build/retentionctl" -d "$(conninfo "bench_$1" postgres)" migrate >/dev/null
  sql "bench_$1" "
DO \$\$ DECLARE name text; BEGIN
  FOREACH name IN ARRAY '{bench_worker,bench_approver,bench_legal,bench_app}'::text[] LOOP
    IF to_regrole(name) IS NULL THEN EXECUTE format('CREATE ROLE %I LOGIN', name); END IF;
  END LOOP;
END \$\$;
GRANT retention_worker TO bench_worker; GRANT bench_worker TO retention_owner;
GRANT retention_approver TO bench_approver; GRANT retention_legal TO bench_legal;"
}

bench_site() {
  rm -rf "$home/site"
  mkdir -p "$home/site/policies"
  cat >"$home/site/policies/$3.cfg" <<CFG
$3: {
  title = "What a benchmark acts on"; role = "controller"; basis = "benchmark"; mode = "enforce";
  brake: { rows = 1000000000; fraction = 1.0; tenant_fraction = 1.0; };
$4
};
CFG
  cat >"$home/site/retentiond.cfg" <<CFG
database: { conninfo = "$(conninfo "$1" bench_worker)"; connections = $2; };
policies = "$home/site/policies";
log: { epoch_kek = "$home/epoch.key"; };
${5:-}
CFG
  chmod -R go-w "$home/site"
  chmod 0600 "$home/site/retentiond.cfg" "$home/site/policies/$3.cfg"
}

bench_approve() {
  "$build/retentiond" -c "$home/site/retentiond.cfg" --once >"$home/load.log" 2>&1 || [ $? = 5 ] ||
    { cat "$home/load.log" >&2; exit 1; }
  sql "$1" "SELECT retention.approve_policy(name, loaded_sha256, NULL) FROM retention.category" \
    bench_approver >/dev/null
}

bench_copy() {
  sql postgres "CREATE DATABASE bench_copy TEMPLATE \"bench_$1\" STRATEGY file_copy"
  sql bench_copy "SELECT retention.adopt()" >/dev/null
}

bench_run() {
  "$build/retentiond" -c "$home/site/retentiond.cfg" --once >"$home/run.log" 2>&1 ||
    { cat "$home/run.log" >&2; exit 1; }
}
