/* The main job through the commands: load, approve, run, follow a worker, explain what is gone,
 * change and retire a policy. */
#define _GNU_SOURCE
#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "cli_fixture.h"

static struct cli_fixture f;

static void setup(void)
{
    f = cli_fixture_new();
    cli_fixture_grant(&f);
}

static void teardown(void)
{
    cli_fixture_free(&f);
}

#define OUT(code, ...)            cli_out(&f, NULL, code, WORDS(__VA_ARGS__))
#define JSON(code, ...)           cli_json(&f, NULL, code, WORDS(__VA_ARGS__))
#define FAILS(code, message, ...) cli_fails(&f, NULL, code, message, WORDS(__VA_ARGS__))
#define AS(user, code, ...)       cli_out(&f, user, code, WORDS(__VA_ARGS__))

static void contains(const char *text, const char *part)
{
    ck_assert_msg(strstr(text, part), "\"%s\" is not in:\n%s", part, text);
}

static json_int_t run_number(json_t *document, const char *name)
{
    json_t *runs = json_object_get(document, "runs");
    ck_assert_uint_eq(json_array_size(runs), 1);
    return json_integer_value(json_object_get(json_array_get(runs, 0), name));
}

static const char *run_status(json_t *document)
{
    json_t *run = json_array_get(json_object_get(document, "runs"), 0);
    return json_string_value(json_object_get(run, "status"));
}

static int64_t ask(const char *query)
{
    PGconn *conn = cli_fixture_connect(&f);
    int64_t n = db_number(conn, "%s", query);
    PQfinish(conn);
    return n;
}

static void load_and_approve(void)
{
    free(OUT(0, "policy", "load"));
    free(AS(CLI_APPROVER, 0, "policy", "approve", "call_recordings", "--expect-due", "10"));
}

