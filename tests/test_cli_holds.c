/* Matters and holds as a lawyer uses them: lists of people, what is printed, second persons. */
#define _GNU_SOURCE
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "cli_fixture.h"

static struct cli_fixture f;

/* Recordings by the caller's number, texts by a numeric customer and a key of two columns, invoices
 * about nobody, and what is with somebody else. */
static const char policies[] =
    "call_recordings: { title = \"Recordings\"; role = \"processor\"; basis = \"x\";\n"
    "  mode = \"enforce\";\n"
    "  data: { table = \"ctm.call_recording\"; start = \"recorded_at\"; tenant = \"account_id\";\n"
    "    subject = ( { column = \"caller\"; kind = \"phone\"; as = \"e164\"; } );\n"
    "    with = ( { table = \"ctm.call_transcript\"; by = [ \"recording_id\" ]; } ); };\n"
    "  stages = ( { name = \"gone\"; after = \"13 months\"; do = \"delete\"; } ); };\n"
    "texts: { title = \"Texts\"; role = \"processor\"; basis = \"x\"; mode = \"enforce\";\n"
    "  data: { table = \"ctm.text_message\"; start = \"sent_at\"; tenant = \"account_id\";\n"
    "    subject = ( { column = \"customer\"; kind = \"customer\"; } ); };\n"
    "  stages = ( { name = \"gone\"; after = \"1 year\"; do = \"delete\"; } ); };\n"
    "invoices: { title = \"Invoices\"; role = \"controller\"; basis = \"x\"; mode = \"enforce\";\n"
    "  data: { table = \"ctm.invoice\"; start = \"issued\"; };\n"
    "  stages = ( { name = \"gone\"; after = \"10 years\"; do = \"delete\"; } ); };\n"
    "ungoverned = ( { table = \"ctm.schema_version\"; because = \"no personal data\"; },\n"
    "  { table = \"ctm.dispute\"; because = \"not personal\"; } );\n";

static const char elsewhere[] = "sms_at_carrier: { title = \"Texts at the carrier\"; mode = "
                                "\"declared\"; at = \"Carrier Inc\";\n"
                                "  basis = \"x\"; };\n";

static const char tables[] =
    "CREATE TABLE ctm.text_message (account_id bigint, number int, customer bigint,"
    "    sent_at timestamptz, PRIMARY KEY (account_id, number));"
    "INSERT INTO ctm.text_message SELECT 1, i, 100 + i, now() - interval '2 years'"
    "    FROM generate_series(1, 5) i;"
    "CREATE TABLE ctm.invoice (invoice_id bigint PRIMARY KEY, issued date);"
    "INSERT INTO ctm.invoice VALUES (1, '2026-01-02');";

static void setup(void)
{
    f = cli_fixture_new();
    PGconn *conn = cli_fixture_connect(&f);
    db_script(conn, tables);
    cli_fixture_policy(&f, "recordings.cfg", policies);
    cli_fixture_policy(&f, "other.cfg", elsewhere);
    cli_fixture_grant(&f);
    free(cli_out(&f, NULL, 0, WORDS("policy", "load")));
    static const char *const names[] = {"call_recordings", "texts", "invoices", "sms_at_carrier"};
    for (size_t i = 0; i < ARRAY_LENGTH(names); i++)
        free(cli_out(&f, CLI_APPROVER, 0,
                     WORDS("policy", "approve", names[i], "--expect-due", "10")));
    PQfinish(conn);
}

static void teardown(void)
{
    cli_fixture_free(&f);
}

#define LEGAL(code, ...)          cli_out(&f, CLI_LEGAL, code, WORDS(__VA_ARGS__))
#define COUNSEL(code, ...)        cli_out(&f, CLI_COUNSEL, code, WORDS(__VA_ARGS__))
#define JSON(code, ...)           cli_json(&f, CLI_LEGAL, code, WORDS(__VA_ARGS__))
#define FAILS(code, message, ...) cli_fails(&f, CLI_LEGAL, code, message, WORDS(__VA_ARGS__))

static void contains(const char *text, const char *part)
{
    ck_assert_msg(strstr(text, part), "\"%s\" is not in:\n%s", part, text);
}

static void contains_not(const char *text, const char *part)
{
    ck_assert_msg(!strstr(text, part), "\"%s\" is in:\n%s", part, text);
}

static int64_t ask(const char *query)
{
    PGconn *conn = cli_fixture_connect(&f);
    int64_t n = db_number(conn, "%s", query);
    PQfinish(conn);
    return n;
}

static char *list_file(const char *name, const char *text)
{
    return file_write(f.directory, name, text);
}

/* A hold of one number; its uuid, caller frees. */
static char *place_one(void)
{
    json_t *placed = JSON(0, "hold", "place", "2026-CV-0113", "--reason", "Doe v. Acme",
                          "--subject", "phone:+14105551002", "--category", "call_recordings");
    char *hold = strdup(json_string_value(json_object_get(placed, "hold")));
    json_decref(placed);
    return hold;
}

/* On a terminal, at which somebody types a line; what is printed, caller frees. */
static char *typed(const char *line, int exit_code, const char *words)
{
    char *conninfo _cleanup_free_ = cluster_conninfo(cluster_shared(), f.database, CLI_LEGAL);
    struct text script _cleanup_text_ = {0};
    text_printf(&script, "echo '%s' | script -qec \"'%s' -c '%s' -d '%s' %s\" /dev/null", line,
                build_path("retentionctl"), f.config, conninfo, words);
    struct program_result r =
        program_run((const char *const[]){"/bin/sh", "-c", script.data, NULL});
    ck_assert_msg(r.exit_code == exit_code, "exit code %d: %s%s", r.exit_code, r.out, r.err);
    free(r.err);
    return r.out;
}

