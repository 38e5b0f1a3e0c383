/* The sample database, all its policies, a signed log: what the log, the directory, the worker and
 * the server's log tell of the people whose records went (nothing), and what other people's
 * programs say of the log. */
#define _GNU_SOURCE
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "harness/cluster.h"
#include "harness/db.h"
#include "harness/number.h"
#include "verifiers.h"

static struct cluster *cluster;
static char *directory;

static void setup(void)
{
    cluster = cluster_new(NULL);
    directory = temporary_directory();
}

static void teardown(void)
{
    cluster_free(cluster);
    free(directory);
}

/* A script in the test's directory. db USER is a conninfo, sql USER [-f FILE|-c TEXT] psql, ctl
 * USER WORDS... retentionctl. */
static char *sh(int code, const char *script)
{
    char *in _cleanup_free_ = NULL, *out = NULL;
    char *host _cleanup_free_ = cluster_conninfo(cluster, "calls", NULL);
    *strstr(host, " dbname") = '\0';
    ck_assert_int_gt(
        asprintf(&in,
                 "db() { echo \"%s dbname=calls user=$1\"; }\n"
                 "sql() { u=$1; shift; psql -X -q -A -t -v ON_ERROR_STOP=1 \"$(db $u)\" \"$@\"; }\n"
                 "ctl() { u=$1; shift; '%s' -c retentiond.cfg -d \"$(db $u)\" \"$@\"; }\n"
                 "top='%s' retentiond='%s' server_log='%s'\ncd '%s' && {\n%s\n}",
                 host, build_path("retentionctl"), source_path("."), build_path("retentiond"),
                 cluster_log_file(cluster), directory, script),
        0);
    struct program_result r = program_run((const char *const[]){"/bin/sh", "-c", in, NULL});
    ck_assert_int_ge(asprintf(&out, "%s%s", r.out, r.err), 0);
    ck_assert_msg(r.exit_code == code, "exit %d of:\n%s\n%.3000s", r.exit_code, script, out);
    program_result_free(&r);
    return out;
}

#define RUN(script) free(sh(0, script))

/* As README says it, with a log that is signed. */
static void install(void)
{
    PGconn *conn = db_connect(cluster, "postgres", NULL);
    db_script(conn, "CREATE ROLE app LOGIN; CREATE ROLE retentiond LOGIN; CREATE ROLE anna LOGIN; "
                    "CREATE ROLE installer LOGIN CREATEROLE");
    db_script(conn, "CREATE DATABASE calls");
    db_script(conn, "GRANT CREATE ON DATABASE calls TO installer, app");
    PQfinish(conn);
    RUN("sh $top/sql/sample/load.sh --rows 12000 --seed 3 --quiet \"$(db app)\"");
    RUN("cp -r $top/policies policies && chmod -R u+w,go-w policies && "
        "(umask 077; cat >retentiond.cfg) <<CFG\n"
        "database: { conninfo = \"$(db retentiond)\"; connections = 2; };\n"
        "policies = \"policies\";\n"
        "log: { origin = \"calls.example/retention\"; directory = \"log\"; "
        "epoch_kek = \"epoch.kek\"; signing_key = \"log.key\"; };\nCFG");
    RUN("ctl installer log keygen --signing log.key --kek epoch.kek >vkey && "
        "ctl installer migrate && sql installer -c 'GRANT retention_worker TO retentiond; "
        "GRANT retentiond TO retention_owner; GRANT retention_approver TO anna'");
    RUN("ctl retentiond setup --sql >setup.sql && sql app -f setup.sql && "
        "sed -n 's/^-- \\(ALTER ROLE .* SET log_.*\\)/\\1/p' setup.sql >superuser.sql && "
        "[ $(wc -l <superuser.sql) = 2 ] && sql postgres -f superuser.sql");
}

/* Rows that are due, with keys that stand out; and everything of the sample that must not be found,
 * a line each: names, numbers, addresses of people, and the keys that are more than a small number.
 */
static void collect(void)
{
    RUN("sql app -c \"INSERT INTO ctm.text_message (message_id, account_id, direction, "
        "from_number, to_number, status, sent_at) SELECT 7351000000000 + n, 1, 'inbound', "
        "'+1999555' || 1000 + n, '+1999556' || 1000 + n, 'delivered', now() - interval '9 years' "
        "FROM generate_series(1, 30) n\"");
    RUN("sql postgres >columns.sql <<'SQL'\n"
        "SELECT format('SELECT %I::text FROM %I.%I WHERE %I IS NOT NULL;', a.attname, n.nspname,\n"
        "    c.relname, a.attname)\n"
        "FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid\n"
        "    JOIN pg_namespace n ON n.oid = c.relnamespace\n"
        "WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND a.attnum > 0\n"
        "    AND NOT a.attisdropped AND n.nspname !~ '^(pg_|information_schema|retention)'\n"
        "    AND (a.atttypid IN ('inet'::regtype, 'uuid'::regtype)\n"
        "        OR a.atttypid IN ('text'::regtype, 'varchar'::regtype) AND a.attname <> "
        "'form_name'\n"
        "        AND a.attname ~ 'email|phone|_name|caller$|_number|ssn|licence|key_id')\n"
        "SQL");
    RUN("sql postgres -f columns.sql | awk 'length > 4' | sort -u >all.values && "
        "sql postgres -c 'SELECT message_id FROM ctm.text_message WHERE message_id > "
        "7351000000000' >>all.values && grep -v '^anonymous$' all.values >values");
}

