/* Records that time alone takes from one category to another (`younger_than`, `older_than`): a hold
 * that would lose them is not placed, and no policy or release makes one lose them. */
#define _GNU_SOURCE
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/cluster.h"
#include "harness/db.h"
#include "hold_policy.h"

static struct hold_site site;

static void setup(void)
{
    site = hold_policy_site();
}

static void teardown(void)
{
    hold_site_free(&site);
}

#define WITH_TIME                                                                                  \
    "with time, records of category \"%s\" become records of category \"%s\", and nothing would "  \
    "keep them there"
#define BECOME                                                                                     \
    "hold %s covers records of category \"%s\" that become records of category \"%s\" with time, " \
    "and "

/* Placing is refused for one reason. */
static void ck_not_placed(const char *leaves, const char *takes, const char *arguments)
{
    char *expected = hold_message("RT024: nothing is placed: " WITH_TIME, leaves, takes, NULL);
    ck_refused(expected, site.legal, "SELECT retention.place_hold('2026-1', 'suit filed', %s)",
               arguments);
    free(expected);
}

static void release(const char *hold)
{
    db_exec(site.legal, "SELECT retention.release_hold('%s', 'over')", hold);
}

/* A record of "young" is one of "others" when it gets old: a hold that names "young" keeps it no
 * longer than that, unless there is one that covers as much of "others"; for as long, too. */
START_TEST(gets_too_old)
{
    hold_enforce(&site, "young", START ONLY("at", "younger_than = \"1 year\""), "");
    hold_enforce(&site, "others", START REST("1"), "");
    static const char *const refused[] = {
        "category => 'young', subject => 'phone:+1'",
        "category => 'young', subject => 'phone:+1', accept_gaps => '{young,others}'",
        "category => 'young', tenant => '7', starts_from => '2020-01-01'",
        "category => 'young', record_key => '{1}'",
        "category => 'young'",
    };
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
        ck_not_placed("young", "others", refused[i]);
    ck_is("0", site.admin, "SELECT count(*) FROM retention.hold");
    /* one that names no category covers both */
    char *all = hold_place(&site, "subject => 'phone:+1'");
    release(all);
    ck_not_placed("young", "others", refused[0]);

    /* nothing of "others" becomes young: it can be held alone, and then what it covers of "young"
     */
    char *rest = hold_place(&site, "category => 'others', subjects => '{phone:+1,phone:+2}'");
    char *young = hold_place(&site, refused[0]);
    ck_not_placed("young", "others", "category => 'young', subject => 'phone:+3'");
    ck_not_placed("young", "others", "category => 'young'");
    char *added = hold_message("RT024: nothing is added: " WITH_TIME, "young", "others", NULL);
    ck_refused(added, site.legal,
               "SELECT retention.extend_hold('%s', 'more', subject => 'phone:+3')", young);
    free(db_value(site.legal, "SELECT retention.extend_hold('%s', 'more', subject => 'phone:+3')",
                  rest));
    free(db_value(site.legal, "SELECT retention.extend_hold('%s', 'more', subject => 'phone:+3')",
                  young));
    free(hold_place(&site, "category => 'others', record_key => '{1}'"));
    free(hold_place(&site, "category => 'young', record_key => '{1}'"));

    /* what keeps them there ends last */
    char *relied =
        hold_message("RT024: nothing is released: " BECOME "nothing else would keep them there",
                     young, "young", "others");
    char *given =
        hold_message("RT024: nothing is given up: " BECOME "nothing else would keep them there",
                     young, "young", "others");
    ck_refused(relied, site.legal, "SELECT retention.release_hold('%s', 'over')", rest);
    ck_refused(given, site.legal,
               "SELECT retention.narrow_hold('%s', 'less', subjects => '{phone:+1}')", rest);
    ck_refused(given, site.legal, "SELECT retention.narrow_hold('%s', 'less', part => 2)", rest);
    free(db_value(site.legal,
                  "SELECT retention.narrow_hold('%s', 'less', subjects => '{phone:+2}')", rest));
    free(db_value(site.legal, "SELECT retention.narrow_hold('%s', 'less', part => 2)", young));
    free(db_value(site.legal, "SELECT retention.narrow_hold('%s', 'less', part => 2)", rest));
    ck_refused(relied, site.legal, "SELECT retention.release_hold('%s', 'over')", rest);
    db_exec(site.admin, "UPDATE retention.hold_rules SET grace = '30 days'");
    release(young);
    release(rest);

    /* all of "others" is enough for anything */
    char *whole = hold_place(&site, "category => 'others'");
    free(hold_place(&site, "category => 'young', subject => 'phone:+4'"));
    free(whole);
    free(given);
    free(relied);
    free(added);
    free(young);
    free(rest);
    free(all);
}
END_TEST

/* A record of the rest is one of "old" when it gets old; what is old stays so. */
START_TEST(gets_old)
{
    hold_enforce(&site, "old", START ONLY("at", "older_than = \"1 year\""), "");
    hold_enforce(&site, "others", START REST("1"), "");
    ck_not_placed("others", "old", "category => 'others', subject => 'phone:+1'");
    free(hold_place(&site, "category => 'old', subject => 'phone:+1'"));
    free(hold_place(&site, "category => 'others', subject => 'phone:+1'"));
}
END_TEST

/* Where one of several conditions is by time; and where time cannot make one a record of the other:
 * constants of a column exclude each other, another table has it, the other does not act, and only
 * the stages and what keeps records go by time. */