START_TEST(load_approve_run_explain)
{
    json_t *loaded = JSON(0, "policy", "load");
    json_t *first = json_array_get(json_object_get(loaded, "categories"), 0);
    ck_assert_str_eq(json_string_value(json_object_get(first, "state")), "suspended");
    json_decref(loaded);
    json_t *waiting = JSON(5, "run", "call_recordings");
    ck_assert_str_eq(run_status(waiting), "suspended");
    json_decref(waiting);
    FAILS(5, "a category is stopped", "run", "call_recordings");
    ck_assert_int_eq(ask("SELECT count(*) FROM ctm.call_recording"), 6);

    FAILS(1, "Members of retention_approver may", "policy", "approve", "call_recordings");
    cli_fails(&f, CLI_APPROVER, 1, "not the one that is loaded",
              WORDS("policy", "approve", "call_recordings", "--sha256", "0"));
    cli_fails(&f, CLI_APPROVER, 2, "--expect-due wants a number",
              WORDS("policy", "approve", "call_recordings", "--expect-due", "many"));
    FAILS(5, "no policy of category \"call_recordings\" is in force: it is awaiting approval",
          "policy", "show", "call_recordings");
    char *approved _cleanup_free_ =
        AS(CLI_APPROVER, 0, "policy", "approve", "call_recordings", "--expect-due", "10");
    contains(approved, "+  mode = \"enforce\";");
    contains(approved, "Approved: category \"call_recordings\"");
    cli_fails(&f, CLI_APPROVER, 1, "does not await approval",
              WORDS("policy", "approve", "call_recordings"));

    json_t *plan = JSON(0, "plan", "call_recordings");
    json_int_t to_act = json_integer_value(
        json_object_get(json_array_get(json_object_get(plan, "categories"), 0), "to_act"));
    json_decref(plan);
    json_t *run = JSON(0, "run", "call_recordings");
    ck_assert_str_eq(run_status(run), "done");
    ck_assert_int_eq(run_number(run, "acted_on"), to_act);
    ck_assert_int_eq(run_number(run, "dependants"), 2);
    ck_assert_int_eq(run_number(run, "remaining"), 0);
    json_decref(run);
    ck_assert_int_eq(ask("SELECT count(*) FROM ctm.call_recording"), 4);
    char *again _cleanup_free_ = OUT(0, "run", "call_recordings");
    contains(again, "call_recordings  gone   done ");
    ck_assert_int_eq(ask("SELECT count(*) FROM ctm.call_recording"), 4);

    char *gone _cleanup_free_ = OUT(0, "explain", "call_recordings", "1002");
    contains(gone, "(Audio recordings of calls) is gone.");
    contains(gone, "UTC; the deletion and its log entry ");
    json_t *found = JSON(0, "explain", "call_recordings", "+0001002");
    ck_assert_str_eq(json_string_value(json_object_get(found, "found")), "log");
    json_int_t id = json_integer_value(json_object_get(json_object_get(found, "entry"), "id"));
    json_decref(found);
    char number[32];
    snprintf(number, sizeof(number), "%lld", (long long)id);
    json_t *entry = JSON(0, "log", "show", number, "--refs");
    json_t *refs = json_object_get(json_object_get(entry, "entry"), "refs");
    ck_assert_uint_eq(json_array_size(refs), 2);
    ck_assert_uint_eq(strlen(json_string_value(json_array_get(refs, 0))), 64);
    json_decref(entry);
    char *kept _cleanup_free_ = OUT(0, "explain", "call_recordings", "1003");
    contains(kept, "is still there.");
    char *audited _cleanup_free_ = AS(CLI_AUDITOR, 0, "explain", "call_recordings", "1003");
    contains(audited, "is still there.");

    char *batches _cleanup_free_ =
        OUT(0, "log", "list", "--type", "batch", "--category", "call_recordings");
    contains(batches, "ctm.call_transcript");
    contains(batches, "ctm.call_recording");
    char *of_table _cleanup_free_ =
        OUT(0, "log", "list", "--type", "batch", "--relation", "ctm.call_transcript");
    contains(of_table, "ctm.call_transcript");
    ck_assert_ptr_null(strstr(of_table, "ctm.call_recording"));
    cli_fails(&f, CLI_AUDITOR, 2, "no category \"other\" is loaded",
              WORDS("log", "list", "--category", "other"));
    char *early _cleanup_free_ = OUT(0, "log", "list", "--until", "2020-01-01");
    ck_assert_str_eq(early, "No entries.\n");
    json_t *done = JSON(0, "log", "list", "--type", "done");
    json_t *entry_of_run = json_array_get(json_object_get(done, "entries"), 0);
    const char *its_run = json_string_value(json_object_get(entry_of_run, "run"));
    char prefix[9] = "";
    memcpy(prefix, its_run, 8);
    json_t *of_run = JSON(0, "log", "list", "--run", prefix);
    json_t *entries = json_object_get(of_run, "entries"), *each;
    size_t at;
    ck_assert_uint_ge(json_array_size(entries), 4); /* plan, batches of two tables, done */
    json_array_foreach(entries, at, each)
        ck_assert_str_eq(json_string_value(json_object_get(each, "run")), its_run);
    json_decref(of_run);
    json_decref(done);
    json_t *status = JSON(0, "status", "call_recordings", "--check");
    json_t *row = json_array_get(json_object_get(status, "categories"), 0);
    ck_assert(json_is_false(json_object_get(row, "overdue")));
    ck_assert_int_eq(json_integer_value(json_object_get(row, "kept_while")), 1);
    json_decref(status);
}
END_TEST