/* The log's tables, the directory with the names of its files, what was printed, and what the
 * server logged of the worker: an entry of its log goes on in lines that begin with a tab. */
#define HAYSTACK                                                                                   \
    "for t in log_entry log_leaf log_records log_checkpoint log_anchor log_state log_pending run " \
    "run_request blocked_record entry_counter epoch_key; do "                                      \
    "sql postgres -c \"COPY retention.$t TO STDOUT\" || exit 1; done >tables.hay && "              \
    "{ find log -type f; find log -type f -exec cat {} +; } >directory.hay && "                    \
    "cat *.out >output.hay && "                                                                    \
    "awk '/^[0-9]/ { of = / retentiond@calls / } of' server.tail >server.hay && "

START_TEST(the_log_tells_nothing_of_people)
{
    install();
    collect();
    char *lines _cleanup_free_ = sh(0, "wc -l <values");
    ck_assert_int_gt(whole_number(lines), 4000);
    PGconn *conn = db_connect(cluster, "calls", NULL);
    db_exec(conn, "ALTER SYSTEM SET log_statement = 'all'");
    db_exec(conn, "SELECT pg_reload_conf()");
    PQfinish(conn);
    RUN("ctl retentiond check >check.out 2>&1; ctl retentiond plan >plan.out 2>&1; "
        "$retentiond -c retentiond.cfg --once >once.out 2>&1; "
        "sql anna -c \"SELECT retention.approve_policy(name, loaded_sha256, 1000000) FROM "
        "retention.category WHERE state = 'suspended'\" >/dev/null || exit 1; "
        "$retentiond -c retentiond.cfg --once >again.out 2>&1; "
        "ctl retentiond run >run.out 2>&1; ctl retentiond status >status.out 2>&1; "
        "ctl retentiond log list >list.out 2>&1; cp $server_log server.tail");
    conn = db_connect(cluster, "calls", NULL);
    ck_assert_int_gt(db_number(conn, "SELECT sum(rows) FROM retention.run"), 3000);
    ck_assert_int_eq(
        db_number(conn, "SELECT count(*) FROM ctm.text_message WHERE message_id > 7351000000000"),
        0);
    PQfinish(conn);
    RUN(HAYSTACK "[ $(wc -l <server.hay) -gt 1000 ] && [ $(wc -c <directory.hay) -gt 100000 ]");
    char *found _cleanup_free_ =
        sh(0, "for f in tables directory output server; do grep -a -n -w -F -o -f values $f.hay | "
              "head -n 5 | sed \"s/^/$f: /\"; done");
    ck_assert_msg(!*found, "values of people stand in:\n%s", found);

    /* The same search finds a key that somebody else asks for in the open: why the setting is
     * there, and that the search can find. */
    RUN("sql app -c \"INSERT INTO ctm.text_message (message_id, account_id, direction, "
        "from_number, to_number, status, sent_at) VALUES (7351000000001, 1, 'inbound', "
        "'+19995551001', '+19995561001', 'delivered', now())\"");
    RUN("ctl app explain text_messages 7351000000001 >/dev/null 2>&1; "
        "ctl postgres explain text_messages 7351000000001 >/dev/null 2>&1; "
        "grep -q -w -F -f values $server_log");
}
END_TEST

/* The directory as exported, and the proofs that were made, through programs that are not ours. */
START_TEST(others_verify_the_samples_log)
{
    if (!verifiers_prepare())
        return;
    install();
    RUN("$retentiond -c retentiond.cfg --once >/dev/null 2>&1; "
        "sql anna -c \"SELECT retention.approve_policy(name, loaded_sha256, 1000000) FROM "
        "retention.category WHERE state = 'suspended'\" >/dev/null && "
        "cp log/checkpoint kept && sql postgres -c 'SELECT recording_id FROM ctm.call_recording "
        "WHERE recorded_at < now()' | sort >recordings && "
        "{ ctl retentiond run >run.out; [ $? = 0 ] || [ $? = 5 ]; } && "
        "sql postgres -c 'SELECT recording_id FROM ctm.call_recording' | sort >left && "
        "comm -23 recordings left | head -n 1 >gone && [ -s gone ]");
    RUN("mv log own && ctl retentiond log export log --log own && "
        "ctl retentiond log verify log --vkey vkey --against kept && "
        "ctl retentiond log prove --entry 7 --log log >entry.proof && "
        "ctl retentiond log prove --since kept --log log >extends.proof && "
        "ctl retentiond log prove --record recordings $(cat gone) --log log >record.proof && "
        "ctl retentiond log verify record.proof --vkey vkey && "
        "sed '1,/^$/d' record.proof >batch.proof");
    struct program_result r = verifiers_sh(
        directory,
        "set -e; $tlogcheck directory log vkey; $tlogcheck entry entry.proof vkey; "
        "$tlogcheck entry batch.proof vkey; "
        "$tlogcheck consistency extends.proof vkey kept; "
        "sigstorecheck entry.proof vkey; sigstorecheck batch.proof vkey; " VERIFIERS_OPENSSL);
    ck_assert_msg(r.exit_code == 0, "exit %d\n%.1000s%.1000s", r.exit_code, r.out, r.err);
    program_result_free(&r);
}
END_TEST

Suite *suite_log_sample(void)
{
    Suite *suite = suite_create("log_sample");
    TCase *tc = tcase_create("sample");
    tcase_set_timeout(tc, 300);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, the_log_tells_nothing_of_people);
    tcase_add_test(tc, others_verify_the_samples_log);
    suite_add_tcase(suite, tc);
    return suite;
}