/* One word accepts the gaps that were printed; anything else accepts nothing. */
START_TEST(gaps_accepted_on_a_terminal)
{
    static const char words[] = "hold place 2026-CV-0113 --reason Doe --subject phone:+14105551002";
    char *refused _cleanup_free_ = typed("yes", 5, words);
    contains(refused, "In these 2 categories it cannot reach all that is named;");
    contains(refused, "it has no subject of kind \"phone\":\r\n  invoices texts\r\n");
    contains(refused, "type \"accept\": ");
    contains(refused, "The hold is NOT placed.");
    contains(refused, "not accepted: nothing was done");
    ck_assert_int_eq(ask("SELECT count(*) FROM retention.hold"), 0);
    char *placed _cleanup_free_ = typed("accept", 0, words);
    contains(placed, "Placed, and in force since 20");
    contains(placed, "No worker runs now. Until one does, the hold stands in the database alone");
    ck_assert_int_eq(ask("SELECT count(*) FROM retention.hold WHERE accept_gaps @> "
                         "'{invoices,texts}' AND cardinality(accept_gaps) = 2"),
                     1);
    /* what was accepted by name is not asked for, and stays accepted */
    free(typed("accept", 0,
               "hold place 2026-CV-0114 --reason Doe --subject phone:+14105551002 --accept-gap "
               "texts"));
    ck_assert_int_eq(ask("SELECT count(*) FROM retention.hold WHERE accept_gaps @> "
                         "'{invoices,texts}' AND matter = '2026-CV-0114'"),
                     1);
}
END_TEST

/* The README's five minutes: a matter number and a list of phone numbers. */
START_TEST(a_list_of_phone_numbers)
{
    char *file _cleanup_free_ =
        list_file("phones.txt", "\xef\xbb\xbf(410) 555-1002\r\n\r\n  +1 410 555 1003  \n");
    FAILS(1, "cannot be reached", "hold", "place", "2026-CV-0113", "--reason", "Doe v. Acme",
          "--subjects-from", file, "--subject-kind", "phone");
    struct program_result r =
        cli_run(&f, CLI_LEGAL,
                WORDS("hold", "place", "2026-CV-0113", "--reason", "Doe v. Acme", "--subjects-from",
                      file, "--subject-kind", "phone"));
    contains(r.err, "it has no subject of kind \"phone\"");
    contains(r.err, "run it again with\n--accept-gap invoices,texts\n");
    program_result_free(&r);
    ck_assert_int_eq(ask("SELECT count(*) FROM retention.hold"), 0);
    ck_assert_int_eq(ask("SELECT count(*) FROM retention.matter"), 0);
    char *preview _cleanup_free_ =
        LEGAL(0, "hold", "preview", "--subjects-from", file, "--subject-kind", "phone");
    contains(preview, "If nothing there needs to be held, place it with\n"
                      "--accept-gap invoices,texts\n");

    char *placed _cleanup_free_ =
        LEGAL(0, "hold", "place", "2026-CV-0113", "--reason", "Doe v. Acme", "--subjects-from",
              file, "--subject-kind", "phone", "--accept-gap", "invoices,texts", "--matter-name",
              "Doe v. Acme", "--court-reference", "24-C-26-001");
    contains(placed, "Asking for hold ");
    contains(placed,
             " of matter \"2026-CV-0113\"; it is not placed yet.\nNo matter has this number yet: "
             "the hold opens it.\nPlaced, and in force since 20");
    contains_not(placed, "WARNING");
    contains(placed, "\ncall_recordings         2  ");
    contains(placed, "\ninvoices               no  it has no subject of kind \"phone\"");
    contains(placed, "tell these by hand to keep it:\n  Carrier Inc: category sms_at_carrier");
    contains(placed, "  retentionctl hold release ");
    contains(placed, "A second person must confirm that.\nThe records are then kept for another 30 "
                     "days.\n");
    contains_not(placed, "555");
    contains_not(placed, "no record that this covers");
    ck_assert_int_eq(ask("SELECT count(*) FROM retention.hold_subject"), 2);

    char *list _cleanup_free_ = LEGAL(0, "hold", "list");
    contains(list, "2026-CV-0113");
    contains(list, "in force");
    char *matter _cleanup_free_ = LEGAL(0, "matter", "show", "2026-CV-0113");
    contains(matter, "Matter 2026-CV-0113, Doe v. Acme\nCourt reference 24-C-26-001\n");
    char *none _cleanup_free_ = LEGAL(0, "hold", "list", "--matter", "other");
    contains(none, "No hold is in force.");

    free(cli_out(&f, NULL, 0, WORDS("run", "call_recordings")));
    ck_assert_int_eq(
        ask("SELECT count(*) FROM ctm.call_recording WHERE recording_id IN (1002, 1003)"), 2);
    ck_assert_int_eq(ask("SELECT count(*) FROM ctm.call_recording WHERE recording_id = 1006"), 0);
}
END_TEST

/* Some of the list are in no record: perhaps a slip of the pen, perhaps still to come. */
START_TEST(some_of_a_list_are_nowhere)
{
    char *file _cleanup_free_ =
        list_file("phones.txt", "(410) 555-1002\n+1 410 555 7002\n\n4105551003\n410-555-7004\n");
    char *placed _cleanup_free_ =
        LEGAL(0, "hold", "place", "M", "--reason", "x", "--subjects-from", file, "--subject-kind",
              "phone", "--accept-gap", "invoices,texts");
    char *words _cleanup_free_ = NULL;
    ck_assert_int_gt(
        asprintf(&words,
                 "\n2 of the 4 subjects have no record that this covers today. They are "
                 "held like the others: what\ncomes later with them is covered. To look "
                 "at how they are written:\n  %s, line 2, 5\n",
                 file),
        0);
    contains(placed, words);
    contains_not(placed, "555");
    json_t *told = JSON(0, "hold", "place", "M", "--reason", "x", "--subjects-from", file,
                        "--subject-kind", "phone", "--accept-gap", "invoices,texts");
    const json_t *places = json_object_get(told, "subjects_without_records");
    ck_assert_uint_eq(json_array_size(places), 2);
    ck_assert_int_eq(json_integer_value(json_object_get(json_array_get(places, 1), "line")), 5);
    json_decref(told);
}
END_TEST

