/* What keeps a hold whole: whatever policies are approved, a record that it covers stays covered;
 * whoever approves sees what it will not reach, and how it finds records; and what batches read of
 * it cannot be altered unseen. */
#define _GNU_SOURCE
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "harness/cluster.h"
#include "harness/db.h"
#include "harness/schema.h"
#include "hold_support.h"
#include "ledger/entry.h"

static struct hold_site site;

static void setup(void)
{
    site = hold_site_new(cluster_shared());
    db_script(site.admin,
              "CREATE TYPE kind AS ENUM ('call', 'text', 'fax');"
              "CREATE TABLE public.call (call_id bigint PRIMARY KEY, kind kind, n int, c bpchar, "
              "at timestamptz, account_id bigint, caller text, callee text)");
}

static void teardown(void)
{
    hold_site_free(&site);
}

/* A normalised text over public.call; `data` and `more` are whole lines. */
static char *policy(const char *name, const char *data, const char *more)
{
    char *text;
    ck_assert_int_ge(asprintf(&text,
                              "%s: {\n  mode = \"enforce\";\n  data: {\n    table = "
                              "\"public.call\";\n%s  };\n%s};\n",
                              name, data, more),
                     0);
    return text;
}

#define START "    start = \"at\";\n"
#define ONLY(column, condition)                                                                    \
    "    only = (\n      {\n        column = \"" column "\";\n        " condition                  \
    ";\n      }\n    );\n"
#define REST(of)     "    only = \"rest\";\n    rest_of = \"" of "\";\n"
#define AFTER(years) "  stages = (\n    {\n      after = \"" years "\";\n    }\n  );\n"

/* The statement that loads a text as the worker would; caller frees. */
static char *loading(const char *name, const char *text, const char *mode, const char *facts)
{
    char *sql;
    ck_assert_int_ge(
        asprintf(&sql,
                 "SELECT retention.load_policy(NULL, '%s', encode(sha256('%s'), 'hex'), (SELECT "
                 "approved_sha256 FROM retention.category WHERE name = '%s'), '%s', '%s', "
                 "'public.call', '{public.call}', NULL, false, 'Title', '%s'::jsonb)",
                 name, text, name, text, mode, facts),
        0);
    return sql;
}

static char *approving(const char *name, const char *more)
{
    char *sql;
    ck_assert_int_ge(asprintf(&sql,
                              "SELECT retention.approve_policy('%s', loaded_sha256, NULL%s) FROM "
                              "retention.category WHERE name = '%s'",
                              name, more, name),
                     0);
    return sql;
}

static void load_mode(const char *state, const char *name, const char *text, const char *mode,
                      const char *facts)
{
    char *sql = loading(name, text, mode, facts), *is = db_value(site.worker, "%s", sql);
    ck_assert_msg(strcmp(is, state) == 0, "%s instead of %s: %s", is, state, text);
    free(is);
    free(sql);
}

static void load(const char *state, const char *name, const char *data, const char *more,
                 const char *facts)
{
    char *text = policy(name, data, more);
    load_mode(state, name, text, "enforce", facts);
    free(text);
}

static void approve(const char *name)
{
    char *sql = approving(name, "");
    db_exec(site.approver, "%s", sql);
    free(sql);
}

/* Loads a text that needs approval, and approves it. */
static void enforce(const char *name, const char *data, const char *more)
{
    load("suspended", name, data, more, FACTS_CALLS);
    approve(name);
}

/* Approving is refused with a message that begins so. */
static void ck_not_approved(const char *begin, const char *name, const char *more)
{
    char *sql = approving(name, more), *refused = hold_refused(site.approver, "%s", sql);
    ck_assert_msg(strncmp(refused, begin, strlen(begin)) == 0, "%s\ninstead of\n%s", refused,
                  begin);
    ck_is("suspended", site.admin, "SELECT state FROM retention.category WHERE name = '%s'", name);
    free(refused);
    free(sql);
}

static char *place(const char *arguments)
{
    return db_value(site.legal, "SELECT retention.place_hold('2026-1', 'suit filed', %s)",
                    arguments);
}

static char *message(const char *format, const char *a, const char *b, const char *c)
{
    char *text;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    ck_assert_int_ge(asprintf(&text, format, a, b, c), 0);
#pragma GCC diagnostic pop
    return text;
}

#define TAKES                                                                                      \
    "RT024: hold %s covers records of category \"%s\" and would not keep them from category "      \
    "\"%s\", which may take them"

/* The category's file gets another name: the hold names the old one, and the new one would delete
 * the records. */
START_TEST(renamed)
{
    enforce("calls", START, "");
    char *hold = place("category => 'calls', tenant => '7', subjects => '{phone:+1,phone:+2}'");
    db_exec(site.worker, "SELECT retention.policy_gone('{calls}')");
    load("suspended", "calls_v2", START, "", FACTS_CALLS);
    char *refused = message(TAKES, hold, "calls", "calls_v2");
    ck_not_approved(refused, "calls_v2", "");

    /* what covers less is no substitute */
    static const char *const less[] = {
        "category => 'calls_v2', tenant => '7', subject => 'phone:+1'",
        "category => 'calls_v2', tenant => '8', subjects => '{phone:+1,phone:+2}'",
        "category => 'calls_v2', subjects => '{phone:+1,phone:+2}', starts_from => '2020-01-01'",
        "category => 'calls_v2', record_key => '{1}'",
    };
    for (size_t i = 0; i < sizeof(less) / sizeof(less[0]); i++) {
        char *other = place(less[i]);
        ck_not_approved(refused, "calls_v2", "");
        db_exec(site.legal, "SELECT retention.release_hold('%s', 'x')", other);
        free(other);
    }
    /* nor does the approver decide */
    char *accepts = message(", NULL, '{%s}'", hold, NULL, NULL);
    ck_not_approved(refused, "calls_v2", accepts);

    char *same = place("category => 'calls_v2', subjects => '{phone:+3,phone:+2,phone:+1}'");
    approve("calls_v2");
    ck_is("active", site.admin, "SELECT state FROM retention.category WHERE name = 'calls_v2'");
    free(same);
    free(accepts);
    free(refused);
    free(hold);
}
END_TEST

