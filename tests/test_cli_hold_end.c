/* Holds as people live with them: second persons, narrowing, what status, plan, explain and
 * inventories say. */
#define _GNU_SOURCE
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "cli_hold_support.h"

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
    cli_fails(&hold_cli, CLI_COUNSEL, 2, "this ends what a hold keeps: say --yes",
              WORDS("hold", "confirm", digits, "--reason", "x"));
    cli_fails(&hold_cli, CLI_COUNSEL, 2, "this ends what a hold keeps: say --yes",
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
        cli_out(&hold_cli, CLI_OPERATOR, 0, WORDS("hold", "show", digits, "--no-count"));
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
    char *auditor _cleanup_free_ = cli_out(&hold_cli, CLI_AUDITOR, 0, WORDS("hold", "list"));
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
        char *list _cleanup_free_ = cli_out(&hold_cli, users[i], 0, WORDS("hold", "list"));
        contains(list, "call_recordings");
        contains_not(list, "matter");
        char *show _cleanup_free_ = cli_out(&hold_cli, users[i], 0, WORDS("hold", "show", hold));
        contains_not(show, "Doe");
        char *status _cleanup_free_ = cli_out(&hold_cli, users[i], 0, WORDS("status"));
        contains(status, "1 legal hold is in force.");
        json_t *document = cli_json(&hold_cli, users[i], 0, WORDS("hold", "list"));
        json_t *first = json_array_get(json_object_get(document, "holds"), 0);
        ck_assert_ptr_null(json_object_get(first, "matter"));
        ck_assert_ptr_null(json_object_get(first, "reason"));
        json_decref(document);
        cli_fails(&hold_cli, users[i], 1, "Members of retention_legal may",
                  WORDS("hold", "release", hold, "--reason", "x", "--yes"));
        /* before anything is asked */
        cli_fails(&hold_cli, users[i], 1, "Members of retention_legal may",
                  WORDS("hold", "place", "m", "--reason", "x", "--everything"));
        cli_fails(&hold_cli, users[i], 1, "Members of retention_legal may",
                  WORDS("hold", "show", hold, "--values"));
        cli_fails(&hold_cli, users[i], 1, "Members of retention_legal may",
                  WORDS("matter", "list"));
        cli_fails(&hold_cli, users[i], 1, "Members of retention_legal may",
                  WORDS("hold", "list", "--matter", "2026-CV-0113"));
        cli_fails(
            &hold_cli, users[i], 1, "Members of retention_legal may",
            WORDS("hold", "place", "m", "--reason", "x", "--tenant", "1", "--category", "texts"));
    }
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
    json_t *document = cli_json(&hold_cli, CLI_AUDITOR, 0, WORDS("status"));
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
    char *main_file _cleanup_free_ = file_read(hold_cli.config), *weaker _cleanup_free_ = NULL;
    ck_assert_int_gt(
        asprintf(&weaker, "%sholds: { dual_control = false; grace = \"0 days\"; };\n", main_file),
        0);
    free(file_write(hold_cli.directory, "retentiond.cfg", weaker));
    free(cli_out(&hold_cli, NULL, 0, WORDS("run")));
    char *waiting _cleanup_free_ = LEGAL(0, "hold", "rules");
    contains(waiting, "takes two persons.");
    contains(waiting, "holds.dual_control = false, holds.grace = \"00:00:00\" (role cli_worker).");
    char *status _cleanup_free_ = LEGAL(0, "status");
    contains(status, "Weaker rules of holds wait for approval");
    struct program_result check = cli_run(&hold_cli, NULL, WORDS("check"));
    contains(check.err, "weaker rules of holds wait for approval");
    program_result_free(&check);
    FAILS(1, "Members of retention_approver may", "hold", "rules", "--approve");
    char *approved _cleanup_free_ =
        cli_out(&hold_cli, CLI_APPROVER, 0, WORDS("hold", "rules", "--approve"));
    ck_assert_str_eq(approved, "Releasing or narrowing a hold takes one person.\n"
                               "A hold that is released keeps nothing from then on.\n");
    cli_fails(&hold_cli, CLI_APPROVER, 1, "no rules of holds await approval",
              WORDS("hold", "rules", "--approve"));
    char *hold _cleanup_free_ = place_one();
    FAILS(2, "say --yes", "hold", "release", hold, "--reason", "settled");
    char *released _cleanup_free_ = LEGAL(0, "hold", "release", hold, "--reason", "ok", "--yes");
    contains(released, "is released.");
    char *none _cleanup_free_ = LEGAL(0, "hold", "list");
    contains(none, "No hold is in force.");
    /* back to the stricter ones: at once */
    free(file_write(hold_cli.directory, "retentiond.cfg", main_file));
    free(cli_out(&hold_cli, NULL, 0, WORDS("run", "invoices")));
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
    char *due _cleanup_free_ =
        cli_out(&hold_cli, NULL, 0, WORDS("explain", "call_recordings", "1002"));
    contains(due, "It has been due since ");
    contains(due, named);
    char *not_due _cleanup_free_ =
        cli_out(&hold_cli, NULL, 0, WORDS("explain", "call_recordings", "1001"));
    contains(not_due, "Its period is not over");
    contains(not_due, named);
    contains_not(not_due, "deletes it");
    char *matter _cleanup_free_ =
        cli_out(&hold_cli, "postgres", 0, WORDS("explain", "call_recordings", "1002"));
    contains(matter, "(matter 2026-CV-0113) keeps it");
    char *free_one _cleanup_free_ =
        cli_out(&hold_cli, NULL, 0, WORDS("explain", "call_recordings", "1006"));
    contains(free_one, "Legal hold      none");

    json_t *plan = cli_json(&hold_cli, NULL, 0, WORDS("plan", "call_recordings", "--holds"));
    json_t *row = json_array_get(json_object_get(plan, "categories"), 0);
    ck_assert_int_eq(number(row, "held"), 1);
    json_t *holds = json_object_get(plan, "holds");
    ck_assert_uint_eq(json_array_size(holds), 1);
    ck_assert_int_eq(number(json_array_get(holds, 0), "rows"), 2);
    ck_assert_str_eq(json_string_value(json_object_get(json_array_get(holds, 0), "hold")), hold);
    ck_assert_ptr_null(json_object_get(json_array_get(holds, 0), "matter"));
    json_decref(plan);
    char *people _cleanup_free_ =
        cli_out(&hold_cli, "postgres", 0, WORDS("plan", "call_recordings", "--holds"));
    contains(people, "records kept, due or not");
    contains(people, "2026-CV-0113  call_recordings");
}
END_TEST

