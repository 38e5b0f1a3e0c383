/* P2: once place_hold has returned, no record that the hold covers goes.
 *
 * While a worker enforces in small batches, sessions place holds of every shape at random moments,
 * one transaction after the other, some release theirs again, and an application changes records so
 * that a hold covers them, while batches wait for their rows (tests/hold_races.sql). Whoever has
 * placed a hold, or changed a record, and has seen its COMMIT, writes down what has to stay. When
 * all is over, everything that was written down must be there.
 *
 * One hold placed is one round. RETENTIOND_HOLD_ROUNDS: how many there are in each scene, 12 by
 * default, 500 in .ci/run.
 *
 * What fails where the worker is broken, without luck:
 *   the action's scopes in a join       held_while_a_batch_waits, plain and partitioned. With
 *                                       dependants rows are locked by one statement and judged by
 *                                       the next, so that a join would be as right there.
 *   batches without the gate            placed_while_batches_wait_for_the_gate, in every scene, and
 *                                       a_stopped_worker_is_no_obstacle
 *   the gate locked by the action's     placed_while_batches_wait_for_the_gate
 *   own statement */
#define _GNU_SOURCE
#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/text.h"
#include "engine_support.h"
#include "harness/cluster.h"
#include "harness/db.h"
#include "harness/number.h"

/* Older than 40 days: all of them are due, and a hold of some hours covers a few. */
#define RECORDS                                                                                    \
    "CREATE TABLE rec (id int PRIMARY KEY, tenant int NOT NULL, caller text, at timestamptz NOT "  \
    "NULL, due boolean NOT NULL DEFAULT true, note text)%s;"                                       \
    "CREATE TABLE message (message_id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, rec_id int "   \
    "NOT NULL REFERENCES rec, phone text);"                                                        \
    "CREATE INDEX ON message (rec_id);"                                                            \
    "CREATE TABLE other (id int PRIMARY KEY, phone text, at timestamptz);"                         \
    "CREATE SEQUENCE rec_id;"

/* A changed record stays in its page, and so in the range of the batch that waits for it: elsewhere
 * it would be a later batch's, which sees all holds whatever its statement looks like. */
#define ROOM " WITH (fillfactor = 60)"

#define STAGES                                                                                     \
    "  stages = ( { after = \"30 days\"; do = \"delete\"; } );\n"                                  \
    "  brake: { rows = 100000000; fraction = 1.0; tenant_fraction = 1.0; };\n"

/* How a record's phone numbers are found and changed. */
#define OWN_PHONE                                                                                  \
    "CREATE FUNCTION race.phones(r int) RETURNS text[] LANGUAGE sql STABLE AS $$ SELECT "          \
    "ARRAY[right(regexp_replace(caller, '[^0-9]', '', 'g'), 10)] FROM public.rec WHERE id = r $$;" \
    "CREATE FUNCTION race.call(r int, value text) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN "   \
    "UPDATE public.rec SET caller = value WHERE id = r; RETURN FOUND; END $$;"
#define CHILDS_PHONE                                                                               \
    "CREATE FUNCTION race.phones(r int) RETURNS text[] LANGUAGE sql STABLE AS $$ SELECT "          \
    "ARRAY(SELECT right(regexp_replace(phone, '[^0-9]', '', 'g'), 10) FROM public.message WHERE "  \
    "rec_id = r ORDER BY 1) $$;"                                                                   \
    "CREATE FUNCTION race.call(r int, value text) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN "   \
    "UPDATE public.message SET phone = value WHERE message_id = (SELECT min(message_id) FROM "     \
    "public.message WHERE rec_id = r); RETURN FOUND; END $$;"

static const struct scene {
    const char *name, *partitions, *phones, *data;
    bool messages; /* hang on records, and go first */
    int releasing; /* sessions that place and release */
    bool approving;
} scenes[] = {
    {"one session places", ROOM, OWN_PHONE,
     "    subject = ( { column = \"caller\"; kind = \"phone\"; as = \"e164\"; } );\n", false, 0,
     false},
    {"four sessions place and release", ROOM, OWN_PHONE,
     "    subject = ( { column = \"caller\"; kind = \"phone\"; as = \"e164\"; } );\n", false, 4,
     false},
    {"dependants", ROOM, CHILDS_PHONE,
     "    subject = ( { child = \"public.message\"; by = \"rec_id\"; column = \"phone\"; kind = "
     "\"phone\"; as = \"e164\"; } );\n    with = ( { table = \"public.message\"; by = [ "
     "\"rec_id\" ]; } );\n",
     true, 2, false},
    {"partitions",
     " PARTITION BY HASH (id); CREATE TABLE rec_0 PARTITION OF rec FOR VALUES WITH (modulus 2, "
     "remainder 0)" ROOM
     "; CREATE TABLE rec_1 PARTITION OF rec FOR VALUES WITH (modulus 2, remainder 1)" ROOM,
     OWN_PHONE, "    subject = ( { column = \"caller\"; kind = \"phone\"; as = \"e164\"; } );\n",
     false, 2, false},
    {"another category is approved", ROOM, OWN_PHONE,
     "    subject = ( { column = \"caller\"; kind = \"phone\"; as = \"e164\"; } );\n", false, 2,
     true},
};