/* A hold in its grace keeps as any other; one without category follows by itself; after the end
 * nothing is in the way. */
START_TEST(grace_and_end)
{
    enforce("calls", START, "");
    db_exec(site.admin, "UPDATE retention.hold_rules SET grace = '30 days'");
    char *hold = place("category => 'calls', subject => 'phone:+1'");
    db_exec(site.legal, "SELECT retention.release_hold('%s', 'over')", hold);
    load("suspended", "calls_v2", START, "", FACTS_CALLS);
    char *refused = message(TAKES, hold, "calls", "calls_v2");
    ck_not_approved(refused, "calls_v2", "");
    char *all = place("subject => 'phone:+1'");
    approve("calls_v2");
    load("suspended", "calls_v3", START, "", FACTS_CALLS);
    approve("calls_v3");
    free(all);
    free(refused);
    free(hold);
}
END_TEST

/* Two categories of one table share no record where constants of one column say so. */
START_TEST(apart)
{
    static const struct {
        const char *one, *other;
        bool apart;
    } cases[] = {
        {ONLY("kind", "eq = \"call\""), ONLY("kind", "eq = \"text\""), true},
        {ONLY("kind", "eq = \"call\""), ONLY("kind", "in = [ \"text\", \"fax\" ]"), true},
        {ONLY("kind", "in = [ \"call\", \"fax\" ]"), ONLY("kind", "in = [ \"text\", \"fax\" ]"),
         false},
        {ONLY("kind", "eq = \"call\""), ONLY("kind", "ne = \"call\""), true},
        {ONLY("kind", "eq = \"call\""), ONLY("kind", "ne = \"text\""), false},
        {ONLY("kind", "ne = \"call\""), ONLY("kind", "ne = \"text\""), false},
        {ONLY("kind", "eq = \"call\""), ONLY("caller", "eq = \"text\""), false},
        {ONLY("kind", "eq = \"call\""), "", false},
        {ONLY("n", "eq = 1"), ONLY("n", "eq = 2"), true},
        {ONLY("n", "lt = 1"), ONLY("n", "gt = 2"), false},
        /* equal though written differently */
        {ONLY("c", "eq = \"x\""), ONLY("c", "eq = \"x \""), false},
        {ONLY("n", "eq = 1"), ONLY("n", "eq = \"01\""), false},
        /* NULL is in both */
        {ONLY("kind", "eq = \"call\";\n        nulls = \"match\""),
         ONLY("kind", "eq = \"text\";\n        nulls = \"match\""), false},
        {ONLY("at", "older_than = \"1 year\""), ONLY("at", "younger_than = \"1 year\""), false},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        for (int swap = 0; swap < 2; swap++) {
            char *one = policy("a", swap ? cases[i].other : cases[i].one, "");
            char *other = policy("b", swap ? cases[i].one : cases[i].other, "");
            char *is =
                db_value(site.admin, "SELECT retention.policies_apart('%s', '%s')", one, other);
            ck_assert_msg(strcmp(is, cases[i].apart ? "t" : "f") == 0, "%s: %s%s", is, one, other);
            free(is);
            free(one);
            free(other);
        }
    enforce("calls", START ONLY("kind", "eq = \"call\""), "");
    free(place("category => 'calls', subject => 'phone:+1'"));
    enforce("texts", START ONLY("kind", "eq = \"text\""), "");
    ck_is("active", site.admin, "SELECT state FROM retention.category WHERE name = 'texts'");
}
END_TEST

#define WITH_TIME                                                                                  \
    "with time, records of category \"%s\" become records of category \"%s\", and nothing would "  \
    "keep them there"
#define BECOME                                                                                     \
    "hold %s covers records of category \"%s\" that become records of category \"%s\" with time, " \
    "and "

/* Placing is refused for one reason. */
static void ck_not_placed(const char *leaves, const char *takes, const char *arguments)
{
    char *expected = message("RT024: nothing is placed: " WITH_TIME, leaves, takes, NULL);
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
    enforce("young", START ONLY("at", "younger_than = \"1 year\""), "");
    enforce("others", START REST("1"), "");
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
    char *all = place("subject => 'phone:+1'");
    release(all);
    ck_not_placed("young", "others", refused[0]);

    /* nothing of "others" becomes young: it can be held alone, and then what it covers of "young"
     */
    char *rest = place("category => 'others', subjects => '{phone:+1,phone:+2}'");
    char *young = place(refused[0]);
    ck_not_placed("young", "others", "category => 'young', subject => 'phone:+3'");
    ck_not_placed("young", "others", "category => 'young'");
    char *added = message("RT024: nothing is added: " WITH_TIME, "young", "others", NULL);
    ck_refused(added, site.legal,
               "SELECT retention.extend_hold('%s', 'more', subject => 'phone:+3')", young);
    free(db_value(site.legal, "SELECT retention.extend_hold('%s', 'more', subject => 'phone:+3')",
                  rest));
    free(db_value(site.legal, "SELECT retention.extend_hold('%s', 'more', subject => 'phone:+3')",
                  young));
    free(place("category => 'others', record_key => '{1}'"));
    free(place("category => 'young', record_key => '{1}'"));

    /* what keeps them there ends last */
    char *relied =
        message("RT024: nothing is released: " BECOME "nothing else would keep them there", young,
                "young", "others");
    char *given =
        message("RT024: nothing is given up: " BECOME "nothing else would keep them there", young,
                "young", "others");
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
    char *whole = place("category => 'others'");
    free(place("category => 'young', subject => 'phone:+4'"));
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
    enforce("old", START ONLY("at", "older_than = \"1 year\""), "");
    enforce("others", START REST("1"), "");
    ck_not_placed("others", "old", "category => 'others', subject => 'phone:+1'");
    free(place("category => 'old', subject => 'phone:+1'"));
    free(place("category => 'others', subject => 'phone:+1'"));
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
    enforce("others", START REST("1"), "");
    for (size_t i = 0; i < sizeof(moving) / sizeof(moving[0]); i++) {
        enforce("some", moving[i].data, moving[i].more);
        ck_not_placed("some", "others", "category => 'some', tenant => '7'");
    }
    enforce("some", START ONLY("kind", "eq = \"call\""),
            "  keep_while = (\n    {\n      only = (\n        {\n          column = \"at\";\n"
            "          younger_than = \"1 year\";\n        }\n      );\n      because = \"x\";\n"
            "    }\n  );\n"
            "  stages = (\n    {\n      after = \"1 year\";\n      only = (\n        {\n"
            "          column = \"at\";\n          younger_than = \"9 years\";\n        }\n"
            "      );\n    }\n  );\n");
    char *hold = place("category => 'some', tenant => '7'");
    release(hold);
    free(hold);

    /* (the rest no longer acts) */
    char *rest = policy("others", START REST("1"), "");
    char *observing = db_value(site.admin, "SELECT replace('%s', 'enforce', 'observe')", rest);
    load_mode("active", "others", observing, "observe", FACTS_CALLS);
    enforce("some", moving[1].data, "");
    enforce("texts", START ONLY("kind", "eq = \"text\""), "");
    hold = place("category => 'some', tenant => '7'");
    load_mode("suspended", "others", rest, "enforce", FACTS_CALLS);
    char *refused = message(TAKES, hold, "some", "others");
    ck_not_approved(refused, "others", "");
    free(refused);
    free(hold);
    free(observing);
    free(rest);
}
END_TEST

/* What would be refused when a hold is placed is not approved, nor loaded, while there is one. */
START_TEST(begins_to_go_by_time)
{
    enforce("calls", START ONLY("kind", "eq = \"call\""), "");
    enforce("others", START REST("1"), "");
    char *hold = place("category => 'others', subject => 'phone:+1'");
    char *text = policy("calls",
                        START "    only = (\n      {\n        column = \"kind\";\n        eq = "
                              "\"call\";\n      },\n      {\n        column = \"at\";\n        "
                              "older_than = \"1 year\";\n      }\n    );\n",
                        "");
    char *sql = loading("calls", text, "enforce", FACTS_CALLS);
    char *refused = message("RT024: " BECOME "would not keep them there", hold, "others", "calls");
    ck_refused(refused, site.worker, "%s", sql);
    char *less = place("subject => 'phone:+1', tenant => '7'");
    ck_refused(refused, site.worker, "%s", sql);
    char *same = place("subject => 'phone:+1'");
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
    load("suspended", "new", START ONLY("kind", "eq = \"fax\""), "", FACTS_CALLS);
    hold = place("category => 'new', subject => 'phone:+1'");
    load("suspended", "new", START ONLY("at", "younger_than = \"1 year\""), "", FACTS_CALLS);
    refused = message("RT024: " BECOME "would not keep them there", hold, "new", "calls");
    ck_not_approved(refused, "new", "");
    free(place("category => 'calls', subject => 'phone:+1'"));
    free(refused);
    refused = message("RT024: " BECOME "would not keep them there", hold, "new", "others");
    ck_not_approved(refused, "new", "");
    free(place("subject => 'phone:+1'"));
    approve("new");
    free(refused);
    free(hold);
}
END_TEST

/* A hold without category whose gaps are accepted keeps as little there. */
START_TEST(comes_where_holds_do_not_reach)
{
    enforce("young", START ONLY("at", "younger_than = \"1 year\""), "");
    load("suspended", "others", "    start = \"n\";\n" REST("1"), "", FACTS_BARE);
    approve("others");
    ck_not_placed("young", "others", "subject => 'phone:+1', accept_gaps => '{others}'");
    ck_not_placed("young", "others", "starts_from => '2020-01-01'"); /* the start is another one */
    free(place("category => 'others'"));
    free(place("subject => 'phone:+1', accept_gaps => '{others}'"));
    free(place("starts_from => '2020-01-01'"));
    free(place("NULL, everything => true"));
}
END_TEST

/* A held category that leaves out records, so that another takes them now or some day: not even
 * without approval, as what narrows a policy takes effect. */
START_TEST(split)
{
    enforce("calls", START, "");
    char *hold = place("category => 'calls', subject => 'phone:+1'");
    char *text = policy("calls", START ONLY("kind", "eq = \"call\""), "");
    char *sql = loading("calls", text, "enforce", FACTS_CALLS);
    char *refused =
        message("RT024: hold %s would not keep all that it keeps in category \"calls\": "
                "its table, its conditions or its dependants leave out records",
                hold, NULL, NULL);
    ck_refused(refused, site.worker, "%s", sql);
    /* fewer conditions, longer periods are no matter */
    load("active", "calls", START, "  title = \"x\";\n", FACTS_CALLS);
    free(refused);
    free(sql);
    free(text);

    /* without category: the rest has to keep what it gets, and does */
    db_exec(site.legal, "SELECT retention.release_hold('%s', 'x')", hold);
    char *all = place("subject => 'phone:+1'");
    load("suspended", "others", START REST("1"), "", FACTS_CALLS);
    approve("others");
    load("active", "calls", START ONLY("kind", "eq = \"call\""), "  title = \"x\";\n", FACTS_CALLS);
    free(all);
    free(hold);
}
END_TEST

/* A guard refuses others by what the policy takes: what a hold covers is not left out, also where
 * the hold names no category and no other takes the records; with approval or without. */
START_TEST(guard_refuses_no_less)
{
    enforce("calls", START, "  guard = \"refuse\";\n");
    char *hold = place("subject => 'phone:+1'");
    char *refused =
        message("RT024: hold %s would not keep all that it keeps in category \"calls\": "
                "its table, its conditions or its dependants leave out records, which "
                "the guard would let others change and delete",
                hold, NULL, NULL);
    char *text = policy("calls", START ONLY("kind", "eq = \"call\""), "  guard = \"refuse\";\n");
    char *sql = loading("calls", text, "enforce", FACTS_CALLS);
    ck_refused(refused, site.worker, "%s", sql);
    free(text);
    load("suspended", "calls", START ONLY("kind", "eq = \"call\""), "  guard = \"observe\";\n",
         FACTS_CALLS);
    ck_not_approved(refused, "calls", "");
    load("active", "calls", START, "  guard = \"refuse\";\n", FACTS_CALLS);
    /* what narrows nothing is no matter, and nothing is in the way of what no hold covers */
    load("active", "calls", START, "  guard = \"refuse\";\n  title = \"x\";\n", FACTS_CALLS);
    db_exec(site.legal, "SELECT retention.release_hold('%s', 'x')", hold);
    ck_is("active", site.worker, "%s", sql);
    free(sql);
    free(refused);
    free(hold);

    /* without a guard there was nothing that it refused */
    enforce("texts", START, "");
    hold = place("subject => 'phone:+1'");
    load("active", "texts", START ONLY("kind", "eq = \"text\""), "", FACTS_CALLS);
    free(hold);
}
END_TEST

/* Of one number's records, the new category finds only those that it calls. */
START_TEST(found_by_fewer_columns)
{
    enforce("calls", START, "");
    char *hold = place("subject => 'phone:+1'");
    char *less = db_value(site.admin,
                          "SELECT replace('%s', '[\"caller\", \"callee\"]', "
                          "'[\"caller\"]')",
                          FACTS_CALLS);
    load("suspended", "calls_v2", START, "", less);
    char *refused = message(TAKES, hold, "calls", "calls_v2");
    ck_not_approved(refused, "calls_v2", "");
    /* and the same category may not lose one either, though the hold does not name it */
    load("suspended", "calls", START, "  title = \"y\";\n", less);
    char *lost = message("RT024: hold %s relies on what this policy of category \"calls\" takes "
                         "away: the subject of kind \"phone\" \"callee\"",
                         hold, NULL, NULL);
    ck_not_approved(lost, "calls", "");
    free(lost);
    free(refused);
    free(less);
    free(hold);
}
END_TEST

/* What a category left out before another one comes for it: covered since the hold was placed, and
 * nobody took it then. Records that were added to a category after a hold was placed belong to it,
 * too. A hold that is placed when the category is narrower does not know of them. */
START_TEST(left_before_another_takes_it)
{
    char *less =
        db_value(site.admin, "SELECT replace('%s', '[\"caller\", \"callee\"]', '[\"caller\"]')",
                 FACTS_CALLS);
    enforce("calls", START, "");
    char *hold = place("subject => 'phone:+1'");
    load("active", "calls", START ONLY("kind", "eq = \"call\""), "", FACTS_CALLS);
    load("active", "calls", START ONLY("kind", "eq = \"call\""), "  title = \"x\";\n", FACTS_CALLS);
    char *later = place("subject => 'phone:+2'");
    load("suspended", "faxes", START ONLY("kind", "eq = \"fax\""), "", less);
    char *sql = approving("faxes", ""), *refused = hold_refused(site.approver, "%s", sql);
    char *begin = message("RT024: hold %s covers records that category \"calls\" had until ", hold,
                          NULL, NULL);
    ck_assert_msg(strncmp(refused, begin, strlen(begin)) == 0, "%s", refused);
    ck_assert_ptr_null(strstr(refused, later));
    /* found by the same columns it is */
    load("suspended", "faxes", START ONLY("kind", "eq = \"fax\""), "", FACTS_CALLS);
    approve("faxes");
    /* and when the hold is over, nothing is in the way */
    load("suspended", "texts", START ONLY("kind", "eq = \"text\""), "", less);
    ck_not_approved(begin, "texts", "");
    db_exec(site.legal, "SELECT retention.release_hold('%s', 'x')", hold);
    approve("texts");
    ck_is("0", site.admin, "SELECT count(*) FROM retention.category_was");
    free(begin);
    free(refused);
    free(sql);
    free(later);
    free(hold);
    free(less);
}
END_TEST

/* Columns under the same names that are others than those by which a hold found its records:
 * whoever approves must say for each hold that it was looked at, and that stands in the log. */
START_TEST(same_names_other_columns)
{
    static const struct {
        const char *change, *names;
    } cases[] = {
        {"ALTER TABLE call ALTER account_id TYPE int", NULL},
        {"ALTER TABLE call ALTER account_id TYPE bigint", NULL},
        {"ALTER TABLE call ALTER caller TYPE varchar", NULL},
        {"ALTER TABLE call RENAME caller TO x; ALTER TABLE call RENAME callee TO caller;"
         "ALTER TABLE call RENAME x TO callee",
         "public.call.callee, public.call.caller"},
        {"ALTER TABLE call ALTER caller TYPE text USING reverse(caller)", "public.call.caller"},
        {"ALTER TABLE call ALTER account_id TYPE numeric", "public.call.account_id"},
    };
    char *text = policy("calls", START, ""), *sql;
    ck_assert_int_ge(
        asprintf(&sql,
                 "SELECT retention.load_policy(NULL, 'calls', encode(sha256('%s'), 'hex'), (SELECT "
                 "approved_sha256 FROM retention.category WHERE name = 'calls'), '%s', 'enforce', "
                 "'public.call', '{public.call}', NULL, false, 'Title', '" FACTS_CALLS
                 "', '{\"public.call\": {\"caller\": null, \"callee\": null, \"account_id\": "
                 "null}}')",
                 text, text),
        0);
    free(db_value(site.worker, "%s", sql));
    approve("calls");
    char *hold = place("category => 'calls', subject => 'phone:+1'");
    char *all = place("tenant => '7'");
    char *others = place("category => 'calls', tenant => '8'");
    db_exec(site.legal, "SELECT retention.release_hold('%s', 'x')", others);
    int entries = 0;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        db_script(site.admin, cases[i].change);
        char *state = db_value(site.worker, "%s", sql);
        if (strcmp(state, "suspended") == 0 && cases[i].names) {
            char *refused =
                message("RT021: each of the holds %s, %s found records of category \"calls\" when "
                        "these were other columns: %s",
                        hold, all, cases[i].names);
            ck_not_approved(refused, "calls", "");
            free(refused);
            char *one = message(", NULL, '{%s}'", hold, NULL, NULL);
            refused = message("RT021: hold %s found records of category \"calls\" when these were "
                              "other columns: %s",
                              all, cases[i].names, NULL);
            ck_not_approved(refused, "calls", one);
            free(refused);
            free(one);
            char *both = message(", NULL, '{%s,%s}'", hold, all, NULL);
            char *accepting = approving("calls", both);
            db_exec(site.approver, "%s", accepting);
            free(accepting);
            free(both);
            entries += 2;
        } else {
            ck_assert_msg(!cases[i].names, "%s: %s", cases[i].change, state);
            if (strcmp(state, "suspended") == 0)
                approve("calls");
        }
        free(state);
        ck_assert_int_eq(db_number(site.admin,
                                   "SELECT count(*) FROM retention.log_entry WHERE type "
                                   "= 'gap' AND category = 'calls'"),
                         entries);
    }
    /* no hold, no question */
    db_exec(site.legal, "SELECT retention.release_hold('%s', 'x')", hold);
    db_exec(site.legal, "SELECT retention.release_hold('%s', 'x')", all);
    db_script(site.admin, cases[3].change);
    free(db_value(site.worker, "%s", sql));
    approve("calls");
    free(others);
    free(all);
    free(hold);
    free(sql);
    free(text);
}
END_TEST