START_TEST(change_and_retire_a_policy)
{
    load_and_approve();
    char *nothing _cleanup_free_ = OUT(0, "policy", "diff", "call_recordings");
    ck_assert_str_eq(nothing, "");
    char *shown _cleanup_free_ = OUT(0, "policy", "show", "call_recordings");
    char *file _cleanup_free_ = OUT(0, "policy", "show", "call_recordings", "--file");
    ck_assert_str_eq(shown, file);

    /* a shorter period waits for approval, the old text stays in force meanwhile */
    char *text _cleanup_free_ = manual_block("worker/policy/retention-policy.5.in", 0);
    char *period = strstr(text, "\"13 months\"");
    memcpy(period, "\"11 months\"", 11);
    cli_fixture_policy(&f, "recordings.cfg", text);
    char *diff _cleanup_free_ = OUT(0, "policy", "diff", "call_recordings");
    contains(diff, "--- call_recordings in force since ");
    contains(diff, "\n-      after = \"");
    contains(diff, "\n+      after = \"11 mons\";");
    contains(diff, "Needs approval:\n  - ");
    json_t *document = JSON(0, "policy", "diff");
    json_t *row = json_array_get(json_object_get(document, "categories"), 0);
    ck_assert(json_is_true(json_object_get(row, "needs_approval")));
    json_decref(document);
    char *loaded _cleanup_free_ = OUT(0, "policy", "load", "call_recordings");
    contains(loaded, "suspended");
    char *in_force _cleanup_free_ = OUT(0, "policy", "show", "call_recordings");
    ck_assert_str_eq(in_force, shown);
    char *waiting _cleanup_free_ = OUT(0, "policy", "show", "call_recordings", "--loaded");
    contains(waiting, "11 mons");
    free(AS(CLI_APPROVER, 0, "policy", "approve", "call_recordings"));

    /* a longer one takes effect at once */
    memcpy(period, "\"19 months\"", 11);
    cli_fixture_policy(&f, "recordings.cfg", text);
    char *longer _cleanup_free_ = OUT(0, "policy", "diff", "call_recordings");
    contains(longer, "Takes effect when it is loaded:");
    json_t *active = JSON(0, "policy", "load", "call_recordings");
    ck_assert_str_eq(json_string_value(json_object_get(
                         json_array_get(json_object_get(active, "categories"), 0), "state")),
                     "active");
    json_decref(active);

    cli_fails(&f, CLI_APPROVER, 1, "category \"call_recordings\" is active",
              WORDS("policy", "retire", "call_recordings", "--because", "x"));
    char *path _cleanup_free_ = NULL;
    ck_assert_int_gt(asprintf(&path, "%s/policies/recordings.cfg", f.directory), 0);
    ck_assert_int_eq(unlink(path), 0);
    char *red _cleanup_free_ = OUT(0, "policy", "load");
    contains(red, "1 category turned red");
    char *list _cleanup_free_ = OUT(0, "policy", "list");
    contains(list, "gone");
    char *retired _cleanup_free_ =
        AS(CLI_APPROVER, 0, "policy", "retire", "call_recordings", "--because", "service ended");
    ck_assert_str_eq(retired, "Category \"call_recordings\" is retired.\n");
}
END_TEST