START_TEST(inventories_are_compared)
{
    char *hold _cleanup_free_ = place_one();
    free(LEGAL(0, "hold", "extend", hold, "--reason", "x", "--subject", "phone:+14105551003"));
    cli_fails(&hold_cli, NULL, 1, "the log has no key for digests yet",
              WORDS("hold", "inventory", hold));
    free(cli_out(&hold_cli, NULL, 0, WORDS("run")));
    char *first _cleanup_free_ = cli_out(&hold_cli, NULL, 0, WORDS("hold", "inventory", hold));
    contains(first, "covers 2 records now.");
    contains(first, "This is the first inventory of this hold.");
    json_t *second = cli_json(&hold_cli, NULL, 0, WORDS("hold", "inventory", hold));
    ck_assert_int_eq(number(second, "rows"), 2);
    ck_assert(json_is_true(json_object_get(json_object_get(second, "last"), "same")));
    const char *root = json_string_value(json_object_get(second, "root"));
    ck_assert_uint_eq(strlen(root), 64);
    contains(first, root);
    char *entries _cleanup_free_ =
        cli_out(&hold_cli, CLI_AUDITOR, 0, WORDS("log", "list", "--type", "inventory"));
    contains(entries, "inventory");
    ck_assert_int_eq(ask("SELECT count(*) FROM retention.log_entry WHERE type = 'inventory'"), 2);
    json_decref(second);
    PGconn *conn = cli_fixture_connect(&hold_cli);
    db_exec(conn, "DELETE FROM ctm.call_recording WHERE recording_id = 1003");
    PQfinish(conn);
    char *third _cleanup_free_ = cli_out(&hold_cli, NULL, 0, WORDS("hold", "inventory", hold));
    contains(third, "covers 1 record now.");
    contains(third, "has 2 records and another root:");
    cli_fails(&hold_cli, CLI_AUDITOR, 1, "may", WORDS("hold", "inventory", hold));
}
END_TEST

Suite *suite_cli_hold_end(void)
{
    Suite *suite = suite_create("cli_hold_end");
    TCase *tests = tcase_create("lawyer");
    tcase_set_timeout(tests, 180);
    tcase_add_checked_fixture(tests, cli_hold_setup, cli_hold_teardown);
    tcase_add_test(tests, two_persons_release);
    suite_add_tcase(suite, tests);
    tests = tcase_create("living");
    tcase_set_timeout(tests, 180);
    tcase_add_checked_fixture(tests, cli_hold_setup, cli_hold_teardown);
    tcase_add_test(tests, extend_and_narrow);
    tcase_add_test(tests, the_second_person_sees_what_ends);
    tcase_add_test(tests, others_see_no_matter);
    tcase_add_test(tests, status_tells_what_waits);
    tcase_add_test(tests, rules_of_the_main_file);
    tcase_add_test(tests, plan_and_explain_name_holds);
    tcase_add_test(tests, inventories_are_compared);
    suite_add_tcase(suite, tests);
    return suite;
}