/* Found by the same columns in a form that makes fewer values equal: the hold's own form is no more
 * asked for. In a form that makes more of them equal, all that was covered still is. */
static const struct {
    const char *subject;              /* of the hold */
    const char *was, *becomes, *type; /* "as" before and after, "-": none */
    const char *lost;                 /* NULL: it is approved */
} other_forms[] = {
    {"phone:+1 410 555 1002", "e164", "-", "text", "as = \"e164\""},
    {"phone:+1 410 555 1002", "e164", "lower", "text", "as = \"e164\""},
    {"phone:+1 410 555 1002", "lower", "-", "text", "as = \"lower\""},
    {"phone:+1 410 555 1002", "-", "e164", "text", NULL},
    {"phone:+1 410 555 1002", "-", "lower", "character varying", NULL},
    {"phone:+1 410 555 1002", "lower", "e164", "text", NULL},
    /* 007 and 7 were equal */
    {"phone:0014105551002", "-", "lower", "bigint", "no \"as\""},
    /* what is nobody's number with certainty is not looked for as what it says */
    {"phone:555 1002", "lower", "e164", "text", "as = \"lower\""},
};

/* Facts of the category "calls" with a number of this type, compared like that; caller frees. */
static char *facts_of_form(const char *as, const char *type)
{
    return db_value(site.admin,
                    "SELECT replace(replace('%s', '\"e164\", \"type\": \"text\"', '%s, \"type\": "
                    "\"%s\"'), 'phone e164 text', 'phone %s %s')",
                    FACTS_CALLS,
                    strcmp(as, "-") == 0       ? "null"
                    : strcmp(as, "lower") == 0 ? "\"lower\""
                                               : "\"e164\"",
                    type, as, type);
}