/* A brake stops the run; who may both release and act goes on with it. */
START_TEST(brake_and_release)
{
    char *text _cleanup_free_ = manual_block("worker/policy/retention-policy.5.in", 0);
    char *braked _cleanup_free_ = NULL;
    char *end = strstr(text, "\n};");
    *end = 0;
    ck_assert_int_gt(asprintf(&braked, "%s\n  brake: { rows = 1; };\n};\n", text), 0);
    cli_fixture_policy(&f, "recordings.cfg", braked);
    free(OUT(0, "policy", "load"));
    free(AS(CLI_APPROVER, 0, "policy", "approve", "call_recordings"));
    struct program_result r = cli_run(&f, NULL, WORDS("run", "call_recordings"));
    ck_assert_int_eq(r.exit_code, 5);
    contains(r.out, "retentionctl run --release-brake call_recordings");
    program_result_free(&r);
    ck_assert_int_eq(ask("SELECT count(*) FROM ctm.call_recording"), 6);
    char *status _cleanup_free_ = OUT(0, "status");
    contains(status, "a brake stopped it: 2 records would go, the limit is 1");
    FAILS(1, "may not do this", "run", "--release-brake", "call_recordings");
    FAILS(2, "no category \"call_recording\" is loaded", "run", "--release-brake",
          "call_recording");
    /* Nobody can go on: then the brake stays, and who starts a worker and comes again is heard. */
    cli_fails(&f, CLI_OPERATOR, 1, "The brake of category \"call_recordings\" was not released",
              WORDS("run", "--release-brake", "call_recordings"));
    char *still _cleanup_free_ = OUT(0, "status");
    contains(still, "a brake stopped it: 2 records would go, the limit is 1");
    PGconn *conn = cli_fixture_connect(&f);
    db_exec(conn, "GRANT retention_operator TO " CLI_WORKER);
    r = cli_run(&f, NULL, WORDS("run", "--release-brake", "call_recordings"));
    db_exec(conn, "REVOKE retention_operator FROM " CLI_WORKER);
    PQfinish(conn);
    ck_assert_msg(r.exit_code == 0, "%s%s", r.out, r.err);
    contains(r.out, "released for 2 records");
    program_result_free(&r);
    ck_assert_int_eq(ask("SELECT count(*) FROM ctm.call_recording"), 4);
    FAILS(2, "Perhaps \"call_recordings\"", "run", "call_recording");
}
END_TEST

START_TEST(nobody_leads_and_who_cannot)
{
    load_and_approve();
    cli_fails(&f, CLI_OPERATOR, 1, "no worker runs, and role \"cli_operator\" cannot act as one",
              WORDS("run"));
    cli_fails(&f, "postgres", 1, "no worker runs, and superuser \"postgres\" cannot act as one",
              WORDS("run"));
    free(AS(CLI_OPERATOR, 0, "pause", "--reason", "storage moves"));
    struct program_result r = cli_run(&f, NULL, WORDS("run", "call_recordings"));
    ck_assert_msg(r.exit_code == 5, "%s%s", r.out, r.err);
    contains(r.out, "paused");
    program_result_free(&r);
    ck_assert_int_eq(ask("SELECT count(*) FROM ctm.call_recording"), 6);
}
END_TEST

/* What keeps the engine from starting is said as retentiond says it; nothing is "nothing to run".
 */
START_TEST(run_cannot_start)
{
    load_and_approve();
    char *kek _cleanup_free_ = NULL, *policies _cleanup_free_ = NULL, *away _cleanup_free_ = NULL;
    char *file _cleanup_free_ = NULL;
    ck_assert_int_gt(asprintf(&kek, "%s/epoch.kek", f.directory), 0);
    ck_assert_int_gt(asprintf(&policies, "%s/policies", f.directory), 0);
    ck_assert_int_gt(asprintf(&away, "%s/away", f.directory), 0);
    ck_assert_int_gt(asprintf(&file, "%s/policies/recordings.cfg", f.directory), 0);

    chmod(kek, 0644);
    FAILS(3, "is open to others than its owner", "run");
    FAILS(3, "is open to others than its owner", "check");
    json_t *document = JSON(3, "run");
    ck_assert_ptr_nonnull(json_object_get(document, "error"));
    json_decref(document);
    unlink(kek);
    FAILS(3, "No such file", "run");
    FAILS(3, "No such file", "check");
    free(file_write(f.directory, "epoch.kek", "40\n"));
    FAILS(3, "is not 64 lower-case hex digits", "run");
    FAILS(3, "is not 64 lower-case hex digits", "check", "--offline");
    free(file_write(f.directory, "epoch.kek",
                    "404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f\n"));
    free(OUT(0, "run")); /* makes the first key of the log */
    free(file_write(f.directory, "epoch.kek",
                    "504142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f\n"));
    FAILS(3, "could not unwrap the key of epoch 1", "run");
    FAILS(3, "could not unwrap the key of epoch 1", "check");
    free(file_write(f.directory, "epoch.kek",
                    "404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f\n"));

    chmod(policies, 0777);
    FAILS(3, "may be written by everybody", "run");
    chmod(policies, 0700);
    rename(policies, away);
    FAILS(3, "No such file", "run");
    mkdir(policies, 0700);
    FAILS(3, "holds no policy file", "run");
    rmdir(policies);
    rename(away, policies);

    /* a file that is there and refused: its categories are invalid, not gone */
    chmod(file, 0666);
    FAILS(3, "file may be written by everybody", "run");
    ck_assert_int_eq(ask("SELECT count(*) FROM retention.category WHERE state = 'red'"), 0);
    char *list _cleanup_free_ = cli_out(&f, NULL, 3, WORDS("policy", "list"));
    contains(list, "not read");
    ck_assert_ptr_null(strstr(list, "gone"));
    chmod(file, 0600);
    free(OUT(0, "run"));
}
END_TEST

