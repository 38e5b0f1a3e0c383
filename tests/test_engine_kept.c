/* Rows that a held record reads for its subject, tenant or starting point are not taken away by the
 * batches of the category that has them, be they due: the record would lose its hold with them. */
#define _GNU_SOURCE
#include <check.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "engine_support.h"
#include "harness/cluster.h"
#include "harness/db.h"

#define SHORT                                                                                      \
    "  stages = ( { after = \"30 days\"; do = \"delete\"; } );\n"                                  \
    "  brake: { fraction = 1.0; tenant_fraction = 1.0; };\n"

static void place(const struct site *site, const char *scope)
{
    free(db_value(site->admin, "SELECT retention.place_hold('M', 'suit filed', %s)", scope));
}

/* Two rounds: what the first one's batches moved out of a hold, the second one's would take. */
static void run_twice(const struct site *site)
{
    site_once_expect(site, NULL, 0);
    site_once_expect(site, NULL, 0);
    site_check_log(site);
}

static int64_t count(const struct site *site, const char *what)
{
    return db_number(site->admin, "SELECT count(*) FROM %s", what);
}

#define AGENCIES                                                                                   \
    "CREATE TABLE agency (id int PRIMARY KEY, opened timestamptz NOT NULL);"                       \
    "CREATE TABLE account (id int PRIMARY KEY, agency int NOT NULL, closed timestamptz NOT NULL);" \
    "CREATE INDEX ON account (agency);"                                                            \
    "INSERT INTO agency VALUES (1, '2010-01-01'), (2, '2010-01-01');"                              \
    "INSERT INTO account VALUES (10, 1, '2012-06-01'), (11, 1, '2011-06-01'),"                     \
    "(20, 2, '2013-06-01');"

/* (a) The latest child's closing is the starting point. The hold is on agencies, accounts are due.
 */
START_TEST(a_child_that_is_the_start)
{
    struct site site = site_new(cluster_shared(), AGENCIES, NULL);
    site_policy(&site, "accounts",
                "  data: { table = \"public.account\"; start = \"closed\"; };\n" SHORT);
    site_policy(&site, "agencies",
                "  data: { table = \"public.agency\"; start = { child = \"public.account\"; by = "
                "\"agency\"; latest = \"closed\"; none = \"opened\"; }; };\n" SHORT);
    site_load_and_approve(&site, "accounts", -1);
    site_approve(&site, "agencies", -1);
    place(&site, "category => 'agencies', starts_from => '2012-01-01', starts_to => '2013-01-01'");
    run_twice(&site);
    ck_assert_int_eq(count(&site, "agency WHERE id = 1"), 1);
    ck_assert_int_eq(count(&site, "account WHERE agency = 1"), 2);
    ck_assert_int_eq(count(&site, "account WHERE agency = 2"), 0);
    ck_assert_int_eq(count(&site, "agency WHERE id = 2"), 0);
    site_free(&site);
}
END_TEST

#define FORMS                                                                                      \
    "CREATE TABLE form (id int PRIMARY KEY, at timestamptz NOT NULL);"                             \
    "CREATE TABLE fld (id int PRIMARY KEY, form int NOT NULL, phone text, "                        \
    "at timestamptz NOT NULL);"                                                                    \
    "CREATE INDEX ON fld (form);"                                                                  \
    "INSERT INTO form VALUES (1, '2020-01-01'), (2, '2020-01-01');"                                \
    "INSERT INTO fld VALUES (10, 1, '+14105550001', '2015-01-01'),"                                \
    "(20, 2, '+14105550002', '2015-01-01');"

static void forms(struct site *site)
{
    *site = site_new(cluster_shared(), FORMS, NULL);
    site_policy(site, "flds", "  data: { table = \"public.fld\"; start = \"at\"; };\n" SHORT);
    site_policy(site, "forms",
                "  data: { table = \"public.form\"; start = \"at\"; subject = ( { child = "
                "\"public.fld\"; by = \"form\"; column = \"phone\"; kind = \"phone\"; as = "
                "\"e164\"; } ); };\n" SHORT);
    site_load_and_approve(site, "flds", -1);
    site_approve(site, "forms", -1);
}

/* (b) A child says whom the record is about. */
START_TEST(a_child_that_is_the_subject)
{
    struct site site;
    forms(&site);
    place(&site, "category => 'forms', subject => 'phone:+14105550001'");
    run_twice(&site);
    ck_assert_int_eq(count(&site, "form WHERE id = 1"), 1);
    ck_assert_int_eq(count(&site, "fld WHERE form = 1"), 1);
    ck_assert_int_eq(count(&site, "fld WHERE form = 2"), 0);
    ck_assert_int_eq(count(&site, "form WHERE id = 2"), 0);
    site_free(&site);
}
END_TEST