/* Every wrong line is named, by where it stands; no value is, and nothing is placed. */
START_TEST(all_wrong_lines_at_once)
{
    char *file _cleanup_free_ = list_file(
        "phones.txt", "+14105551002\n# a comment\nnobody\nn/a\n\xff\xfe\n+14105551003\nsecret\n");
    struct program_result r = cli_run(&f, CLI_LEGAL,
                                      WORDS("hold", "place", "m", "--reason", "x",
                                            "--subjects-from", file, "--subject-kind", "phone"));
    ck_assert_int_eq(r.exit_code, 2);
    contains(r.err, "phones.txt:2: the line begins with \"#\"");
    contains(r.err, "phones.txt:5: the line is not valid UTF-8");
    contains(r.err, "retentionctl: 2 of 7 values are wrong: nothing was done");
    program_result_free(&r);

    free(list_file("phones.txt", "+14105551002\nnobody\nn/a\n\n+14105551003\nsecret\n"));
    r = cli_run(&f, CLI_LEGAL,
                WORDS("hold", "place", "m", "--reason", "x", "--subjects-from", file,
                      "--subject-kind", "phone"));
    ck_assert_int_eq(r.exit_code, 2);
    contains(r.err, "phones.txt:2: this is no phone number");
    contains(r.err, "phones.txt:3: ");
    contains(r.err, "phones.txt:6: ");
    contains(r.err, "3 of 5 values are wrong");
    contains_not(r.err, "secret");
    contains_not(r.err, "nobody");
    program_result_free(&r);

    free(list_file("mixed.txt", "phone:+14105551002\ncustomer:101\ncustomer:x\nemail:a@b\n:1\n"));
    char *mixed _cleanup_free_ = list_file("mixed.txt", "phone:+14105551002\ncustomer:101\n"
                                                        "customer:x\nemail:a@b\n");
    r = cli_run(&f, CLI_LEGAL, WORDS("hold", "preview", "--subjects-from", mixed));
    contains(r.err, "mixed.txt:3: a value of kind \"customer\" cannot look like this");
    contains(r.err, "mixed.txt:4: no category has subjects of this kind");
    contains(r.err, "The database has them as whole numbers.");
    contains(r.err, "Kinds that are known: customer, phone.");
    program_result_free(&r);

    json_t *document = JSON(2, "hold", "place", "m", "--reason", "x", "--subjects-from", file,
                            "--subject-kind", "phone");
    json_t *error = json_object_get(document, "error");
    ck_assert_int_eq(json_integer_value(json_object_get(error, "exit")), 2);
    json_decref(document);

    free(list_file("phones.txt", "\n\r\n"));
    FAILS(2, "the file holds no value", "hold", "place", "m", "--reason", "x", "--subjects-from",
          file, "--subject-kind", "phone");
    FAILS(2, "could not open", "hold", "place", "m", "--reason", "x", "--subjects-from", "/none");
    FAILS(2, "it is not said what kind of subject", "hold", "place", "m", "--reason", "x",
          "--subject", "+14105551002");
    FAILS(2, "--subject:2: there is a kind of subject, and no value", "hold", "place", "m",
          "--reason", "x", "--subject", "phone:1", "--subject", "phone: ");
    FAILS(2, "is for the values of --subjects-from", "hold", "place", "m", "--reason", "x",
          "--subject-kind", "phone");
    FAILS(2, "cannot both read standard input", "hold", "place", "m", "--reason", "x",
          "--subjects-from", "-", "--keys-from", "-");
    ck_assert_int_eq(ask("SELECT count(*) FROM retention.hold"), 0);
}
END_TEST

/* Numbers of which it is not certain whose they are: each with its line, and what to write. */
START_TEST(phone_numbers_must_be_whole)
{
    char *file _cleanup_free_ = list_file(
        "phones.txt", "+14105551002 x12\n555-1003\ncall me\n410-555-1002 or 410-555-1003\n");
    struct program_result r = cli_run(&f, CLI_LEGAL,
                                      WORDS("hold", "place", "m", "--reason", "x",
                                            "--subjects-from", file, "--subject-kind", "phone"));
    ck_assert_int_eq(r.exit_code, 2);
    contains(r.err, "phones.txt:2: this is no whole phone number, or more than one");
    contains(r.err, "phones.txt:3: this is no phone number");
    contains(r.err, "phones.txt:4: this is no whole phone number, or more than one");
    contains(r.err, "Write one number with its country, such as +14105550100");
    contains(r.err, "3 of 4 values are wrong: nothing was done");
    contains_not(r.err, "call me");
    program_result_free(&r);
    /* from other programs, too, and where no category is named */
    PGconn *conn = cli_fixture_connect(&f);
    PGresult *result = PQexec(conn, "SELECT retention.place_hold('m', 'x', subject => "
                                    "'phone:555-1003', accept_gaps => '{texts,invoices}')");
    contains(PQresultErrorMessage(result),
             "the subject is no whole phone number; write it with its country: +14105550100");
    PQclear(result);
    /* a record with such a number may be anybody's: any hold by phone numbers covers it */
    db_exec(conn, "UPDATE ctm.call_recording SET caller = '555-1006' WHERE recording_id = 1006");
    PQfinish(conn);
    free(place_one());
    free(cli_out(&f, NULL, 0, WORDS("run", "call_recordings")));
    ck_assert_int_eq(
        ask("SELECT count(*) FROM ctm.call_recording WHERE recording_id IN (1002, 1006)"), 2);
}
END_TEST

/* What matches nothing may be misspelled: it is placed, and said. */
START_TEST(nothing_matches)
{
    const char *const scope[] = {"--subject", "phone:+14105559999", "--category", "call_recordings",
                                 NULL};
    char *preview _cleanup_free_ =
        LEGAL(0, "hold", "preview", scope[0], scope[1], scope[2], scope[3]);
    contains(preview, "\ncall_recordings           0  0 records now\n");
    contains(preview, "WARNING: nothing in the database matches this today. Check the spelling");
    char *placed _cleanup_free_ =
        LEGAL(0, "hold", "place", "m", "--reason", "x", scope[0], scope[1], scope[2], scope[3]);
    contains(placed, "Placed, and in force since 20");
    contains(placed, "\ncall_recordings         0  0 records now\n");
    contains(placed, "WARNING: nothing in the database matches this today. Check the spelling");
    json_t *document = JSON(0, "hold", "preview", scope[0], scope[1], scope[2], scope[3]);
    ck_assert(json_is_true(json_object_get(document, "matches_nothing")));
    json_decref(document);
}
END_TEST

/* Who keeps the gate does not let go: the hold is not placed, and it is said who, and what to do.
 */