static struct site scene_site(const struct scene *scene)
{
    struct text sql _cleanup_text_ = {0};
    text_printf(&sql, RECORDS, scene->partitions);
    struct site site =
        site_new(cluster_shared(), text_string(&sql), "pace: { batch_rows = 100; };");
    char *races = file_read(source_path("tests/hold_races.sql"));
    db_script(site.admin, races);
    free(races);
    db_script(site.admin, scene->phones);
    db_exec(site.admin,
            "CREATE FUNCTION race.gaps() RETURNS text[] LANGUAGE sql AS $$ SELECT %s $$",
            scene->approving ? "ARRAY['others']" : "NULL::text[]");
    if (!scene->messages)
        db_exec(site.admin, "ALTER TABLE message DROP CONSTRAINT message_rec_id_fkey");
    db_script(site.admin, "GRANT SELECT ON ALL TABLES IN SCHEMA public TO t_legal;"
                          "UPDATE retention.hold_rules SET dual_control = false, grace = '0';");
    char *body;
    ck_assert_int_ge(
        asprintf(
            &body,
            "  data: { table = \"public.rec\"; start = \"at\"; tenant = \"tenant\";\n%s  };\n%s",
            scene->data, STAGES),
        0);
    site_policy(&site, "recs", body);
    free(body);
    if (scene->approving)
        site_policy(&site, "others",
                    "  data: { table = \"public.other\"; start = \"at\"; subject = ( { column = "
                    "\"phone\"; kind = \"phone\"; as = \"e164\"; } ); };\n" STAGES);
    site_load_and_approve(&site, "recs", -1);
    return site;
}

static void refill(const struct site *site, const struct scene *scene, int records)
{
    db_exec(site->admin,
            "INSERT INTO rec SELECT i, i %% 150, '+1' || 4105550000 + i %% 700, now() - interval "
            "'45 days' - i %% 500 * interval '1 hour', true, repeat('x', 100) FROM (SELECT "
            "nextval('rec_id')::int AS i FROM generate_series(1, %d)) n",
            records);
    if (scene->messages)
        db_script(
            site->admin,
            "INSERT INTO message (rec_id, phone) SELECT id, caller FROM rec WHERE due;"
            "INSERT INTO message (rec_id, phone) SELECT id, '+1' || 4205550000 + id % 300 FROM "
            "rec WHERE due AND id % 3 = 0;");
}

/* Between two enforcements nothing is held; records that were go out of the way. */
static void reset(const struct site *site)
{
    db_script(
        site->admin,
        "TRUNCATE race.stop, race.placed, race.must_stay, race.lost;"
        "UPDATE retention.held_scope SET held_until = '-infinity';"
        "UPDATE retention.hold SET held_until = '-infinity', released_at = now(), released_by "
        "= 'x' WHERE held_until > now();"
        "UPDATE retention.hold_part SET held_until = '-infinity';"
        "DELETE FROM message; DELETE FROM rec;");
}

static PGconn *begin_session(const struct site *site, const char *user, const char *call)
{
    PGconn *conn = db_connect(site->cluster, site->database, user);
    ck_assert_int_eq(PQsendQuery(conn, call), 1);
    return conn;
}

static void end_session(PGconn *conn)
{
    PGresult *result;
    while ((result = PQgetResult(conn))) {
        ck_assert_msg(PQresultStatus(result) == PGRES_COMMAND_OK, "%s", PQerrorMessage(conn));
        PQclear(result);
    }
    PQfinish(conn);
}

