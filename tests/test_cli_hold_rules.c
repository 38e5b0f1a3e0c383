/* What keeps holds whole, as people meet it: who approves is told what a hold does not reach and
 * how it finds records, what was altered by hand is found, and who may not read what holds name can
 * look at plans all the same. */
#define _GNU_SOURCE
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "cli_fixture.h"

static struct cli_fixture f;

static const char recordings[] =
    "call_recordings: { title = \"Recordings\"; role = \"processor\"; basis = \"x\";\n"
    "  mode = \"enforce\";\n"
    "  data: { table = \"ctm.call_recording\"; start = \"recorded_at\"; tenant = \"account_id\";\n"
    "    subject = ( { column = \"caller\"; kind = \"phone\"; as = \"e164\"; } );\n"
    "    with = ( { table = \"ctm.call_transcript\"; by = [ \"recording_id\" ]; } ); };\n"
    "  stages = ( { name = \"gone\"; after = \"13 months\"; do = \"delete\"; } ); };\n"
    "ungoverned = ( { table = \"ctm.schema_version\"; because = \"no personal data\"; },\n"
    "  { table = \"ctm.dispute\"; because = \"not personal\"; } );\n";

static const char elsewhere[] = "sms_at_carrier: { title = \"Texts at the carrier\"; mode = "
                                "\"declared\"; at = \"Carrier Inc\";\n"
                                "  basis = \"x\"; };\n";

static const char invoices[] =
    "invoices: { title = \"Invoices\"; role = \"controller\"; basis = \"x\"; mode = \"enforce\";\n"
    "  data: { table = \"ctm.invoice\"; start = \"issued\"; };\n"
    "  stages = ( { name = \"gone\"; after = \"10 years\"; do = \"delete\"; } ); };\n";

static PGconn *conn;

static void setup(void)
{
    f = cli_fixture_new();
    conn = cli_fixture_connect(&f);
    db_script(conn, "CREATE TABLE ctm.invoice (invoice_id bigint PRIMARY KEY, issued date)");
    cli_fixture_policy(&f, "recordings.cfg", recordings);
    cli_fixture_policy(&f, "other.cfg", elsewhere);
    cli_fixture_grant(&f);
    free(cli_out(&f, NULL, 0, WORDS("policy", "load")));
    free(cli_out(&f, CLI_APPROVER, 0,
                 WORDS("policy", "approve", "call_recordings", "--expect-due", "10")));
}

static void teardown(void)
{
    PQfinish(conn);
    cli_fixture_free(&f);
}

static void contains(const char *text, const char *part)
{
    ck_assert_msg(strstr(text, part), "\"%s\" is not in:\n%s", part, text);
}

/* A hold of one number in every category; its uuid, caller frees. */
static char *place(void)
{
    json_t *placed = cli_json(&f, CLI_LEGAL, 0,
                              WORDS("hold", "place", "2026-CV-0113", "--reason", "x", "--subject",
                                    "phone:+14105551002", "--confidential"));
    char *hold = strdup(json_string_value(json_object_get(placed, "hold")));
    json_decref(placed);
    return hold;
}

START_TEST(approving_a_gap)
{
    char *hold _cleanup_free_ = place();
    cli_fixture_policy(&f, "invoices.cfg", invoices);
    cli_fixture_grant(&f);
    free(cli_out(&f, NULL, 0, WORDS("policy", "load")));
    char *hint _cleanup_free_ = NULL;
    ck_assert_int_ge(asprintf(&hint, "--accept-gap %s", hold), 0);
    cli_fails(&f, CLI_APPROVER, 1, "it has no subject of kind \"phone\"",
              WORDS("policy", "approve", "invoices"));
    cli_fails(&f, CLI_APPROVER, 1, hint, WORDS("policy", "approve", "invoices"));
    char first[9];
    memcpy(first, hold, 8);
    first[8] = '\0';
    char *out _cleanup_free_ =
        cli_out(&f, CLI_APPROVER, 0, WORDS("policy", "approve", "invoices", "--accept-gap", first));
    contains(out, "How legal holds find the records:");
    contains(out, "subject: none");
    contains(out, "key: invoice_id (bigint)");
    char *log _cleanup_free_ = cli_out(&f, CLI_AUDITOR, 0, WORDS("log", "list", "--type", "gap"));
    contains(log, "invoices");
}
END_TEST