START_TEST(another_form)
{
    bool named = _i % 2;
    const char *lost = other_forms[_i / 2].lost;
    char *was = facts_of_form(other_forms[_i / 2].was, other_forms[_i / 2].type);
    char *becomes = facts_of_form(other_forms[_i / 2].becomes, other_forms[_i / 2].type);
    load("suspended", "calls", START, "", was);
    approve("calls");
    char *scope = message("%s'%s'", named ? "category => 'calls', subject => " : "subject => ",
                          other_forms[_i / 2].subject, NULL);
    char *hold = place(scope);
    load("suspended", "calls", START, "  title = \"y\";\n", becomes);
    if (lost) {
        char *refused = message("RT024: hold %s relies on what this policy of category \"calls\" "
                                "takes away: %s\"callee\" (%s)",
                                hold, "the subject of kind \"phone\" ", lost);
        ck_not_approved(refused, "calls", "");
        free(refused);
    } else {
        approve("calls");
        ck_is("t", site.admin,
              "SELECT bool_or(held_until = 'infinity') FROM retention.held_scope WHERE form = "
              "'phone %s %s'",
              other_forms[_i / 2].becomes, other_forms[_i / 2].type);
    }
    free(hold);
    free(scope);
    free(becomes);
    free(was);
}
END_TEST