static void expect_none(const struct site *site, const char *what, const char *from)
{
    char *lost = db_value(site->admin,
                          "SELECT count(*) || coalesce(', one was record ' || min(id) || ', ' || "
                          "min(why), '') FROM %s",
                          from);
    ck_assert_msg(strcmp(lost, "0") == 0, "%s: %s", what, lost);
    free(lost);
}

/* One enforcement with all that goes on beside it. Returns the records that it took. */
static int64_t enforce(const struct site *site, const struct scene *scene)
{
    PGconn *sessions[16];
    size_t count = 0;
    refill(site, scene, 3000);
    int64_t before = db_number(site->admin, "SELECT count(*) FROM rec");
    sessions[count++] = begin_session(site, "t_legal", "CALL race.place(true)");
    for (int i = 0; i < scene->releasing; i++)
        sessions[count++] = begin_session(site, "t_legal", "CALL race.place(false)");
    for (int i = 0; i < 3; i++)
        sessions[count++] = begin_session(site, NULL, "CALL race.change()");
    if (scene->approving) {
        sessions[count++] = begin_session(site, "t_worker", "CALL race.load()");
        sessions[count++] = begin_session(site, "t_approver", "CALL race.approve()");
    }
    struct program_result result = site_once(site, NULL);
    db_exec(site->admin, "INSERT INTO race.stop VALUES (now())");
    for (size_t i = 0; i < count; i++)
        end_session(sessions[i]);
    /* The other category may change while the worker loads it. */
    ck_assert_msg(result.exit_code == 0 || scene->approving, "exit code %d: %s", result.exit_code,
                  result.err);
    program_result_free(&result);
    expect_none(site, "records went although a hold that covered them had been placed",
                "race.must_stay m WHERE NOT EXISTS (SELECT FROM rec t WHERE t.id = m.id)");
    expect_none(site, "records went before the hold that covered them was released", "race.lost");
    expect_none(site, "messages are left without their records",
                "(SELECT rec_id AS id, '' AS why FROM message m WHERE NOT EXISTS (SELECT FROM rec "
                "t WHERE t.id = m.rec_id)) x");
    int64_t after = db_number(site->admin, "SELECT count(*) FROM rec");
    site_check_log(site);
    reset(site);
    return before - after;
}

START_TEST(nothing_held_goes)
{
    int64_t rounds = number_from_environment("RETENTIOND_HOLD_ROUNDS", 6), placed = 0, gone = 0;
    struct site site = scene_site(&scenes[_i]);
    int enforcements = 0;
    for (; placed < rounds; enforcements++) {
        gone += enforce(&site, &scenes[_i]);
        placed = db_number(site.admin, "SELECT last_value FROM race.round");
    }
    ck_assert_int_gt(gone, 100 * enforcements); /* it was an enforcement at all */
    if (getenv("RETENTIOND_HOLD_ROUNDS"))
        printf("hold races, %s: %lld holds placed during %d enforcements that took %lld "
               "records\n",
               scenes[_i].name, (long long)placed, enforcements, (long long)gone);
    site_free(&site);
}
END_TEST

/* A batch waits for a row that the application changes to a held value, in a transaction that
 * commits then: the row stays. It is judged anew in its new version, against the holds that the
 * statement sees; with a join it would be the row of a hold that it was joined with, or of none, as
 * it was. */
static const struct becoming {
    const char *change, *hold;
} becomings[] = {
    {"caller = '(212) 555-0199'", "subject => 'phone:+12125550199'"},
    {"tenant = 9999", "tenant => '9999'"},
    {"at = '2001-02-03'", "starts_from => '2001-02-01', starts_to => '2001-03-01'"},
    {"caller = '(212) 555-0199', tenant = 9999",
     "subject => 'phone:+12125550199', tenant => '9999'"},
};

/* Batches wait for locked rows as long as a test needs. */
static void set_lock_timeout(const struct site *site)
{
    char *old = file_read(site->config), *at = strstr(old, "database: {"), *new;
    ck_assert_ptr_nonnull(at);
    at += strlen("database: {");
    ck_assert_int_gt(asprintf(&new, "%.*s lock_timeout = \"10 s\";%s", (int)(at - old), old, at),
                     0);
    free(file_write(site->directory, "retentiond.cfg", new));
    free(new);
    free(old);
}