/* A column became another one: how holds find records is approved again, and shown before. */
START_TEST(facts_wait)
{
    db_script(conn,
              "DROP VIEW IF EXISTS ctm.v; ALTER TABLE ctm.call_recording ALTER account_id TYPE "
              "numeric");
    free(cli_out(&f, NULL, 0, WORDS("policy", "load")));
    char *diff _cleanup_free_ = cli_out(&f, NULL, 0, WORDS("policy", "diff"));
    contains(diff, "loaded and waiting for approval");
    contains(diff, "-tenant: of type bigint, in ctm.call_recording.account_id");
    contains(diff, "+tenant: of type numeric, in ctm.call_recording.account_id");
    char *out _cleanup_free_ =
        cli_out(&f, CLI_APPROVER, 0, WORDS("policy", "approve", "call_recordings"));
    contains(out, "+tenant: of type numeric, in ctm.call_recording.account_id");
}
END_TEST

START_TEST(altered_by_hand)
{
    free(place());
    free(cli_out(&f, NULL, 0, WORDS("check")));
    db_exec(conn, "DELETE FROM retention.held_scope");
    cli_fails(&f, NULL, 3, "2 scopes of holds are missing", WORDS("check"));
    int64_t before = db_number(conn, "SELECT count(*) FROM ctm.call_recording");
    struct program_result run = cli_run(&f, NULL, WORDS("run"));
    ck_assert_int_ne(run.exit_code, 0);
    contains(run.err, "what holds cover in category \"call_recordings\" is not what they say");
    program_result_free(&run);
    ck_assert_int_eq(db_number(conn, "SELECT count(*) FROM ctm.call_recording"), before);
    char *status _cleanup_free_ = cli_out(&f, CLI_OPERATOR, 0, WORDS("status"));
    contains(status, "what holds cover was altered");
    cli_fails(&f, CLI_OPERATOR, 1, "may not", WORDS("hold", "mend"));
    char *mended _cleanup_free_ = cli_out(&f, CLI_LEGAL, 0, WORDS("hold", "mend"));
    contains(mended, "Mended in 1 category.");
    free(cli_out(&f, NULL, 0, WORDS("check")));
    free(cli_out(&f, NULL, 0, WORDS("run")));
    ck_assert_int_eq(db_number(conn, "SELECT count(*) FROM ctm.call_recording WHERE caller LIKE "
                                     "'%%1002'"),
                     1);
}
END_TEST

/* Operators, approvers and auditors read no scope of a hold, see the same numbers as the worker,
 * and are told that a record is held, without the matter. */
START_TEST(plans_without_reading_scopes)
{
    free(place());
    char *plan _cleanup_free_ = cli_out(&f, NULL, 0, WORDS("plan"));
    char *explained _cleanup_free_ =
        cli_out(&f, NULL, 0, WORDS("explain", "call_recordings", "1002"));
    contains(explained, "egal hold");
    static const char *const roles[] = {CLI_OPERATOR, CLI_APPROVER, CLI_AUDITOR};
    for (size_t i = 0; i < ARRAY_LENGTH(roles); i++) {
        char *other _cleanup_free_ = cli_out(&f, roles[i], 0, WORDS("plan"));
        ck_assert_str_eq(other, plan);
        char *why _cleanup_free_ =
            cli_out(&f, roles[i], 0, WORDS("explain", "call_recordings", "1002"));
        contains(why, "egal hold");
        ck_assert_ptr_null(strstr(why, "2026-CV-0113"));
        PGconn *as = db_connect(cluster_shared(), f.database, roles[i]);
        ck_assert_str_eq(db_fails(as, "SELECT value FROM retention.held_scope"), "42501");
        ck_assert_str_eq(db_fails(as, "SELECT retention.read_as_reader('call_recordings', 'SELECT "
                                      "value FROM retention.held_scope', '{}')"),
                         "RT011");
        ck_assert_str_eq(db_fails(as, "SELECT retention.run_as_reader('SELECT 1', '{}')"), "42501");
        PQfinish(as);
    }
    cli_fails(&f, CLI_OPERATOR, 2, "The key of category \"call_recordings\": recording_id (bigint)",
              WORDS("explain", "call_recordings", "x"));
}
END_TEST

Suite *suite_cli_hold_rules(void)
{
    Suite *suite = suite_create("cli_hold_rules");
    TCase *tests = tcase_create("rules");
    tcase_set_timeout(tests, 180);
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, approving_a_gap);
    tcase_add_test(tests, facts_wait);
    tcase_add_test(tests, altered_by_hand);
    tcase_add_test(tests, plans_without_reading_scopes);
    suite_add_tcase(suite, tests);
    return suite;
}