START_TEST(what_time_moves)
{
    static const struct {
        const char *data, *more;
    } moving[] = {
        {START "    any = (\n      {\n        column = \"n\";\n        eq = 1;\n      },\n"
               "      {\n        column = \"at\";\n        younger_than = \"1 year\";\n      }\n"
               "    );\n",
         ""},
        {START
         "    only = (\n      {\n        column = \"kind\";\n        eq = \"call\";\n      },\n"
         "      {\n        column = \"at\";\n        younger_than = \"1 year\";\n"
         "        nulls = \"match\";\n      }\n    );\n",
         ""},
    };
    hold_enforce(&site, "others", START REST("1"), "");
    for (size_t i = 0; i < sizeof(moving) / sizeof(moving[0]); i++) {
        hold_enforce(&site, "some", moving[i].data, moving[i].more);
        ck_not_placed("some", "others", "category => 'some', tenant => '7'");
    }
    hold_enforce(
        &site, "some", START ONLY("kind", "eq = \"call\""),
        "  keep_while = (\n    {\n      only = (\n        {\n          column = \"at\";\n"
        "          younger_than = \"1 year\";\n        }\n      );\n      because = \"x\";\n"
        "    }\n  );\n"
        "  stages = (\n    {\n      after = \"1 year\";\n      only = (\n        {\n"
        "          column = \"at\";\n          younger_than = \"9 years\";\n        }\n"
        "      );\n    }\n  );\n");
    char *hold = hold_place(&site, "category => 'some', tenant => '7'");
    release(hold);
    free(hold);

    /* (the rest no longer acts) */
    char *rest = hold_policy("others", START REST("1"), "");
    char *observing = db_value(site.admin, "SELECT replace('%s', 'enforce', 'observe')", rest);
    hold_load_mode(&site, "active", "others", observing, "observe", FACTS_CALLS);
    hold_enforce(&site, "some", moving[1].data, "");
    hold_enforce(&site, "texts", START ONLY("kind", "eq = \"text\""), "");
    hold = hold_place(&site, "category => 'some', tenant => '7'");
    hold_load_mode(&site, "suspended", "others", rest, "enforce", FACTS_CALLS);
    char *refused = hold_message(TAKES, hold, "some", "others");
    hold_not_approved(&site, refused, "others", "");
    free(refused);
    free(hold);
    free(observing);
    free(rest);
}
END_TEST

/* What would be refused when a hold is placed is not approved, nor loaded, while there is one. */
START_TEST(begins_to_go_by_time)
{
    hold_enforce(&site, "calls", START ONLY("kind", "eq = \"call\""), "");
    hold_enforce(&site, "others", START REST("1"), "");
    char *hold = hold_place(&site, "category => 'others', subject => 'phone:+1'");
    char *text =
        hold_policy("calls",
                    START "    only = (\n      {\n        column = \"kind\";\n        eq = "
                          "\"call\";\n      },\n      {\n        column = \"at\";\n        "
                          "older_than = \"1 year\";\n      }\n    );\n",
                    "");
    char *sql = hold_loading("calls", text, "enforce", FACTS_CALLS);
    char *refused =
        hold_message("RT024: " BECOME "would not keep them there", hold, "others", "calls");
    ck_refused(refused, site.worker, "%s", sql);
    char *less = hold_place(&site, "subject => 'phone:+1', tenant => '7'");
    ck_refused(refused, site.worker, "%s", sql);
    char *same = hold_place(&site, "subject => 'phone:+1'");
    ck_is("active", site.worker, "%s", sql);
    release(hold);
    release(same);
    release(less);
    ck_not_placed("others", "calls", "category => 'others', subject => 'phone:+1'");
    free(same);
    free(less);
    free(refused);
    free(sql);
    free(text);
    free(hold);

    /* held before it was ever approved, with a text that did not go by time */
    hold_load(&site, "suspended", "new", START ONLY("kind", "eq = \"fax\""), "", FACTS_CALLS);
    hold = hold_place(&site, "category => 'new', subject => 'phone:+1'");
    hold_load(&site, "suspended", "new", START ONLY("at", "younger_than = \"1 year\""), "",
              FACTS_CALLS);
    refused = hold_message("RT024: " BECOME "would not keep them there", hold, "new", "calls");
    hold_not_approved(&site, refused, "new", "");
    free(hold_place(&site, "category => 'calls', subject => 'phone:+1'"));
    free(refused);
    refused = hold_message("RT024: " BECOME "would not keep them there", hold, "new", "others");
    hold_not_approved(&site, refused, "new", "");
    free(hold_place(&site, "subject => 'phone:+1'"));
    hold_approve(&site, "new");
    free(refused);
    free(hold);
}
END_TEST

/* A hold without category whose gaps are accepted keeps as little there. */
START_TEST(comes_where_holds_do_not_reach)
{
    hold_enforce(&site, "young", START ONLY("at", "younger_than = \"1 year\""), "");
    hold_load(&site, "suspended", "others", "    start = \"n\";\n" REST("1"), "", FACTS_BARE);
    hold_approve(&site, "others");
    ck_not_placed("young", "others", "subject => 'phone:+1', accept_gaps => '{others}'");
    ck_not_placed("young", "others", "starts_from => '2020-01-01'"); /* the start is another one */
    free(hold_place(&site, "category => 'others'"));
    free(hold_place(&site, "subject => 'phone:+1', accept_gaps => '{others}'"));
    free(hold_place(&site, "starts_from => '2020-01-01'"));
    free(hold_place(&site, "NULL, everything => true"));
}
END_TEST

Suite *suite_hold_time(void)
{
    Suite *suite = suite_create("hold time");
    TCase *tc = tcase_create("time");
    tcase_set_timeout(tc, 300);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, gets_too_old);
    tcase_add_test(tc, gets_old);
    tcase_add_test(tc, what_time_moves);
    tcase_add_test(tc, begins_to_go_by_time);
    tcase_add_test(tc, comes_where_holds_do_not_reach);
    suite_add_tcase(suite, tc);
    return suite;
}