START_TEST(held_while_a_batch_waits)
{
    const struct becoming *b = &becomings[_i / 2];
    const struct scene *scene = &scenes[_i % 2 ? 3 : 0]; /* plain, partitioned */
    struct site site = scene_site(scene);
    set_lock_timeout(&site);
    refill(&site, scene, 300);
    db_exec(site.admin,
            "SELECT retention.place_hold(matter => 'race', reason => 'x', category => "
            "'recs', %s)",
            b->hold);
    PGconn *application = db_connect(site.cluster, site.database, NULL);
    db_exec(application, "BEGIN");
    db_exec(application, "UPDATE rec SET %s WHERE id = 7", b->change);
    pid_t worker = site_start(&site, "--once", NULL);
    db_wait_until(site.admin,
                  "SELECT count(*) > 0 FROM pg_stat_activity WHERE usename = 't_worker' "
                  "AND wait_event_type = 'Lock' AND query LIKE 'DELETE FROM ONLY%%'");
    db_exec(application, "COMMIT");
    ck_assert_int_eq(program_wait(worker), 0);
    ck_assert_int_eq(db_number(site.admin, "SELECT sum(id) FROM rec"), 7);
    site_check_log(&site);
    PQfinish(application);
    site_free(&site);
}
END_TEST

/* The same where the value stands in a dependant: nobody waits for the row, its record is left,
 * with what hangs on it, and the others go. */
START_TEST(held_while_a_batch_leaves_the_row)
{
    const struct scene *scene = &scenes[2];
    struct site site = scene_site(scene);
    set_lock_timeout(&site);
    refill(&site, scene, 300);
    db_exec(site.admin, "SELECT retention.place_hold(matter => 'race', reason => 'x', category => "
                        "'recs', subject => 'phone:+12125550199')");
    PGconn *application = db_connect(site.cluster, site.database, NULL);
    db_exec(application, "BEGIN");
    db_exec(application, "UPDATE message SET phone = '(212) 555-0199' WHERE rec_id = 7");
    pid_t worker = site_start(&site, "--once", NULL);
    db_wait_until(site.admin,
                  "SELECT EXISTS (SELECT FROM retention.run WHERE status <> 'running') OR EXISTS "
                  "(SELECT FROM pg_stat_activity WHERE usename = 't_worker' AND datname = "
                  "current_database() AND wait_event_type = 'Lock')");
    db_exec(application, "COMMIT");
    ck_assert_int_eq(program_wait(worker), 0);
    for (int again = 0; again < 2; again++) {
        ck_assert_int_eq(db_number(site.admin, "SELECT sum(id) FROM rec"), 7);
        ck_assert_int_eq(db_number(site.admin, "SELECT sum(rec_id) FROM message"), 7);
        site_once_expect(&site, NULL, 0);
    }
    site_check_log(&site);
    PQfinish(application);
    site_free(&site);
}
END_TEST

/* How long placing waits for the gate before who keeps it is ended. */
static void set_patience(const struct site *site, const char *lock_timeout)
{
    db_exec(site->admin, "ALTER FUNCTION retention.close_hold_gate() SET lock_timeout = '%s'",
            lock_timeout);
}

/* The worker is about to begin its first batch when a hold is placed, whose transaction is still
 * open: they wait for the gate, and act then by statements that are younger than the wait. A
 * statement that took the gate itself would see what was there before. */
START_TEST(placed_while_batches_wait_for_the_gate)
{
    static const int of[] = {0, 2, 3}; /* plain, dependants, partitioned */
    const struct scene *scene = &scenes[of[_i]];
    struct site site = scene_site(scene);
    set_lock_timeout(&site);
    refill(&site, scene, 300);
    /* Of the same shape, so that the statements ask for such: else they would leave everything. */
    db_exec(site.admin, "SELECT retention.place_hold(matter => 'race', reason => 'x', category => "
                        "'recs', subject => 'phone:+12125550199')");
    pid_t worker = site_start(&site, "--once", "batch_begins=stop");
    int status;
    ck_assert_int_eq(waitpid(worker, &status, WUNTRACED), worker);
    ck_assert(WIFSTOPPED(status));
    PGconn *legal = db_connect(site.cluster, site.database, "t_legal");
    db_exec(legal, "BEGIN");
    db_exec(legal, "SELECT retention.place_hold(matter => 'race', reason => 'x', category => "
                   "'recs', subjects => (SELECT array_agg('phone:+1' || 4105550000 + 2 * i) FROM "
                   "generate_series(1, 150) i))"); /* every second record: some of each batch */
    ck_assert_int_eq(kill(worker, SIGCONT), 0);
    db_wait_until(site.admin,
                  "SELECT EXISTS (SELECT FROM retention.run WHERE status <> 'running') OR EXISTS "
                  "(SELECT FROM pg_locks WHERE relation = 'retention.hold_gate'::regclass AND NOT "
                  "granted)");
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM rec"), 300);
    db_exec(legal, "COMMIT");
    ck_assert_int_eq(program_wait(worker), 0);
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM rec WHERE id %% 2 = 0"), 150);
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM rec"), 150);
    if (scene->messages)
        ck_assert_int_eq(db_number(site.admin, "SELECT count(DISTINCT rec_id) FROM message"), 150);
    site_check_log(&site);
    PQfinish(legal);
    site_free(&site);
}
END_TEST