/* An operator asks the worker that leads, and sees what came of it. */
START_TEST(follow_a_worker)
{
    load_and_approve();
    free(AS(CLI_OPERATOR, 0, "pause", "--reason", "not yet", "--category", "call_recordings"));
    const char *const daemon[] = {"retentiond", "-c", f.config, NULL};
    pid_t pid = program_start(daemon, NULL, NULL);
    PGconn *conn = cli_fixture_connect(&f);
    db_wait_until(conn, "SELECT worker IS NOT NULL FROM retention.leader");
    struct program_result r = cli_run(&f, CLI_OPERATOR, WORDS("run", "call_recordings"));
    ck_assert_msg(r.exit_code == 5, "%s%s", r.out, r.err);
    contains(r.out, "paused");
    program_result_free(&r);
    free(AS(CLI_OPERATOR, 0, "resume", "--reason", "now", "--category", "call_recordings"));
    /* one that runs once does not wait for ever */
    const char *const once[] = {"retentiond", "-c", f.config, "--once", NULL};
    r = program_run(once);
    ck_assert_msg(r.exit_code == 5, "exit %d: %s", r.exit_code, r.err);
    contains(r.err, " leads; nothing was run");
    program_result_free(&r);
    /* the role that could lead may ask too */
    json_t *run = JSON(0, "run", "call_recordings");
    ck_assert_str_eq(run_status(run), "done");
    json_decref(run);
    ck_assert_int_eq(ask("SELECT count(*) FROM ctm.call_recording"), 4);
    char *status _cleanup_free_ = AS(CLI_OPERATOR, 0, "status");
    contains(status, "A worker leads on host ");
    cli_fails(&f, CLI_OPERATOR, 1, "there is no category \"nosuch\"", WORDS("run", "nosuch"));
    /* that one failed before it had a plan stands nowhere else */
    db_exec(conn, "REVOKE SELECT ON retention.held_scope FROM retention_worker");
    r = cli_run(&f, CLI_OPERATOR, WORDS("run", "call_recordings"));
    ck_assert_msg(r.exit_code == 1, "%s%s", r.out, r.err);
    contains(r.out, "insufficient privilege (SQLSTATE 42501)");
    program_result_free(&r);
    char *failing _cleanup_free_ = AS(CLI_OPERATOR, 4, "status", "--check");
    contains(failing, "last run failed: insufficient privilege (SQLSTATE 42501)");
    db_exec(conn, "GRANT SELECT ON retention.held_scope TO retention_worker");
    PQfinish(conn);
    kill(pid, SIGTERM);
    ck_assert_int_eq(program_wait(pid), 0);
}
END_TEST

/* The worker that leads is gone before it took the request: the person's own run does the work, and
 * the next worker finds nothing to do again. */