/* The same where the child hangs on a record of a third category. */
START_TEST(a_dependant_that_is_the_subject)
{
    struct site site =
        site_new(cluster_shared(),
                 FORMS "CREATE TABLE box (id int PRIMARY KEY, at timestamptz NOT NULL);"
                       "INSERT INTO box VALUES (1, '2015-01-01'), (2, '2015-01-01');"
                       "ALTER TABLE fld ADD box int REFERENCES box; UPDATE fld SET box = form;"
                       "CREATE INDEX ON fld (box);",
                 NULL);
    site_policy(&site, "boxes",
                "  data: { table = \"public.box\"; start = \"at\"; with = ( { table = "
                "\"public.fld\"; by = [ \"box\" ]; } ); };\n" SHORT);
    site_policy(&site, "forms",
                "  data: { table = \"public.form\"; start = \"at\"; subject = ( { child = "
                "\"public.fld\"; by = \"form\"; column = \"phone\"; kind = \"phone\"; as = "
                "\"e164\"; } ); };\n" SHORT);
    site_load_and_approve(&site, "boxes", -1);
    site_approve(&site, "forms", -1);
    place(&site, "category => 'forms', subject => 'phone:+14105550001'");
    run_twice(&site);
    ck_assert_int_eq(count(&site, "form"), 1);
    ck_assert_int_eq(count(&site, "fld WHERE form = 1"), 1);
    ck_assert_int_eq(count(&site, "box WHERE id = 1"), 1);
    ck_assert_int_eq(count(&site, "box WHERE id = 2"), 0);
    site_free(&site);
}
END_TEST

/* (c) A parent to which no foreign key leads. */
START_TEST(a_parent_that_is_the_subject)
{
    struct site site =
        site_new(cluster_shared(),
                 "CREATE TABLE person (id int PRIMARY KEY, phone text, at timestamptz NOT NULL);"
                 "CREATE TABLE chat (id int PRIMARY KEY, person int, at timestamptz NOT NULL);"
                 "INSERT INTO person VALUES (1, '+14105550001', '2015-01-01'),"
                 "(2, '+14105550002', '2015-01-01');"
                 "INSERT INTO chat VALUES (10, 1, '2020-01-01'), (20, 2, '2020-01-01');",
                 NULL);
    site_policy(&site, "a_people",
                "  data: { table = \"public.person\"; start = \"at\"; };\n" SHORT);
    site_policy(&site, "chats",
                "  data: { table = \"public.chat\"; start = \"at\"; subject = ( { parent = "
                "\"public.person\"; by = \"person\"; column = \"phone\"; kind = \"phone\"; as = "
                "\"e164\"; } ); };\n" SHORT);
    site_load_and_approve(&site, "a_people", -1);
    site_approve(&site, "chats", -1);
    place(&site, "category => 'chats', subject => 'phone:+14105550001'");
    run_twice(&site);
    ck_assert_int_eq(count(&site, "chat WHERE id = 10"), 1);
    ck_assert_int_eq(count(&site, "person WHERE id = 1"), 1);
    ck_assert_int_eq(count(&site, "person WHERE id = 2"), 0);
    ck_assert_int_eq(count(&site, "chat WHERE id = 20"), 0);
    site_free(&site);
}
END_TEST

#define PEOPLE                                                                                     \
    "CREATE TABLE person (id int PRIMARY KEY, phone text, at timestamptz NOT NULL);"               \
    "CREATE TABLE chat (id int PRIMARY KEY, person int NOT NULL REFERENCES person,"                \
    "    at timestamptz NOT NULL);"                                                                \
    "INSERT INTO person SELECT g, '+1410555000' || g, '2015-01-01' FROM generate_series(1, 3) g;"

/* People lose their numbers, by which a hold finds their chats; there is none yet. Nobody is
 * deleted: nothing is to be declared of the foreign key. */
static struct site people(void)
{
    struct site site = site_new_single(cluster_shared(), PEOPLE, NULL);
    site_policy(&site, "a_people",
                "  data: { table = \"public.person\"; start = \"at\"; "
                "};\n  stages = ( { after = \"30 days\"; do = \"deidentify\"; columns = ( { name = "
                "\"phone\"; as = \"nullify\"; } ); } );\n"
                "  brake: { fraction = 1.0; tenant_fraction = 1.0; };\n");
    site_policy(&site, "chats",
                "  data: { table = \"public.chat\"; start = \"at\"; subject = ( { parent = "
                "\"public.person\"; by = \"person\"; column = \"phone\"; kind = \"phone\"; as = "
                "\"e164\"; } ); };\n" SHORT);
    site_load_and_approve(&site, "a_people", -1);
    site_approve(&site, "chats", -1);
    place(&site, "category => 'chats', subject => 'phone:+14105550001'");
    return site;
}

/* A chat that is being added when the batch judges: its person is left, and once the chat is there,
 * it is held and keeps its person's number. */