START_TEST(another_starting_point)
{
    enforce("calls", START, "");
    char *hold = place("subject => 'phone:+1', starts_from => '2024-01-01'");
    load("suspended", "calls", "    start = \"ended_at\";\n", "", FACTS_CALLS);
    char *refused =
        message("RT024: hold %s would not keep all that it keeps in category \"calls\": "
                "its starting point is another one, and the scope has a range",
                hold, NULL, NULL);
    ck_not_approved(refused, "calls", "");
    load("suspended", "calls", START, "  timezone = \"Asia/Tokyo\";\n", FACTS_CALLS);
    ck_not_approved(refused, "calls", "");
    db_exec(site.legal, "SELECT retention.release_hold('%s', 'x')", hold);
    free(place("subject => 'phone:+1'"));
    approve("calls");
    free(refused);
    free(hold);
}
END_TEST

/* What others leave: approved with their texts; it goes on as it is, and a wider neighbour is
 * refused. */
START_TEST(neighbours_of_a_rest)
{
    enforce("tests", START ONLY("kind", "eq = \"fax\""), AFTER("2 years"));
    enforce("calls", START REST("1"), AFTER("2 years"));
    char *hold = place("category => 'calls', subject => 'phone:+1'");
    enforce("tests", START ONLY("kind", "eq = \"fax\""), AFTER("1 year"));
    load("suspended", "tests", START ONLY("kind", "in = [ \"fax\", \"text\" ]"), AFTER("1 year"),
         FACTS_CALLS);
    char *refused = message(TAKES, hold, "calls", "tests");
    ck_not_approved(refused, "tests", "");
    free(refused);
    free(hold);
}
END_TEST