START_TEST(a_request_is_taken_back)
{
    load_and_approve();
    PGconn *conn = cli_fixture_connect(&f);
    PGconn *leader = db_connect(cluster_shared(), f.database, CLI_WORKER);
    db_exec(leader, "SELECT retention.lead(gen_random_uuid(), 'there', '1 h')");
    const char *const argv[] = {"retentionctl", "-c", f.config, "run", "call_recordings", NULL};
    pid_t pid = program_start(argv, NULL, NULL);
    db_wait_until(conn, "SELECT EXISTS (SELECT FROM retention.run_request)");
    PQfinish(leader);
    ck_assert_int_eq(program_wait(pid), 0);
    ck_assert_int_eq(ask("SELECT count(*) FROM ctm.call_recording"), 4);
    ck_assert_int_eq(ask("SELECT count(*) FROM retention.run_request WHERE finished_at IS NOT NULL "
                         "AND runs = '{}'"),
                     1);
    ck_assert_int_eq(ask("SELECT count(*) FROM retention.run_request"), 1);
    PQfinish(conn);
}
END_TEST

/* One category's file is wrong: that keeps nobody from loading another by its name. */
START_TEST(one_of_several_policies)
{
    cli_fixture_policy(&f, "bad.cfg", "bad: { title = \"x\"; nosuch = 1; };\n");
    FAILS(3, "nosuch", "policy", "load");
    FAILS(3, "the policy of category \"bad\" is not valid", "policy", "load", "bad");
    FAILS(3, "the policy of category \"bad\" is not valid", "policy", "load", "call_recordings",
          "bad");
    ck_assert_int_eq(ask("SELECT count(*) FROM retention.category"), 0);
    char *out _cleanup_free_ = OUT(0, "policy", "load", "call_recordings");
    contains(out, "call_recordings  yes      suspended");
    contains(out, "Other policies are not valid (");
    ck_assert_int_eq(ask("SELECT count(*) FROM retention.category"), 1);
    ck_assert_int_eq(ask("SELECT count(*) FROM retention.category WHERE state = 'red'"), 0);
}
END_TEST

/* The numbers of a plan are those of a run that may act; what keeps it from that is said. */
START_TEST(plan_tells_what_stops_a_run)
{
    static const char note[] = "call_recordings: a run acts on nothing now: ";
    load_and_approve();
    char *free_to_act _cleanup_free_ = OUT(0, "plan", "call_recordings");
    ck_assert_ptr_null(strstr(free_to_act, note));
    free(AS(CLI_OPERATOR, 0, "pause", "--category", "call_recordings", "--reason", "moves out"));
    char *paused _cleanup_free_ = OUT(0, "plan", "call_recordings");
    contains(paused, note);
    contains(paused, "paused; see \"retentionctl status call_recordings\"");
    json_t *plan = JSON(0, "plan", "call_recordings");
    const json_t *row = json_array_get(json_object_get(plan, "categories"), 0);
    ck_assert_str_eq(json_string_value(json_object_get(row, "cause")), "paused");
    json_decref(plan);
    free(AS(CLI_OPERATOR, 0, "resume", "--category", "call_recordings", "--reason", "moved"));
    plan = JSON(0, "plan", "call_recordings");
    row = json_array_get(json_object_get(plan, "categories"), 0);
    ck_assert(json_is_null(json_object_get(row, "cause")));
    json_decref(plan);
}
END_TEST

/* Records of a tenant that is paused wait for that, and not for other categories. */
START_TEST(paused_tenants_are_told)
{
    load_and_approve();
    char *paused _cleanup_free_ =
        AS(CLI_OPERATOR, 0, "pause", "--tenant", "01", "--reason", "moves out");
    contains(paused, "Tenant \"01\" is paused. \"retentionctl resume --tenant 01 --reason TEXT\"");
    contains(paused, "records of this tenant stay in call_recordings\n"
                     "Whether there are any was not looked at.\n");
    char *plan _cleanup_free_ = OUT(0, "plan", "call_recordings");
    contains(plan, "call_recordings: 2 due, and their tenant is paused\n");
    ck_assert_ptr_null(strstr(plan, "other categories"));
    free(OUT(0, "run", "call_recordings"));
    ck_assert_int_eq(ask("SELECT count(*) FROM ctm.call_recording"), 6);
    char *status _cleanup_free_ = OUT(0, "status", "call_recordings");
    contains(status, "waiting, or tenant paused");
    contains(status, "retentionctl resume --tenant TENANT --reason TEXT");
    free(AS(CLI_OPERATOR, 0, "resume", "--tenant", "1", "--reason", "moved"));
    free(OUT(0, "run", "call_recordings"));
    ck_assert_int_eq(ask("SELECT count(*) FROM ctm.call_recording"), 4);
}
END_TEST