/* Where a worker is stopped: before its transaction, with the gate locked at every step of a batch
 * of either kind, with its COMMIT on the way, and behind it. */
static const struct stop {
    const char *point;
    bool messages;
} stops[] = {
    {"batch_begins", false},       {"batch_begin_sent", false},    {"batch_after_begin", false},
    {"batch_after_action", false}, {"batch_before_append", false}, {"batch_before_commit", false},
    {"batch_commit_sent", false},  {"batch_after_commit", false},  {"batch_after_lock", true},
    {"batch_after_remove", true},
};

/* Placing returns although the worker does not move, what was held then stays when it goes on, and
 * the rest goes. (The gate is waited for one second here, not ten, before who keeps it is ended.)
 */
START_TEST(a_stopped_worker_is_no_obstacle)
{
    const struct scene *scene = &scenes[stops[_i].messages ? 2 : 0];
    struct site site = scene_site(scene);
    refill(&site, scene, 600);
    char fault[64];
    snprintf(fault, sizeof(fault), "%s=stop:3", stops[_i].point);
    pid_t worker = site_start(&site, "--once", fault);
    int status;
    ck_assert_int_eq(waitpid(worker, &status, WUNTRACED), worker);
    ck_assert(WIFSTOPPED(status));
    set_patience(&site, "1s");
    PGconn *legal = db_connect(site.cluster, site.database, "t_legal");
    int64_t began = clock_monotonic_us();
    for (int i = 0; i < 30; i++)
        db_exec(legal,
                "SELECT retention.place_hold(matter => 'race', reason => 'x', category => 'recs', "
                "tenant => '%d')",
                i);
    if (getenv("RETENTIOND_HOLD_ROUNDS"))
        printf("stopped at %s: 30 holds placed in %.2f s\n", stops[_i].point,
               (double)(clock_monotonic_us() - began) / 1e6);
    db_exec(site.admin, "INSERT INTO race.must_stay SELECT id, 'held' FROM rec WHERE tenant < 30");
    ck_assert_int_gt(db_number(site.admin, "SELECT count(*) FROM race.must_stay"), 0);
    set_patience(&site, "10s");
    ck_assert_int_eq(kill(worker, SIGCONT), 0);
    int code = program_wait(worker);
    ck_assert_msg(code == 0 || code == 1, "exit code %d", code);
    if (code != 0)
        site_once_expect(&site, NULL, 0);
    expect_none(&site, "records went although they were held",
                "race.must_stay m WHERE NOT EXISTS (SELECT FROM rec t WHERE t.id = m.id)");
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM rec WHERE tenant >= 30"), 0);
    site_check_log(&site);
    PQfinish(legal);
    site_free(&site);
}
END_TEST

Suite *suite_hold_races(void)
{
    Suite *suite = suite_create("hold races");
    TCase *tcase = tcase_create("races");
    tcase_set_timeout(tcase, 1800);
    tcase_add_loop_test(tcase, nothing_held_goes, 0, (int)(sizeof(scenes) / sizeof(*scenes)));
    suite_add_tcase(suite, tcase);
    tcase = tcase_create("stops");
    tcase_set_timeout(tcase, 300);
    tcase_add_loop_test(tcase, a_stopped_worker_is_no_obstacle, 0,
                        (int)(sizeof(stops) / sizeof(*stops)));
    suite_add_tcase(suite, tcase);
    tcase = tcase_create("waits");
    tcase_set_timeout(tcase, 300);
    tcase_add_loop_test(tcase, held_while_a_batch_waits, 0,
                        2 * (int)(sizeof(becomings) / sizeof(*becomings)));
    tcase_add_test(tcase, held_while_a_batch_leaves_the_row);
    tcase_add_loop_test(tcase, placed_while_batches_wait_for_the_gate, 0, 3);
    suite_add_tcase(suite, tcase);
    return suite;
}