/* A category that only looked begins to delete what a hold names as another's. */
START_TEST(begins_to_act)
{
    enforce("calls", START, "");
    char *text = policy("calls_v2", START, ""), *hold;
    load_mode("suspended", "calls_v2", text, "observe", FACTS_CALLS);
    approve("calls_v2");
    hold = place("category => 'calls', subject => 'phone:+1'");
    load("suspended", "calls_v2", START, "  title = \"x\";\n", FACTS_CALLS);
    char *refused = message(TAKES, hold, "calls", "calls_v2");
    ck_not_approved(refused, "calls_v2", "");
    free(refused);
    free(text);
    free(hold);
}
END_TEST

/* A hold without category promises to cover categories approved later: whoever approves one that it
 * cannot reach must say so, and it is written down. */
START_TEST(gaps_are_accepted)
{
    static const char other[] =
        "{\"subjects\": [{\"kind\": \"email\", \"as\": null, \"type\": "
        "\"text\", \"form\": \"email - text\", \"columns\": [\"caller\"]}], "
        "\"start\": true, \"key\": []}";
    hold_site_load(&site, "users", "enforce", "one", FACTS_CALLS, true);
    char *hold = place("subject => 'phone:+1'");
    hold_site_load(&site, "mail", "enforce", "one", other, false);
    char *refused = message("RT021: hold %s does not reach category \"mail\": it has no subject of "
                            "kind \"phone\"",
                            hold, NULL, NULL);
    ck_not_approved(refused, "mail", "");
    ck_not_approved("RT010: there is no hold 00000000-0000-4000-8000-00000000000f in force", "mail",
                    ", NULL, '{00000000-0000-4000-8000-00000000000f}'");
    char *accepts = message(", NULL, '{%s}'", hold, NULL, NULL), *sql = approving("mail", accepts);
    db_exec(site.approver, "%s", sql);
    ck_is("{mail}", site.admin, "SELECT accept_gaps FROM retention.hold");
    char *entry = db_value(site.admin, "SELECT entry FROM retention.log_entry WHERE type = 'gap'");
    struct entry read;
    struct error error = {0};
    ck_assert_msg(entry_read(&read, entry, strlen(entry), &error), "%s", error.primary);
    ck_assert_ptr_nonnull(strstr(entry, "\ncategory mail\nby t_approver\n"));
    /* once is enough */
    hold_site_load(&site, "mail", "enforce", "two", other, true);

    /* nothing is asked while nothing is deleted, but when that begins */
    hold_site_load(&site, "logs", "observe", "one", other, true);
    hold_site_load(&site, "logs", "enforce", "two", other, false);
    ck_not_approved("RT021: hold ", "logs", "");
    /* a hold that was placed with that gap said so then */
    db_exec(site.legal, "SELECT retention.release_hold('%s', 'x')", hold);
    free(place("subject => 'phone:+1', accept_gaps => '{logs,mail}'"));
    approve("logs");
    free(entry);
    free(sql);
    free(accepts);
    free(refused);
    free(hold);
}
END_TEST