static void expect_kept_by(const char *who)
{
    struct program_result r =
        cli_run(&f, CLI_LEGAL,
                WORDS("hold", "place", "m", "--reason", "x", "--tenant", "1", "--category", "texts",
                      "--hold", "11111111-2222-4333-8444-555555555555"));
    ck_assert_int_eq(r.exit_code, 1);
    contains(r.out,
             "Asking again for hold 11111111-2222-4333-8444-555555555555 of matter \"m\"; it "
             "is not placed yet.\nThe hold is NOT placed.\n");
    contains(r.err, "no hold is placed, changed or released, because another transaction kept");
    contains(r.err, who);
    contains(r.err, "ask the operator to stop the deletion runs (\"retentionctl stop --now\")");
    program_result_free(&r);
    ck_assert_int_eq(ask("SELECT count(*) FROM retention.hold"), 0);
}

START_TEST(the_gate_is_kept)
{
    PGconn *keeper = cli_fixture_connect(&f);
    db_exec(keeper, "ALTER FUNCTION retention.close_hold_gate() SET lock_timeout = '100ms'");
    db_exec(keeper, "BEGIN");
    db_exec(keeper, "LOCK TABLE retention.hold_gate IN ROW SHARE MODE");
    char who[200];
    snprintf(who, sizeof(who),
             "Server process %lld (role \"postgres\") keeps it: a transaction that "
             "has not ended.",
             (long long)db_number(keeper, "SELECT pg_backend_pid()"));
    expect_kept_by(who);
    /* no process is behind a prepared one */
    db_exec(keeper, "PREPARE TRANSACTION 'payroll''s'");
    expect_kept_by("The prepared transaction 'payroll''s' (role \"postgres\") keeps it: PREPARE "
                   "TRANSACTION came, and neither COMMIT PREPARED nor ROLLBACK PREPARED.");
    db_exec(keeper, "ROLLBACK PREPARED 'payroll''s'");
    PQfinish(keeper);
}
END_TEST

START_TEST(keys_of_one_and_of_several_columns)
{
    FAILS(2, "no category is", "hold", "place", "m", "--reason", "x", "--key", "1002");
    FAILS(2, "--key: the value is not of the type of column \"recording_id\"", "hold", "place", "m",
          "--reason", "x", "--key", "x", "--category", "call_recordings");
    char *file _cleanup_free_ = list_file("keys.txt", "1,1\n1\t2\r\n\n1\n1,x\n");
    FAILS(2, "keys.txt:4: the key of category \"texts\" has 2 columns", "hold", "place", "m",
          "--reason", "x", "--keys-from", file, "--category", "texts");
    free(list_file("keys.txt", "1,1\n1\t2\r\n\n1,x\n"));
    FAILS(2, "keys.txt:4: the value is not of the type of column \"number\"", "hold", "place", "m",
          "--reason", "x", "--keys-from", file, "--category", "texts");
    free(list_file("keys.txt", "1,1\n1\t2\r\n\n"));
    char *placed _cleanup_free_ = LEGAL(0, "hold", "place", "m", "--reason", "x", "--keys-from",
                                        file, "--key", "1,3", "--category", "texts");
    contains(placed, "\ntexts            3  ");
    FAILS(2, "Perhaps \"call_recordings\"", "hold", "preview", "--key", "1", "--category",
          "call_recording");
}
END_TEST

/* All records of a category, as the message that asks for a scope says. */
START_TEST(a_whole_category)
{
    FAILS(2, "say --everything, for all records of category \"call_recordings\"", "hold", "place",
          "m", "--reason", "x", "--category", "call_recordings");
    free(LEGAL(0, "hold", "preview", "--category", "call_recordings", "--everything"));
    free(LEGAL(0, "hold", "place", "m", "--reason", "x", "--category", "call_recordings",
               "--everything"));
}
END_TEST

START_TEST(days_and_times)
{
    static const char *const bad[] = {
        "2026-02-29",           "yesterday", "2026-1-1",  "2026-01-31 25:00",
        "2026-01-31 10:00 CET", "infinity",  "31.01.2026"};
    for (size_t i = 0; i < ARRAY_LENGTH(bad); i++)
        FAILS(2, "--from wants a day or a time", "hold", "preview", "--from", bad[i]);
    FAILS(2, "--review-by wants a day", "hold", "place", "m", "--reason", "x", "--everything",
          "--review-by", "2026-01-31 10:00");
    FAILS(2, "Perhaps \"regulator\"", "hold", "place", "m", "--reason", "x", "--everything",
          "--kind", "regulater");
    FAILS(2, "--everything excludes", "hold", "place", "m", "--reason", "x", "--everything",
          "--tenant", "1");
    FAILS(2, "this stops all deletion: say --yes", "hold", "place", "m", "--reason", "x",
          "--everything");
    FAILS(2, "--hold wants a whole uuid", "hold", "place", "m", "--reason", "x", "--everything",
          "--hold", "12");
    free(LEGAL(0, "hold", "place", "m", "--reason", "x", "--from", "2026-02-28", "--to",
               "2026-02-28", "--category", "invoices"));
    free(LEGAL(0, "hold", "place", "m", "--reason", "x", "--from", "2025-12-31T23:30:00Z", "--to",
               "2025-12-31", "--category", "invoices"));
    free(LEGAL(0, "hold", "place", "m", "--reason", "x", "--from", "2026-01-31 10:00", "--to",
               "2026-01-31 10:00-05:30", "--category", "invoices"));
    ck_assert_int_eq(ask("SELECT count(*) FROM retention.hold_part WHERE (starts_from, starts_to) "
                         "IN (('2026-02-28 00:00Z', '2026-03-01 00:00Z'), "
                         "('2025-12-31 23:30Z', '2026-01-01 00:00Z'), "
                         "('2026-01-31 10:00Z', '2026-01-31 15:30Z'))"),
                     3);
}
END_TEST