START_TEST(a_record_being_added_keeps_what_it_reads)
{
    struct site site = people();
    PGconn *application = db_connect(site.cluster, site.database, NULL);
    db_exec(application, "BEGIN");
    db_exec(application, "INSERT INTO chat VALUES (10, 1, '2015-01-01')");
    site_once_expect(&site, NULL, 0);
    db_exec(application, "COMMIT");
    ck_assert_int_eq(count(&site, "person WHERE id = 1 AND phone IS NOT NULL"), 1);
    ck_assert_int_eq(count(&site, "person WHERE phone IS NULL"), 2);
    run_twice(&site);
    ck_assert_int_eq(count(&site, "person WHERE id = 1 AND phone IS NOT NULL"), 1);
    ck_assert_int_eq(count(&site, "chat"), 1);
    PQfinish(application);
    site_free(&site);
}
END_TEST

/* The other order: a chat that comes when the batch has judged waits for its COMMIT, and so never
 * had the number that was taken away. */
START_TEST(a_record_that_comes_later_waits)
{
    struct site site = people();
    PGconn *application = db_connect(site.cluster, site.database, NULL);
    int status;
    pid_t pid = site_start(&site, "--once", "batch_before_append=stop");
    ck_assert_int_eq(waitpid(pid, &status, WUNTRACED), pid);
    ck_assert(WIFSTOPPED(status));
    db_exec(application, "SET lock_timeout = '300ms'");
    ck_assert_str_eq(db_fails(application, "INSERT INTO chat VALUES (10, 1, '2015-01-01')"),
                     "55P03");
    kill(pid, SIGCONT);
    db_exec(application, "SET lock_timeout = 0");
    db_exec(application, "INSERT INTO chat VALUES (10, 1, now())");
    ck_assert_int_eq(db_number(application, "SELECT count(*) FROM chat c JOIN person p ON p.id = "
                                            "c.person AND p.phone IS NULL"),
                     1);
    ck_assert_int_eq(program_wait(pid), 0);
    ck_assert_int_eq(count(&site, "person WHERE phone IS NULL"), 3);
    site_check_log(&site);
    PQfinish(application);
    site_free(&site);
}
END_TEST

#define DOCS                                                                                       \
    "  data: { table = \"public.doc\"; start = \"at\"; subject = ( { %s column = \"phone\"; kind " \
    "= "                                                                                           \
    "\"phone\"; } ); };\n" SHORT

/* Another text of a policy waits for approval: what the file says is not what the hold goes by, and
 * the rows that it goes by are left until the file says it again. */
START_TEST(what_a_waiting_text_does_not_name)
{
    struct site site = site_new(
        cluster_shared(),
        PEOPLE "CREATE TABLE doc (id int PRIMARY KEY, person int NOT NULL REFERENCES person,"
               "    phone text, at timestamptz NOT NULL);"
               "CREATE INDEX ON doc (person);"
               "INSERT INTO doc SELECT g, g, NULL, '2020-01-01' FROM generate_series(1, 3) g;",
        NULL);
    char approved[1000], edited[1000];
    snprintf(approved, sizeof(approved), DOCS, "parent = \"public.person\"; by = \"person\";");
    snprintf(edited, sizeof(edited), DOCS, "");
    site_policy(&site, "docs", approved);
    site_load_and_approve(&site, "docs", -1);
    place(&site, "category => 'docs', subject => 'phone:+14105550001'");
    site_policy(&site, "a_people",
                "  data: { table = \"public.person\"; start = \"at\"; "
                "};\n  stages = ( { after = \"30 days\"; do = \"deidentify\"; columns = ( { name = "
                "\"phone\"; as = \"nullify\"; } ); } );\n"
                "  brake: { fraction = 1.0; tenant_fraction = 1.0; };\n");
    site_policy(&site, "docs", edited);
    site_load_and_approve(&site, "a_people", -1);
    struct program_result result = site_once(&site, NULL);
    ck_assert_int_ne(result.exit_code, 0);
    ck_assert_msg(strstr(result.err, "category \"a_people\" does not act: a hold covers records of "
                                     "category \"docs\", which are found by rows of "
                                     "\"public.person\""),
                  "%s", result.err);
    program_result_free(&result);
    ck_assert_int_eq(count(&site, "person WHERE phone IS NOT NULL"), 3);
    site_policy(&site, "docs", approved);
    run_twice(&site);
    ck_assert_int_eq(count(&site, "person WHERE phone IS NOT NULL"), 1);
    ck_assert_int_eq(count(&site, "doc"), 1);
    site_free(&site);
}
END_TEST

Suite *suite_engine_kept(void)
{
    Suite *suite = suite_create("engine_kept");
    TCase *tests = tcase_create("kept");
    tcase_set_timeout(tests, 120);
    tcase_add_test(tests, a_child_that_is_the_start);
    tcase_add_test(tests, a_child_that_is_the_subject);
    tcase_add_test(tests, a_dependant_that_is_the_subject);
    tcase_add_test(tests, a_parent_that_is_the_subject);
    tcase_add_test(tests, a_record_being_added_keeps_what_it_reads);
    tcase_add_test(tests, a_record_that_comes_later_waits);
    tcase_add_test(tests, what_a_waiting_text_does_not_name);
    suite_add_tcase(suite, tests);
    return suite;
}
