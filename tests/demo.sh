#!/bin/sh
# demo.sh TOP BUILD: the main job, seen from outside. Called by ./dev demo; can be run again and
# again: the cluster below build/demo stays until ./dev clean.
set -eu
top=$1
build=$2
. "$top/tests/harness/cluster.sh"

bold='' plain=''
if [ -t 1 ]; then bold=$(printf '\033[1m') plain=$(printf '\033[0m'); fi
chapter() { printf '\n%s== %s%s\n' "$bold" "$*" "$plain"; }
note() { printf '   %s\n' "$*"; }

# echoed WHO COMMAND...: the command as that person types it, quoted so that it can be copied.
echoed() {
  printf '\n%s%s$ retentionctl' "$bold" "$1"
  shift
  for word in "$@"; do
    case $word in
    '' | *[!A-Za-z0-9_./:=,+@%-]*) printf ' "%s"' "$word" ;;
    *) printf ' %s' "$word" ;;
    esac
  done
  printf '%s\n' "$plain"
}
# show USER COMMAND...: prints and runs a retentionctl command as that person.
show() {
  echoed "$@"
  ctl "$@"
}
ctl() {
  ctl_user=$1
  shift
  "$build/retentionctl" -c "$home/retentiond.cfg" \
    -d "host=$cluster port=5432 dbname=calls user=$ctl_user" "$@"
}
sql() { psql -X -q -A -t -v ON_ERROR_STOP=1 "host=$cluster port=5432 dbname=calls user=$1" -c "$2"; }

# Who is in which group. Legal holds take two persons: lena asks for a release, otto confirms it.
grant_roles() {
  sql installer "SET client_min_messages = error;
    GRANT retention_worker TO retentiond; GRANT retentiond TO retention_owner;
    GRANT retention_approver TO anna; GRANT retention_operator TO omar;
    GRANT retention_auditor TO aude; GRANT retention_legal TO lena, otto;
    GRANT retention_reader TO dora;"
}

chapter "a private PostgreSQL"
home=$top/build/demo
mkdir -p "$home"
cluster_place demo
cluster_make "shared_buffers = 128MB
max_connections = 40
log_statement = none"
cluster_start
trap 'cluster_stop fast' EXIT
note "data directory $cluster/data"

# Each time: the cluster may be an older demo's, which did not know all of them.
psql -X -q -v ON_ERROR_STOP=1 "host=$cluster port=5432 dbname=postgres user=postgres" <<'SQL'
SET client_min_messages = error;
DO $$
DECLARE r text;
BEGIN
  FOREACH r IN ARRAY ARRAY['app', 'retentiond', 'anna', 'omar', 'aude', 'lena', 'otto', 'dora'] LOOP
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = r) THEN
      EXECUTE format('CREATE ROLE %I LOGIN', r);
    END IF;
  END LOOP;
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'installer') THEN
    CREATE ROLE installer LOGIN CREATEROLE;
  END IF;
  FOREACH r IN ARRAY ARRAY['retentiond', 'installer', 'anna', 'lena', 'otto'] LOOP
    EXECUTE format('ALTER ROLE %I SET log_parameter_max_length = 0', r);
  END LOOP;
END $$;
GRANT app TO dora;
ALTER ROLE retentiond SET log_parameter_max_length_on_error = 0;
SQL

fresh=""
if ! psql -X -q -A -t "host=$cluster port=5432 dbname=postgres user=postgres" \
  -c "SELECT FROM pg_database WHERE datname = 'calls'" -c "SELECT 'yes' FROM pg_database WHERE datname = 'calls' AND EXISTS (SELECT FROM pg_shdescription d WHERE d.objoid = pg_database.oid AND description = 'ready')" | grep -q yes; then
  fresh=yes
  chapter "the sample: a call-tracking company's database"
  psql -X -q -v ON_ERROR_STOP=1 "host=$cluster port=5432 dbname=postgres user=postgres" <<'SQL'