/* The same uuid places one hold; another scope under it is refused. */
START_TEST(a_call_is_repeated_safely)
{
    static const char uuid[] = "11111111-2222-4333-8444-555555555555";
    for (int i = 0; i < 2; i++)
        free(LEGAL(0, "hold", "place", "m", "--reason", "x", "--tenant", "1", "--category", "texts",
                   "--hold", uuid));
    ck_assert_int_eq(ask("SELECT count(*) FROM retention.hold"), 1);
    ck_assert_int_eq(ask("SELECT count(*) FROM retention.hold_part"), 1);
    FAILS(1, "was placed before, with other arguments", "hold", "place", "m", "--reason", "x",
          "--tenant", "2", "--category", "texts", "--hold", uuid);
}
END_TEST

START_TEST(two_persons_release)
{
    char *hold _cleanup_free_ = place_one();
    char digits[9];
    snprintf(digits, sizeof(digits), "%.8s", hold);
    FAILS(2, "is no hold's uuid", "hold", "release", "the-first", "--reason", "x");
    char *holds _cleanup_free_ = NULL;
    ck_assert_int_gt(asprintf(&holds, "It is a matter, whose holds are %s (in force).", digits), 0);
    FAILS(2, holds, "hold", "release", "2026-CV-0113", "--reason", "x");
    FAILS(1, "there is no hold \"ffffffffffffffff\"", "hold", "release", "ffffffffffffffff",
          "--reason", "x");
    char *asked _cleanup_free_ = LEGAL(0, "hold", "release", digits, "--reason", "settled");
    char *words _cleanup_free_ = NULL;
    ck_assert_int_gt(asprintf(&words,
                              "waits for a second person, who runs:\n  retentionctl hold "
                              "confirm %s --reason TEXT --yes\n",
                              digits),
                     0);
    contains(asked, words);
    char *again _cleanup_free_ = LEGAL(0, "hold", "release", digits, "--reason", "settled");
    contains(again, "waits for a second person");
    char *list _cleanup_free_ = COUNSEL(0, "hold", "list");
    contains(list, "release waits");
    contains(list, "Waiting for a second person");
    FAILS(1, "Another role must confirm it", "hold", "confirm", digits, "--reason", "x", "--yes");
    cli_fails(&f, CLI_COUNSEL, 2, "this ends what a hold keeps: say --yes",
              WORDS("hold", "confirm", digits, "--reason", "x"));
    cli_fails(&f, CLI_COUNSEL, 2, "this ends what a hold keeps: say --yes",
              WORDS("hold", "release", digits, "--reason", "x"));
    char *withdrawn _cleanup_free_ =
        COUNSEL(0, "hold", "withdraw", digits, "--reason", "too early");
    contains(withdrawn, "keeps all that it kept");
    FAILS(1, "there is no waiting request", "hold", "withdraw", digits, "--reason", "x");

    json_t *requested = JSON(0, "hold", "release", digits, "--reason", "settled");
    ck_assert_str_eq(json_string_value(json_object_get(requested, "state")), "requested");
    const char *request = json_string_value(json_object_get(requested, "request"));
    char *done _cleanup_free_ = COUNSEL(0, "hold", "confirm", request, "--reason", "yes", "--yes");
    contains(done, "is released. It keeps its records until 20");
    json_decref(requested);
    char *list2 _cleanup_free_ = LEGAL(0, "hold", "list");
    contains(list2, "in its grace");
    char *show _cleanup_free_ = LEGAL(0, "hold", "show", digits, "--no-count");
    contains(show, "in its grace, keeps its records until ");
    contains(show, "Reason          Doe v. Acme");
    contains(show, " by " CLI_LEGAL "\n  because         settled\n  Confirmed       20");
    contains(show, " by " CLI_COUNSEL "\n  because         yes\n");
    json_t *shown = JSON(0, "hold", "show", digits, "--no-count");
    const json_t *of = json_object_get(shown, "hold");
    ck_assert_str_eq(json_string_value(json_object_get(of, "release_requested_by")), CLI_LEGAL);
    ck_assert_str_eq(json_string_value(json_object_get(of, "release_reason")), "settled");
    ck_assert_str_eq(json_string_value(json_object_get(of, "released_by")), CLI_COUNSEL);
    ck_assert_str_eq(json_string_value(json_object_get(of, "release_confirm_reason")), "yes");
    json_decref(shown);
    char *to_operator _cleanup_free_ =
        cli_out(&f, CLI_OPERATOR, 0, WORDS("hold", "show", digits, "--no-count"));
    contains(to_operator, "Release asked   20");
    contains_not(to_operator, "settled");
    contains_not(to_operator, "because");
    FAILS(1, "is released", "hold", "release", digits, "--reason", "x", "--yes");

    char *closed _cleanup_free_ = LEGAL(0, "matter", "close", "2026-CV-0113", "--reason", "over");
    contains(closed, "Matter 2026-CV-0113 is closed");
    char *open _cleanup_free_ = LEGAL(0, "matter", "list");
    contains(open, "No matter is open.");
    char *all _cleanup_free_ = LEGAL(0, "matter", "list", "--all");
    contains(all, "closed");
    FAILS(1, "the matter is closed", "hold", "place", "2026-CV-0113", "--reason", "x", "--tenant",
          "1", "--category", "texts");
}
END_TEST

START_TEST(extend_and_narrow)
{
    char *hold _cleanup_free_ = place_one();
    FAILS(2, "nothing says which more records to hold", "hold", "extend", hold, "--reason", "x");
    char *extended _cleanup_free_ = LEGAL(0, "hold", "extend", hold, "--reason", "new witness",
                                          "--subject", "phone:4105551003");
    contains(extended, "now has part 2, too.");
    contains(extended, "\ncall_recordings         2  ");
    FAILS(2, "nothing says what the hold is to give up", "hold", "narrow", hold, "--reason", "x");
    FAILS(1, "--subject:2: the subject is none of the hold", "hold", "narrow", hold, "--reason",
          "x", "--subject", "phone:4105551003", "--subject", "phone:+14105559999");
    char *asked _cleanup_free_ =
        LEGAL(0, "hold", "narrow", hold, "--reason", "no witness", "--part", "2");
    contains(asked, "The narrowing of hold ");
    char *listed _cleanup_free_ = COUNSEL(0, "hold", "list");
    contains(listed, "because \"no witness\"\n  It gives up part 2 of hold ");
    char *done _cleanup_free_ = COUNSEL(0, "hold", "confirm", hold, "--reason", "ok", "--yes");
    contains(done, "is narrowed");
    char *shown _cleanup_free_ = LEGAL(0, "hold", "show", hold, "--values");
    contains(shown, "phone  +14105551002  no");
    contains(shown, "phone  4105551003    yes");
    contains(shown, "new witness");
    FAILS(2, "--part wants the number of a part", "hold", "narrow", hold, "--reason", "x", "--part",
          "two");
}
END_TEST