/* Where a text took effect without approval, nobody is shown as its approver. */
START_TEST(longer_takes_effect_at_once)
{
    load_and_approve();
    char *file _cleanup_free_ = NULL;
    ck_assert_int_gt(asprintf(&file, "%s/policies/recordings.cfg", f.directory), 0);
    char *text _cleanup_free_ = file_read(file);
    char *after = strstr(text, "13 months");
    ck_assert_ptr_nonnull(after);
    memcpy(after, "14 months", 9);
    free(file_write(f.directory, "policies/recordings.cfg", text));
    char *before _cleanup_free_ = OUT(0, "policy", "list");
    contains(before, CLI_APPROVER);
    ck_assert_ptr_null(strstr(before, "nobody"));
    char *diff _cleanup_free_ = OUT(0, "policy", "diff", "call_recordings");
    contains(diff, "Takes effect when it is loaded:");
    char *loaded _cleanup_free_ = OUT(0, "policy", "load", "call_recordings");
    contains(loaded, "call_recordings  yes      active");
    char *list _cleanup_free_ = OUT(0, "policy", "list");
    contains(list, "nobody (" CLI_APPROVER ": an earlier text)");
}
END_TEST

/* A table whose name SQL wants in quotes is the same one to the command that loads and to the
 * worker that runs. */
START_TEST(a_table_named_like_a_keyword)
{
    PGconn *admin = cli_fixture_connect(&f);
    db_exec(admin, "CREATE TABLE ctm.\"order\" (id int PRIMARY KEY, \"end\" timestamptz);"
                   "INSERT INTO ctm.\"order\" VALUES (1, now() - interval '2 years'), (2, now());"
                   "GRANT SELECT, DELETE, UPDATE (id) ON ctm.\"order\" TO " CLI_WORKER);
    cli_fixture_policy(&f, "orders.cfg",
                       "orders: { title = \"Orders\"; role = \"controller\"; basis = \"test\";"
                       " mode = \"enforce\"; data: { table = \"ctm.order\"; start = \"end\"; };"
                       " stages = ( { after = \"1 year\"; do = \"delete\"; } ); };\n");
    free(OUT(0, "policy", "load"));
    free(AS(CLI_APPROVER, 0, "policy", "approve", "orders", "--expect-due", "10"));
    free(OUT(0, "run", "orders"));
    ck_assert_int_eq(db_number(admin, "SELECT id FROM ctm.\"order\""), 2);
    PQfinish(admin);
}
END_TEST

Suite *suite_cli_flow(void)
{
    Suite *suite = suite_create("cli_flow");
    TCase *tests = tcase_create("flow");
    tcase_set_timeout(tests, 180);
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, load_approve_run_explain);
    tcase_add_test(tests, a_table_named_like_a_keyword);
    tcase_add_test(tests, change_and_retire_a_policy);
    tcase_add_test(tests, brake_and_release);
    tcase_add_test(tests, nobody_leads_and_who_cannot);
    tcase_add_test(tests, run_cannot_start);
    tcase_add_test(tests, follow_a_worker);
    tcase_add_test(tests, a_request_is_taken_back);
    tcase_add_test(tests, one_of_several_policies);
    tcase_add_test(tests, longer_takes_effect_at_once);
    tcase_add_test(tests, paused_tenants_are_told);
    tcase_add_test(tests, plan_tells_what_stops_a_run);
    suite_add_tcase(suite, tests);
    return suite;
}