/* Who loads could say falsely how holds find records; what decides is approved, and read by who
 * approves. */
START_TEST(facts_are_approved)
{
    enforce("calls", START, "");
    free(place("category => 'calls', subject => 'phone:+1'"));
    /* the same text, other facts: they do not take effect */
    char *lie = db_value(site.admin,
                         "SELECT replace(replace('%s', '\"e164\"', '\"lower\"'), "
                         "'phone e164', 'phone lower')",
                         FACTS_CALLS);
    load("suspended", "calls", START, "", lie);
    ck_scopes("subject - phone e164 text +1 - [-infinity, infinity)", site.admin, "calls");
    ck_not_approved("RT011: how holds find the records of category \"calls\" is not what it was",
                    "calls", ", retention.hold_facts_text('" FACTS_CALLS "')");
    load("active", "calls", START, "", FACTS_CALLS);
    /* nor do they with a text that keeps more */
    load("suspended", "calls", START, "  title = \"x\";\n", lie);
    load("active", "calls", START, "", FACTS_CALLS);
    load("suspended", "calls", START, "", "{\"declared\": \"elsewhere\"}");
    load("active", "calls", START, "", FACTS_CALLS);
    /* how records are counted decides nothing */
    char *counted =
        db_value(site.admin, "SELECT '%s'::jsonb || '{\"count\": \"SELECT 1\"}'", FACTS_CALLS);
    load("active", "calls", START, "", counted);
    /* a form by a false name is refused at once */
    char *form = db_value(site.admin, "SELECT replace('%s', 'phone e164 text', 'phone - text')",
                          FACTS_CALLS);
    char *text = policy("calls", START, ""), *sql = loading("calls", text, "enforce", form);
    ck_refused("RT011: the subjects of category \"calls\" do not bear the names of their forms",
               site.worker, "%s", sql);
    /* and what a person reads tells them apart */
    ck_is("subject \"phone\", compared as e164, of type text, in caller, callee\ntenant: of type "
          "bigint, in account_id\nstarting point: as the policy says\nkey: call_id (bigint)\n",
          site.approver, "SELECT retention.hold_facts_text('%s')", FACTS_CALLS);
    free(sql);
    free(text);
    free(form);
    free(counted);
    free(lie);
}
END_TEST

/* Rows of held_scope that somebody changed: found before a round, told in the log, and nothing runs
 * until legal mended it. */
START_TEST(altered)
{
    static const struct {
        const char *statement, *problem;
    } cases[] = {
        {"DELETE FROM retention.held_scope WHERE value = '+1'", "1 scopes of holds are missing"},
        {"UPDATE retention.held_scope SET held_until = now() WHERE value IN ('+1', '+2')",
         "2 scopes of holds are missing"},
        {"UPDATE retention.held_scope SET held_until = now() + interval '1 day' WHERE value = '+1'",
         "1 end too early"},
        {"UPDATE retention.held_scope SET value = '+9' WHERE value = '+1'",
         "1 scopes of holds are missing, 1 belong to no hold in force"},
        {"UPDATE retention.held_scope SET starts_from = 'infinity' WHERE value = '+1'",
         "1 scopes of holds are missing, 1 belong to no hold in force"},
        {"UPDATE retention.held_scope SET category = 'users' WHERE value = '+1'",
         "1 scopes of holds are missing"},
    };
    db_exec(site.admin, "CREATE TABLE public.t (id bigint)");
    hold_site_load(&site, "users", "enforce", "one", FACTS_CALLS, true);
    int64_t term = schema_lead(site.worker, '1');
    free(schema_policy(site.worker, site.approver, term, "c", "public.t", "text"));
    enforce("calls", START, "");
    free(place("subjects => '{phone:+1,phone:+2}', accept_gaps => '{c}'"));
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        ck_is("0", site.worker, "SELECT count(*) FROM retention.check_holds(%lld)",
              (long long)term);
        db_exec(site.admin, "%s AND category = 'calls' AND held_until = 'infinity'",
                cases[i].statement);
        char *problem = db_value(site.worker,
                                 "SELECT problem FROM retention.check_holds(%lld) WHERE category = "
                                 "'calls'",
                                 (long long)term);
        ck_assert_str_eq(problem ? problem : "(none)", cases[i].problem);
        free(problem);
        ck_is(cases[i].problem, site.approver,
              "SELECT problem FROM retention.hold_scope_problems('{calls}')");
        ck_is("t", site.approver,
              "SELECT failing AND cause LIKE 'what holds cover was altered: %%' FROM "
              "retention.compliance WHERE category = 'calls'");
        char *refused = hold_refused(site.worker,
                                     "SELECT retention.start_run(%lld, gen_random_uuid(), "
                                     "name, approved_sha256, 'gone', relation, 'delete', "
                                     "'1 year', 1, 0, 1, clock_timestamp()) FROM "
                                     "retention.category WHERE name = 'calls'",
                                     (long long)term);
        ck_assert_msg(strstr(refused, "RT024: what holds cover in category \"calls\"") == refused,
                      "%s", refused);
        free(refused);
        /* once is an entry, and by itself it does not go on */
        db_exec(site.worker, "SELECT retention.check_holds(%lld)", (long long)term);
        db_exec(site.admin, "SELECT retention.apply_hold_parts(NULL, NULL)");
        ck_is("t", site.worker, "SELECT count(*) > 0 FROM retention.check_holds(%lld)",
              (long long)term);
        ck_is("1", site.legal, "SELECT retention.mend_holds()");
    }
    ck_is("hold.scope 6 hold.mended 6", site.admin,
          "SELECT format('hold.scope %%s hold.mended %%s', count(*) FILTER (WHERE entry LIKE "
          "E'%%\\ncode hold.scope\\n%%'), count(*) FILTER (WHERE entry LIKE E'%%\\ncode "
          "hold.mended\\n%%')) FROM retention.log_entry WHERE type = 'anomaly'");
    ck_is("f", site.admin, "SELECT failing FROM retention.compliance WHERE category = 'calls'");
}
END_TEST