/* Who confirms sees whom it is about, and why; who misspells sees that. */
START_TEST(the_second_person_sees_what_ends)
{
    char *first _cleanup_free_ = place_one();
    char *extended _cleanup_free_ =
        LEGAL(0, "hold", "extend", first, "--reason", "more", "--subject", "phone:4105557001",
              "--subject", "phone:4105557002");
    contains(extended, "2 of the 2 subjects have no record that this covers today.");
    free(LEGAL(0, "hold", "narrow", first, "--reason", "a slip", "--subject", "phone:4105557001"));
    char *shown _cleanup_free_ = COUNSEL(0, "hold", "show", first);
    contains(shown, "because \"a slip\"\n  It gives up 1 of its subjects and keys");
    contains_not(shown, "7001");
    char *named _cleanup_free_ = COUNSEL(0, "hold", "show", first, "--values");
    contains(named, "It gives up 1 of the subjects and keys of hold ");
    contains(named, ":\n    phone:4105557001\n");
    char *document _cleanup_free_ = COUNSEL(0, "--json", "hold", "list");
    contains(document, "\"reason\": \"a slip\"");
    char *auditor _cleanup_free_ = cli_out(&f, CLI_AUDITOR, 0, WORDS("hold", "list"));
    contains_not(auditor, "a slip");
    char *done _cleanup_free_ = COUNSEL(0, "hold", "confirm", first, "--reason", "ok", "--yes");
    contains(done, "phone:4105557001\n");

    char *again _cleanup_free_ =
        LEGAL(0, "hold", "place", "2026-CV-O113", "--reason", "x", "--subject", "phone:4105551002",
              "--category", "call_recordings");
    contains(again, "No matter has this number yet: the hold opens it. The nearest there is: "
                    "\"2026-CV-0113\".\n");
    char *known _cleanup_free_ =
        LEGAL(0, "hold", "place", "2026-CV-0113", "--reason", "x", "--subject", "phone:4105551002",
              "--category", "call_recordings");
    contains_not(known, "opens it");
}
END_TEST

/* Who is not of legal sees that there is a hold, and nothing of the matter. */
START_TEST(others_see_no_matter)
{
    char *hold _cleanup_free_ = place_one();
    static const char *const users[] = {CLI_AUDITOR, CLI_OPERATOR, CLI_APPROVER, CLI_WORKER};
    for (size_t i = 0; i < ARRAY_LENGTH(users); i++) {
        char *list _cleanup_free_ = cli_out(&f, users[i], 0, WORDS("hold", "list"));
        contains(list, "call_recordings");
        contains_not(list, "matter");
        char *show _cleanup_free_ = cli_out(&f, users[i], 0, WORDS("hold", "show", hold));
        contains_not(show, "Doe");
        char *status _cleanup_free_ = cli_out(&f, users[i], 0, WORDS("status"));
        contains(status, "1 legal hold is in force.");
        json_t *document = cli_json(&f, users[i], 0, WORDS("hold", "list"));
        json_t *first = json_array_get(json_object_get(document, "holds"), 0);
        ck_assert_ptr_null(json_object_get(first, "matter"));
        ck_assert_ptr_null(json_object_get(first, "reason"));
        json_decref(document);
        cli_fails(&f, users[i], 1, "Members of retention_legal may",
                  WORDS("hold", "release", hold, "--reason", "x", "--yes"));
        /* before anything is asked */
        cli_fails(&f, users[i], 1, "Members of retention_legal may",
                  WORDS("hold", "place", "m", "--reason", "x", "--everything"));
        cli_fails(&f, users[i], 1, "Members of retention_legal may",
                  WORDS("hold", "show", hold, "--values"));
        cli_fails(&f, users[i], 1, "Members of retention_legal may", WORDS("matter", "list"));
        cli_fails(&f, users[i], 1, "Members of retention_legal may",
                  WORDS("hold", "list", "--matter", "2026-CV-0113"));
        cli_fails(
            &f, users[i], 1, "Members of retention_legal may",
            WORDS("hold", "place", "m", "--reason", "x", "--tenant", "1", "--category", "texts"));
    }
}
END_TEST

/* Tens of thousands of people in one hold, in one transaction. */
START_TEST(a_long_list)
{
    struct text text _cleanup_text_ = {0};
    for (int i = 0; i < 30000; i++)
        text_printf(&text, "+1416%07d\n", i);
    text_add(&text, "+14105551002\n+14105551002\n");
    char *file _cleanup_free_ = list_file("phones.txt", text.data);
    json_t *placed = JSON(0, "hold", "place", "m", "--reason", "x", "--subjects-from", file,
                          "--subject-kind", "phone", "--category", "call_recordings");
    json_t *row = json_array_get(json_object_get(placed, "categories"), 0);
    ck_assert_str_eq(json_string_value(json_object_get(row, "category")), "call_recordings");
    ck_assert_int_eq(json_integer_value(json_object_get(row, "rows")), 1);
    ck_assert_ptr_nonnull(json_object_get(placed, "in_force_at"));
    json_decref(placed);
    ck_assert_int_eq(ask("SELECT count(*) FROM retention.hold_subject"), 30001);
    ck_assert_int_eq(ask("SELECT count(DISTINCT xmin::text) FROM retention.hold_subject"), 1);
}
END_TEST

/* Nothing of the list is in the server's log, nor in what the processes of the machine are called.
 */
