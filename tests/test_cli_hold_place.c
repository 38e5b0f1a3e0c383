/* Placing a hold as a lawyer does: lists of people, what is printed, what is refused. */
#define _GNU_SOURCE
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "cli_hold_support.h"

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
        cli_run(&hold_cli, CLI_LEGAL,
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
    FAILS(1, "there is no matter \"2026-CV-0131\"\nHINT:  Perhaps \"2026-CV-0113\"", "hold", "list",
          "--matter", "2026-CV-0131");

    free(cli_out(&hold_cli, NULL, 0, WORDS("run", "call_recordings")));
    ck_assert_int_eq(
        ask("SELECT count(*) FROM ctm.call_recording WHERE recording_id IN (1002, 1003)"), 2);
    ck_assert_int_eq(ask("SELECT count(*) FROM ctm.call_recording WHERE recording_id = 1006"), 0);
}
END_TEST

/* Nobody on the list has a record; one that nobody can read is held, and must not read as found. */
START_TEST(none_of_a_list_is_anywhere)
{
    PGconn *conn = cli_fixture_connect(&hold_cli);
    db_exec(conn, "UPDATE ctm.call_recording SET caller = 'call 555 77' WHERE recording_id = 1006");
    PQfinish(conn);
    char *placed _cleanup_free_ = LEGAL(0, "hold", "place", " M ", "--reason", "x", "--subject",
                                        "phone:4105557001", "--accept-gap", "invoices,texts");
    contains(placed, " of matter \"M\"; ");
    contains(placed, "\ncall_recordings         1  ");
    contains(placed, "\nWARNING: none of the subjects named has a record that this covers today.");
    contains(placed, "To look at how they are written:\n  --subject\n");
}
END_TEST