DROP DATABASE IF EXISTS calls WITH (FORCE);
CREATE DATABASE calls;
GRANT CREATE ON DATABASE calls TO installer, app;
SQL
  sh "$top/sql/sample/load.sh" --rows "${DEMO_ROWS:-200000}" \
    "host=$cluster port=5432 dbname=calls user=app"
  rm -f "$home/epoch.key"
  chapter "schema retention, installed by a role that is no superuser"
  show installer migrate
  grant_roles
  psql -X -q "host=$cluster port=5432 dbname=postgres user=postgres" \
    -c "COMMENT ON DATABASE calls IS 'ready'"
fi

[ -n "$fresh" ] || { ctl installer migrate >/dev/null; grant_roles; }

# The main file, the policies, the key that wraps the epoch keys of the record digests.
rm -rf "$home/policies"
mkdir -p "$home/policies" "$home/log"
cp "$top"/policies/*.cfg "$home/policies/"
[ -e "$home/epoch.key" ] || (umask 077; od -An -N32 -tx1 /dev/urandom | tr -d ' \n' >"$home/epoch.key")
# The key that signs the log, and what an auditor gets of it, not by way of the log.
[ -z "$fresh" ] || rm -rf "$home/log.key" "$home/log"
mkdir -p "$home/log"
[ -e "$home/log.key" ] || "$build/retentionctl" -c /nonexistent log keygen --signing "$home/log.key" \
  --origin calls.example/retention >"$home/log.vkey"
chmod -R go-w "$home/policies" "$home/log"
cat >"$home/retentiond.cfg" <<CFG
database: {
  conninfo = "host=$cluster port=5432 dbname=calls user=retentiond";
  connections = 2;
};
policies = "$home/policies";
log: {
  origin = "calls.example/retention";
  directory = "$home/log";
  epoch_kek = "$home/epoch.key";
  signing_key = "$home/log.key";
};
CFG
chmod 0600 "$home/retentiond.cfg"

chapter "what the owner of the tables must run: grants and indexes, nothing else"
ctl retentiond setup --sql >"$home/setup.sql"
head -n 12 "$home/setup.sql"
note "... $(wc -l <"$home/setup.sql") lines, run by dora, who may act for the owner and for retention_reader"
psql -X -q -v ON_ERROR_STOP=1 "host=$cluster port=5432 dbname=calls user=dora" -f "$home/setup.sql" >/dev/null

chapter "check: every policy against the database"
show retentiond check

chapter "the plan: what a run would do now; it changes nothing"
show retentiond plan

chapter "approval: who loads a policy cannot approve it"
show retentiond policy load
waiting=$(sql postgres "SELECT name FROM retention.category WHERE state = 'suspended' ORDER BY name")
if [ -n "$waiting" ]; then
  ctl retentiond --json plan >"$home/plan.json"
  first=yes
  for category in $waiting; do
    due=$(psql -X -q -A -t -v ON_ERROR_STOP=1 -v doc="$(cat "$home/plan.json")" -v name="$category" \
      "host=$cluster port=5432 dbname=calls user=postgres" <<'SQL'
SELECT coalesce(sum((c ->> 'to_act')::bigint), 0)
FROM jsonb_array_elements(:'doc'::jsonb -> 'categories') c WHERE c ->> 'category' = :'name';
SQL
)
    if [ -n "$first" ]; then
      show anna policy approve "$category" --expect-due "$due"
      first=""
    else
      ctl anna policy approve "$category" --expect-due "$due" >/dev/null
    fi
  done
  note "and so on for $(echo "$waiting" | wc -l) categories, each with what is due now as its allowance"
fi
show anna policy list

# verdict WORD ID: is this what explain says of a recording?
verdict() { ctl retentiond --json explain recordings "$2" | grep -q "\"verdict\": \"$1\""; }

# The record that is held: an old one that would go now; the same one when this runs again.
held=$(sql postgres "SELECT k.key[1] FROM retention.hold_key k JOIN retention.hold h USING (hold)
  WHERE h.matter = '2026-CV-0113' LIMIT 1")
if [ -z "$held" ]; then
  for id in $(sql postgres "SELECT recording_id FROM ctm.call_recording
      WHERE kind IN ('call', 'voicemail') ORDER BY recorded_at LIMIT 50"); do
    ! verdict to_act "$id" || { held=$id; break; }
  done
  [ -n "$held" ] || { echo "no recording is due" >&2; exit 1; }
  chapter "a legal hold: from now on this recording stays, whatever is due"
  show lena hold place 2026-CV-0113 --reason "Doe v. Acme" --category recordings --key "$held"
else
  chapter "the legal hold that was placed when this ran first"
fi
show lena hold list

chapter "the run"
# The oldest recordings: the first of them that is gone afterwards is explained below.
sql postgres "SELECT recording_id FROM ctm.call_recording WHERE kind IN ('call', 'voicemail')
  ORDER BY recorded_at LIMIT 50" >"$home/oldest"
# And the oldest calls, but for the customer who agreed on seven years.
[ -e "$home/gone_call" ] || sql postgres "SELECT call_id || ' ' || to_char(started_at, 'YYYY-MM-DD\"T\"HH24:MI:SS.USOF')
  FROM ctm.call WHERE started_at > '1971-01-01' AND account_id <> 3 AND status <> 'test'
  ORDER BY started_at LIMIT 50" >"$home/oldest_calls"
began=$(sql postgres "SELECT clock_timestamp()")
show retentiond run || { code=$?; [ $code = 5 ] || exit $code; }

chapter "what the run acted on, per category"
psql -X -q "host=$cluster port=5432 dbname=calls user=postgres" -c \
  "SELECT category, sum(rows) AS records, sum(batches) AS transactions
   FROM retention.run WHERE started_at >= '$began'
   GROUP BY category HAVING sum(rows) > 0 ORDER BY sum(rows) DESC, category"

chapter "status"
show omar status

chapter "the deletion log"
show aude log list --limit 12

# What an auditor keeps of it, where nobody who can write the log can reach it.
ctl aude log checkpoint >"$home/checkpoint.kept"

chapter "one record that is gone, and one that is still there"
kept=$(sql postgres "SELECT recording_id FROM ctm.call_recording
  WHERE kind IN ('call', 'voicemail') ORDER BY recorded_at DESC NULLS LAST LIMIT 1")
while read -r id; do
  left=$(sql postgres "SELECT count(*) FROM ctm.call_recording WHERE recording_id = '$id'")
  [ "$left" != 0 ] || { echo "$id" >"$home/gone"; break; }
done <"$home/oldest"
[ ! -e "$home/gone" ] || show retentiond explain recordings "$(cat "$home/gone")"
show retentiond explain recordings "$kept"

chapter "a call at each stage of its life"
# call WHERE: the first call that fits.
call() {
  sql postgres "SELECT call_id || ' ' || to_char(started_at, 'YYYY-MM-DD\"T\"HH24:MI:SS.USOF')
    FROM ctm.call WHERE status <> 'test' AND $1 ORDER BY started_at DESC LIMIT 1"
}
see() {
  [ -n "$2" ] || { echo "no call is $1" >&2; exit 1; }
  note "$1:"
  sql postgres "SELECT '   caller ' || coalesce(caller, 'NULL') || ', name ' || coalesce(caller_name, 'NULL') ||
    ', ' || source || ', ' || duration_s || ' s' FROM ctm.call WHERE call_id = ${2%% *}"
  # shellcheck disable=SC2086
  show retentiond explain call_logs $2
}
see "young: as it came in" "$(call "caller LIKE '+1__________' AND caller_name IS NOT NULL AND started_at < now()")"
see "old enough to lose its number: the area code is left" "$(call "caller LIKE '+1___' AND account_id <> 3")"
see "of a customer who agreed on seven years: it stays, without the number" \
  "$(call "caller LIKE '+1___' AND account_id = 3 AND started_at < now() - interval '3 years'")"
while read -r id at; do
  [ ! -e "$home/gone_call" ] || break
  [ "$(sql postgres "SELECT count(*) FROM ctm.call WHERE call_id = $id")" != 0 ] || echo "$id $at" >"$home/gone_call"
done <"$home/oldest_calls"
note "counted in its month and deleted, with the entry that says so:"
# shellcheck disable=SC2046
show retentiond explain call_logs $(cat "$home/gone_call")
note "and what is published of it and its like, no cell with fewer than 11 callers:"
psql -X -q "host=$cluster port=5432 dbname=calls user=postgres" -c \
  "SELECT account_id, month, source, calls, seconds, durations, callers FROM ctm.call_month
   ORDER BY calls DESC, month LIMIT 5" \
  -c "SELECT count(*) AS cells, sum(calls) AS calls FROM ctm.call_month"

chapter "the held record: it was due, and it stayed"
verdict held "$held" || { echo "the held record $held is gone, or not held" >&2; exit 1; }
show retentiond explain recordings "$held"

chapter "once more: nothing is left to do"
show retentiond run || { code=$?; [ $code = 5 ] || exit $code; }

chapter "the auditor: a copy of the log, its key, a checkpoint kept earlier, and nothing else"
# Who has none of these: no configuration, no database.
auditor() {
  echoed auditor "$@"
  (cd "$home" && env PGHOST=/nonexistent "$build/retentionctl" -c /nonexistent "$@")
}
rm -rf "$home/copy"
show aude log export "$home/copy"
auditor log verify copy --vkey log.vkey --against checkpoint.kept
printf '\nretentiond$ retentionctl log prove --since checkpoint.kept > extends.proof\n'
ctl retentiond log prove --since "$home/checkpoint.kept" >"$home/extends.proof"
auditor log verify extends.proof --vkey log.vkey --against checkpoint.kept
if [ -e "$home/gone" ]; then
  printf '\nretentiond$ retentionctl log prove --record recordings %s > record.proof\n' "$(cat "$home/gone")"
  ctl retentiond log prove --record recordings "$(cat "$home/gone")" >"$home/record.proof"
  auditor log verify record.proof --vkey log.vkey
fi
note "retention-log(7) says how to do the same with openssl and sha256sum alone"

# Two persons to hold, in the way that a lawyer has them: a list of phone numbers.
sql postgres "SELECT DISTINCT caller FROM ctm.call_recording WHERE caller LIKE '+1__________'
  ORDER BY caller LIMIT 2" >"$home/phones.txt"

chapter "done"
# as USER: how that person begins a command.
as() { printf 'retentionctl -d "host=%s dbname=calls user=%s"' "$cluster" "$1"; }
server="$bindir/pg_ctl -w -D $cluster/data -l $cluster/server.log"
[ "$(id -u)" != 0 ] || server="setpriv --reuid=postgres --regid=postgres --init-groups $server"
note "The server is stopped; its data stays in $cluster. ./dev demo again goes on with it."
note "To look around:"
cat <<TEXT
PATH=$build:\$PATH
$server start
$(as anna) status

   To hold two callers, as README's "Placing a litigation hold" does: lena places the hold and asks
   for its release one day, with the first digits of the number that placing it printed; otto confirms.
   Placing asks about what the hold cannot reach: type accept.
$(as lena) hold preview --subjects-from $home/phones.txt --subject-kind phone
$(as lena) hold place 2026-CV-0114 --reason "Roe v. Acme" --subjects-from $home/phones.txt --subject-kind phone
$(as lena) hold list
$(as lena) hold release HOLD --reason "settled"
$(as otto) hold confirm HOLD --reason "settlement read" --yes

   And when you have seen enough:
$server stop
TEXT