START_TEST(subjects_stay_out_of_logs)
{
    char *file _cleanup_free_ = list_file("phones.txt", "+14105551002\n+14105559876\n");
    PGconn *conn = cli_fixture_connect(&f);
    db_exec(conn, "ALTER ROLE " CLI_LEGAL " SET log_statement = 'all'");
    db_exec(conn, "ALTER ROLE " CLI_LEGAL " SET log_parameter_max_length = 0");
    free(LEGAL(0, "hold", "place", "m", "--reason", "x", "--subjects-from", file, "--subject-kind",
               "phone", "--category", "call_recordings", "--confidential"));
    db_exec(conn, "ALTER ROLE " CLI_LEGAL " RESET ALL");
    PQfinish(conn);
    char *log _cleanup_free_ = file_read(cluster_log_file(cluster_shared()));
    contains(log, "retention.place_hold");
    contains_not(log, "14105559876");
    char *status _cleanup_free_ = LEGAL(0, "status", "--holds");
    contains(status, "1 legal hold is in force.");
    contains_not(status, "matter m");
    contains_not(status, "9876");
}
END_TEST

/* The gate is kept, the command waits for it, and its connection is cut: it goes on over a new one
 * with the same uuid. Cut once more, it says how to repeat it by hand. */
START_TEST(the_connection_is_lost)
{
    char *as _cleanup_free_ = cluster_conninfo(cluster_shared(), f.database, CLI_LEGAL);
    char *errors _cleanup_free_ = NULL;
    ck_assert_int_gt(asprintf(&errors, "%s/errors", f.directory), 0);
    const char *const argv[] = {"retentionctl", "-c",    f.config,   "-d", as,         "hold",
                                "place",        "m",     "--reason", "x",  "--tenant", "1",
                                "--category",   "texts", "--json",   NULL};
    PGconn *keeper = cli_fixture_connect(&f), *conn = cli_fixture_connect(&f);
    for (int cuts = 1; cuts <= 2; cuts++) {
        db_exec(keeper, "BEGIN");
        db_exec(keeper, "LOCK TABLE retention.hold_gate IN ROW SHARE MODE");
        pid_t pid = program_start(argv, NULL, errors);
        int64_t before = 0;
        for (int cut = 0; cut < cuts; cut++) {
            db_wait_until(conn,
                          "SELECT count(*) = 1 FROM pg_locks WHERE relation = "
                          "'retention.hold_gate'::regclass AND NOT granted AND pid <> %lld",
                          (long long)before);
            before = db_number(conn, "SELECT pid FROM pg_locks WHERE relation = "
                                     "'retention.hold_gate'::regclass AND NOT granted");
            db_exec(conn, "SELECT pg_terminate_backend(%lld)", (long long)before);
        }
        db_exec(keeper, "ROLLBACK");
        ck_assert_int_eq(program_wait(pid), cuts == 1 ? 0 : 1);
        ck_assert_int_eq(db_number(conn, "SELECT count(*) FROM retention.hold"), 1);
    }
    PQfinish(keeper);
    PQfinish(conn);
}
END_TEST

START_TEST(status_tells_what_waits)
{
    char *hold _cleanup_free_ = NULL;
    json_t *placed =
        JSON(0, "hold", "place", "2026-CV-0113", "--reason", "x", "--subject", "phone:+14105551002",
             "--accept-gap", "texts", "--accept-gap", "invoices", "--review-by", "2020-01-31");
    hold = strdup(json_string_value(json_object_get(placed, "hold")));
    json_decref(placed);
    free(LEGAL(0, "hold", "release", hold, "--reason", "settled"));
    char *status _cleanup_free_ = LEGAL(0, "status", "--holds");
    contains(status, "1 legal hold is in force.");
    contains(status, "(matter 2026-CV-0113): its release waits for a second person since ");
    contains(status, "it was to be reviewed by 2020-01-31");
    contains(status, "it does not reach, or not wholly: invoices, ");
    contains(status, " (matter 2026-CV-0113)  call_recordings        1\n");
    json_t *document = cli_json(&f, CLI_AUDITOR, 0, WORDS("status"));
    json_t *holds = json_object_get(document, "holds");
    ck_assert_uint_eq(json_array_size(json_object_get(holds, "in_force")), 1);
    ck_assert_uint_eq(json_array_size(json_object_get(holds, "waiting")), 1);
    ck_assert(json_is_true(
        json_object_get(json_array_get(json_object_get(holds, "in_force"), 0), "review_over")));
    json_decref(document);
    char *list _cleanup_free_ = LEGAL(0, "hold", "list");
    contains(list, "2020-01-31 (over)");
}
END_TEST

/* The main file's rules: stricter ones count at once, weaker ones when another role approves. */
START_TEST(rules_of_the_main_file)
{
    char *rules _cleanup_free_ = LEGAL(0, "hold", "rules");
    ck_assert_str_eq(rules, "Releasing or narrowing a hold takes two persons.\n"
                            "A hold that is released keeps its records for another 30 days.\n");
    char *main_file _cleanup_free_ = file_read(f.config), *weaker _cleanup_free_ = NULL;
    ck_assert_int_gt(
        asprintf(&weaker, "%sholds: { dual_control = false; grace = \"0 days\"; };\n", main_file),
        0);
    free(file_write(f.directory, "retentiond.cfg", weaker));
    free(cli_out(&f, NULL, 0, WORDS("run")));
    char *waiting _cleanup_free_ = LEGAL(0, "hold", "rules");
    contains(waiting, "takes two persons.");
    contains(waiting, "holds.dual_control = false, holds.grace = \"00:00:00\" (role cli_worker).");
    char *status _cleanup_free_ = LEGAL(0, "status");
    contains(status, "Weaker rules of holds wait for approval");
    struct program_result check = cli_run(&f, NULL, WORDS("check"));
    contains(check.err, "weaker rules of holds wait for approval");
    program_result_free(&check);
    FAILS(1, "Members of retention_approver may", "hold", "rules", "--approve");
    char *approved _cleanup_free_ =
        cli_out(&f, CLI_APPROVER, 0, WORDS("hold", "rules", "--approve"));
    ck_assert_str_eq(approved, "Releasing or narrowing a hold takes one person.\n"
                               "A hold that is released keeps nothing from then on.\n");
    cli_fails(&f, CLI_APPROVER, 1, "no rules of holds await approval",
              WORDS("hold", "rules", "--approve"));
    char *hold _cleanup_free_ = place_one();
    FAILS(2, "say --yes", "hold", "release", hold, "--reason", "settled");
    char *released _cleanup_free_ = LEGAL(0, "hold", "release", hold, "--reason", "ok", "--yes");
    contains(released, "is released.");
    char *none _cleanup_free_ = LEGAL(0, "hold", "list");
    contains(none, "No hold is in force.");
    /* back to the stricter ones: at once */
    free(file_write(f.directory, "retentiond.cfg", main_file));
    free(cli_out(&f, NULL, 0, WORDS("run", "invoices")));
    char *strict _cleanup_free_ = LEGAL(0, "hold", "rules");
    ck_assert_str_eq(strict, rules);
}
END_TEST