/* Of an option that has one value the last one alone would count. */
START_TEST(one_value_is_not_two)
{
    FAILS(2, "--category is given twice, and has one value", "hold", "place", "m", "--reason", "x",
          "--subject", "phone:4105551002", "--category", "call_recordings", "--category", "texts");
    FAILS(2, "--subjects-from is given twice", "hold", "preview", "--subjects-from", "a.txt",
          "--subjects-from", "b.txt");
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
    struct program_result r = cli_run(&hold_cli, CLI_LEGAL,
                                      WORDS("hold", "place", "m", "--reason", "x",
                                            "--subjects-from", file, "--subject-kind", "phone"));
    ck_assert_int_eq(r.exit_code, 2);
    contains(r.err, "phones.txt:2: the line begins with \"#\"");
    contains(r.err, "phones.txt:5: the line is not valid UTF-8");
    contains(r.err, "phones.txt:3: this is no phone number");
    contains(r.err, "phones.txt:7: this is no phone number");
    contains(r.err, "retentionctl: 5 of 7 values are wrong: nothing was done");
    program_result_free(&r);

    free(list_file("phones.txt", "+14105551002\nnobody\nn/a\n\n+14105551003\nsecret\n"));
    r = cli_run(&hold_cli, CLI_LEGAL,
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
    r = cli_run(&hold_cli, CLI_LEGAL, WORDS("hold", "preview", "--subjects-from", mixed));
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
    struct program_result r = cli_run(&hold_cli, CLI_LEGAL,
                                      WORDS("hold", "place", "m", "--reason", "x",
                                            "--subjects-from", file, "--subject-kind", "phone"));
    ck_assert_int_eq(r.exit_code, 2);
    contains(r.err, "phones.txt:2: this is no whole phone number, or more than one");
    contains(r.err, "phones.txt:3: this is no phone number");
    contains(r.err, "phones.txt:4: this is no whole phone number, or more than one");
    contains(r.err, "Write one number with its country, without quotes or commas");
    contains(r.err, "3 of 4 values are wrong: nothing was done");
    contains_not(r.err, "call me");
    program_result_free(&r);
    /* from other programs, too, and where no category is named */
    PGconn *conn = cli_fixture_connect(&hold_cli);
    PGresult *result = PQexec(conn, "SELECT retention.place_hold('m', 'x', subject => "
                                    "'phone:555-1003', accept_gaps => '{texts,invoices}')");
    contains(PQresultErrorMessage(result),
             "the subject is no whole phone number; write it with its country: +14105550100");
    PQclear(result);
    /* a record with such a number may be anybody's: any hold by phone numbers covers it */
    db_exec(conn, "UPDATE ctm.call_recording SET caller = '555-1006' WHERE recording_id = 1006");
    PQfinish(conn);
    free(place_one());
    free(cli_out(&hold_cli, NULL, 0, WORDS("run", "call_recordings")));
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
        cli_run(&hold_cli, CLI_LEGAL,
                WORDS("hold", "place", "m", "--reason", "x", "--tenant", "1", "--category", "texts",
                      "--hold", "11111111-2222-4333-8444-555555555555"));
    ck_assert_int_eq(r.exit_code, 1);
    contains(r.out, "Asking again for hold 11111111-2222-4333-8444-555555555555 of matter \"m\"; "
                    "whether it is placed already is asked with it.\nNothing was placed now; "
                    "\"retentionctl hold show 11111111\" says whether it was before.\n");
    contains(r.err, "no hold is placed, changed or released, because another transaction kept");
    contains(r.err, who);
    contains(r.err, "ask the operator to stop the deletion runs (\"retentionctl stop --now\")");
    program_result_free(&r);
    ck_assert_int_eq(ask("SELECT count(*) FROM retention.hold"), 0);
}

START_TEST(the_gate_is_kept)
{
    PGconn *keeper = cli_fixture_connect(&hold_cli);
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
    PGconn *conn = cli_fixture_connect(&hold_cli);
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
    char *as _cleanup_free_ = cluster_conninfo(cluster_shared(), hold_cli.database, CLI_LEGAL);
    char *errors _cleanup_free_ = NULL;
    ck_assert_int_gt(asprintf(&errors, "%s/errors", hold_cli.directory), 0);
    const char *const argv[] = {"retentionctl", "-c",    hold_cli.config, "-d", as,         "hold",
                                "place",        "m",     "--reason",      "x",  "--tenant", "1",
                                "--category",   "texts", "--json",        NULL};
    PGconn *keeper = cli_fixture_connect(&hold_cli), *conn = cli_fixture_connect(&hold_cli);
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

Suite *suite_cli_hold_place(void)
{
    Suite *suite = suite_create("cli_hold_place");
    TCase *tests = tcase_create("lawyer");
    tcase_set_timeout(tests, 180);
    tcase_add_checked_fixture(tests, cli_hold_setup, cli_hold_teardown);
    tcase_add_test(tests, a_list_of_phone_numbers);
    tcase_add_test(tests, some_of_a_list_are_nowhere);
    tcase_add_test(tests, none_of_a_list_is_anywhere);
    tcase_add_test(tests, one_value_is_not_two);
    suite_add_tcase(suite, tests);
    tests = tcase_create("placing");
    tcase_set_timeout(tests, 180);
    tcase_add_checked_fixture(tests, cli_hold_setup, cli_hold_teardown);
    tcase_add_test(tests, gaps_accepted_on_a_terminal);
    tcase_add_test(tests, all_wrong_lines_at_once);
    tcase_add_test(tests, phone_numbers_must_be_whole);
    tcase_add_test(tests, nothing_matches);
    tcase_add_test(tests, the_gate_is_kept);
    tcase_add_test(tests, keys_of_one_and_of_several_columns);
    tcase_add_test(tests, a_whole_category);
    tcase_add_test(tests, days_and_times);
    tcase_add_test(tests, a_call_is_repeated_safely);
    tcase_add_test(tests, a_long_list);
    tcase_add_test(tests, subjects_stay_out_of_logs);
    tcase_add_test(tests, the_connection_is_lost);
    suite_add_tcase(suite, tests);
    return suite;
}