/* A run that is under way stops, too. */
START_TEST(batches_stop)
{
    db_exec(site.admin, "CREATE TABLE public.t (id bigint)");
    int64_t term = schema_lead(site.worker, '1');
    free(schema_policy(site.worker, site.approver, term, "c", "public.t", "text"));
    free(place("everything => true"));
    char *run = schema_run(site.worker, term, "c");
    char *begin = schema_begin_batch(run, term, "c", "public.t");
    db_exec(site.worker, "BEGIN");
    db_exec(site.worker, "%s", begin);
    db_exec(site.worker, "ROLLBACK");
    db_exec(site.admin, "DELETE FROM retention.held_scope");
    db_exec(site.worker, "SELECT retention.check_holds(%lld)", (long long)term);
    db_exec(site.worker, "BEGIN");
    ck_assert_str_eq(db_fails(site.worker, "%s", begin), "RT024");
    db_exec(site.worker, "ROLLBACK");
    free(begin);
    free(run);
}
END_TEST

/* The worker's login says that no guard is wanted where the policy wants one. */
START_TEST(no_guard_is_no_word_of_the_worker)
{
    int64_t term = schema_lead(site.worker, '1');
    enforce("calls", START, "  guard = \"refuse\";\n");
    static const char off[] = "SELECT retention.record_guard(%lld, 'calls', 'off', 'off', NULL, "
                              "NULL, '{}', '{}')";
    db_exec(site.worker,
            "SELECT retention.record_guard(%lld, 'calls', 'refuse', 'in place', NULL, repeat('a', "
            "64), '{g}', '{}')",
            (long long)term);
    ck_refused("RT011: the policy of category \"calls\" wants guard = \"refuse\": that there is "
               "none to look for is not recorded",
               site.worker, off, (long long)term);
    /* a text that wants none waits for approval: until then nothing changes */
    load("suspended", "calls", START, "", FACTS_CALLS);
    db_exec(site.worker, off, (long long)term);
    ck_is("in place", site.admin, "SELECT guard_state FROM retention.category");
    approve("calls");
    db_exec(site.worker, off, (long long)term);
    ck_is("off", site.admin, "SELECT guard_state FROM retention.category");
}
END_TEST

Suite *suite_hold_rules(void)
{
    Suite *suite = suite_create("hold_rules");
    TCase *tc = tcase_create("rules");
    tcase_set_timeout(tc, 300);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, renamed);
    tcase_add_test(tc, left_before_another_takes_it);
    tcase_add_test(tc, same_names_other_columns);
    tcase_add_test(tc, grace_and_end);
    tcase_add_test(tc, apart);
    tcase_add_test(tc, gets_too_old);
    tcase_add_test(tc, gets_old);
    tcase_add_test(tc, what_time_moves);
    tcase_add_test(tc, begins_to_go_by_time);
    tcase_add_test(tc, comes_where_holds_do_not_reach);
    tcase_add_test(tc, split);
    tcase_add_test(tc, guard_refuses_no_less);
    tcase_add_test(tc, found_by_fewer_columns);
    tcase_add_loop_test(tc, another_form, 0, 2 * sizeof(other_forms) / sizeof(other_forms[0]));
    tcase_add_test(tc, another_starting_point);
    tcase_add_test(tc, neighbours_of_a_rest);
    tcase_add_test(tc, begins_to_act);
    tcase_add_test(tc, gaps_are_accepted);
    tcase_add_test(tc, facts_are_approved);
    tcase_add_test(tc, altered);
    tcase_add_test(tc, batches_stop);
    tcase_add_test(tc, no_guard_is_no_word_of_the_worker);
    suite_add_tcase(suite, tc);
    return suite;
}