static json_int_t number(const json_t *object, const char *name)
{
    return json_integer_value(json_object_get(object, name));
}

START_TEST(plan_and_explain_name_holds)
{
    char *hold _cleanup_free_ = place_one(), *named _cleanup_free_ = NULL;
    free(LEGAL(0, "hold", "extend", hold, "--reason", "x", "--key", "1001"));
    ck_assert_int_gt(asprintf(&named, "Legal hold %.8s keeps it:", hold), 0);
    char *due _cleanup_free_ = cli_out(&f, NULL, 0, WORDS("explain", "call_recordings", "1002"));
    contains(due, "It has been due since ");
    contains(due, named);
    char *not_due _cleanup_free_ =
        cli_out(&f, NULL, 0, WORDS("explain", "call_recordings", "1001"));
    contains(not_due, "Its period is not over");
    contains(not_due, named);
    contains_not(not_due, "deletes it");
    char *matter _cleanup_free_ =
        cli_out(&f, "postgres", 0, WORDS("explain", "call_recordings", "1002"));
    contains(matter, "(matter 2026-CV-0113) keeps it");
    char *free_one _cleanup_free_ =
        cli_out(&f, NULL, 0, WORDS("explain", "call_recordings", "1006"));
    contains(free_one, "Legal hold      none");

    json_t *plan = cli_json(&f, NULL, 0, WORDS("plan", "call_recordings", "--holds"));
    json_t *row = json_array_get(json_object_get(plan, "categories"), 0);
    ck_assert_int_eq(number(row, "held"), 1);
    json_t *holds = json_object_get(plan, "holds");
    ck_assert_uint_eq(json_array_size(holds), 1);
    ck_assert_int_eq(number(json_array_get(holds, 0), "rows"), 2);
    ck_assert_str_eq(json_string_value(json_object_get(json_array_get(holds, 0), "hold")), hold);
    ck_assert_ptr_null(json_object_get(json_array_get(holds, 0), "matter"));
    json_decref(plan);
    char *people _cleanup_free_ =
        cli_out(&f, "postgres", 0, WORDS("plan", "call_recordings", "--holds"));
    contains(people, "records kept, due or not");
    contains(people, "2026-CV-0113  call_recordings");
}
END_TEST

START_TEST(inventories_are_compared)
{
    char *hold _cleanup_free_ = place_one();
    free(LEGAL(0, "hold", "extend", hold, "--reason", "x", "--subject", "phone:+14105551003"));
    cli_fails(&f, NULL, 1, "the log has no key for digests yet", WORDS("hold", "inventory", hold));
    free(cli_out(&f, NULL, 0, WORDS("run")));
    char *first _cleanup_free_ = cli_out(&f, NULL, 0, WORDS("hold", "inventory", hold));
    contains(first, "covers 2 records now.");
    contains(first, "This is the first inventory of this hold.");
    json_t *second = cli_json(&f, NULL, 0, WORDS("hold", "inventory", hold));
    ck_assert_int_eq(number(second, "rows"), 2);
    ck_assert(json_is_true(json_object_get(json_object_get(second, "last"), "same")));
    const char *root = json_string_value(json_object_get(second, "root"));
    ck_assert_uint_eq(strlen(root), 64);
    contains(first, root);
    char *entries _cleanup_free_ =
        cli_out(&f, CLI_AUDITOR, 0, WORDS("log", "list", "--type", "inventory"));
    contains(entries, "inventory");
    ck_assert_int_eq(ask("SELECT count(*) FROM retention.log_entry WHERE type = 'inventory'"), 2);
    json_decref(second);
    PGconn *conn = cli_fixture_connect(&f);
    db_exec(conn, "DELETE FROM ctm.call_recording WHERE recording_id = 1003");
    PQfinish(conn);
    char *third _cleanup_free_ = cli_out(&f, NULL, 0, WORDS("hold", "inventory", hold));
    contains(third, "covers 1 record now.");
    contains(third, "has 2 records and another root:");
    cli_fails(&f, CLI_AUDITOR, 1, "may", WORDS("hold", "inventory", hold));
}
END_TEST

Suite *suite_cli_holds(void)
{
    Suite *suite = suite_create("cli_holds");
    TCase *tests = tcase_create("lawyer");
    tcase_set_timeout(tests, 180);
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, a_list_of_phone_numbers);
    tcase_add_test(tests, some_of_a_list_are_nowhere);
    tcase_add_test(tests, two_persons_release);
    suite_add_tcase(suite, tests);
    tests = tcase_create("holds");
    tcase_set_timeout(tests, 180);
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, gaps_accepted_on_a_terminal);
    tcase_add_test(tests, all_wrong_lines_at_once);
    tcase_add_test(tests, phone_numbers_must_be_whole);
    tcase_add_test(tests, nothing_matches);
    tcase_add_test(tests, the_gate_is_kept);
    tcase_add_test(tests, keys_of_one_and_of_several_columns);
    tcase_add_test(tests, a_whole_category);
    tcase_add_test(tests, days_and_times);
    tcase_add_test(tests, a_call_is_repeated_safely);
    tcase_add_test(tests, extend_and_narrow);
    tcase_add_test(tests, the_second_person_sees_what_ends);
    tcase_add_test(tests, others_see_no_matter);
    tcase_add_test(tests, a_long_list);
    tcase_add_test(tests, subjects_stay_out_of_logs);
    tcase_add_test(tests, the_connection_is_lost);
    tcase_add_test(tests, status_tells_what_waits);
    tcase_add_test(tests, rules_of_the_main_file);
    tcase_add_test(tests, plan_and_explain_name_holds);
    tcase_add_test(tests, inventories_are_compared);
    suite_add_tcase(suite, tests);
    return suite;
}
