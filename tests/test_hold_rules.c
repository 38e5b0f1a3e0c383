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
#include "hold_policy.h"
#include "ledger/entry.h"

static struct hold_site site;

static void setup(void)
{
    site = hold_policy_site();
}

static void teardown(void)
{
    hold_site_free(&site);
}

/* The category's file gets another name: the hold names the old one, and the new one would delete
 * the records. */
START_TEST(renamed)
{
    hold_enforce(&site, "calls", START, "");
    char *hold =
        hold_place(&site, "category => 'calls', tenant => '7', subjects => '{phone:+1,phone:+2}'");
    db_exec(site.worker, "SELECT retention.policy_gone('{calls}')");
    hold_load(&site, "suspended", "calls_v2", START, "", FACTS_CALLS);
    char *refused = hold_message(TAKES, hold, "calls", "calls_v2");
    hold_not_approved(&site, refused, "calls_v2", "");

    /* what covers less is no substitute */
    static const char *const less[] = {
        "category => 'calls_v2', tenant => '7', subject => 'phone:+1'",
        "category => 'calls_v2', tenant => '8', subjects => '{phone:+1,phone:+2}'",
        "category => 'calls_v2', subjects => '{phone:+1,phone:+2}', starts_from => '2020-01-01'",
        "category => 'calls_v2', record_key => '{1}'",
    };
    for (size_t i = 0; i < sizeof(less) / sizeof(less[0]); i++) {
        char *other = hold_place(&site, less[i]);
        hold_not_approved(&site, refused, "calls_v2", "");
        db_exec(site.legal, "SELECT retention.release_hold('%s', 'x')", other);
        free(other);
    }
    /* nor does the approver decide */
    char *accepts = hold_message(", NULL, '{%s}'", hold, NULL, NULL);
    hold_not_approved(&site, refused, "calls_v2", accepts);

    char *same =
        hold_place(&site, "category => 'calls_v2', subjects => '{phone:+3,phone:+2,phone:+1}'");
    hold_approve(&site, "calls_v2");
    ck_is("active", site.admin, "SELECT state FROM retention.category WHERE name = 'calls_v2'");
    /* which then is not the first to go */
    ck_assert_str_eq(db_fails(site.legal, "SELECT retention.release_hold('%s', 'x')", same),
                     "RT024");
    db_exec(site.legal, "SELECT retention.release_hold('%s', 'x')", hold);
    db_exec(site.legal, "SELECT retention.release_hold('%s', 'x')", same);
    free(same);
    free(accepts);
    free(refused);
    free(hold);
}
END_TEST

/* Renamed before there was a hold: the old category has no file any more, and the new one acts on
 * its records. A hold of the old one alone would keep nothing. */
START_TEST(placed_on_one_without_a_file)
{
    hold_enforce(&site, "calls", START, "");
    hold_enforce(&site, "texts", START ONLY("kind", "eq = \"text\""), "");
    hold_enforce(&site, "faxes", START ONLY("kind", "eq = \"fax\""), "");
    /* as long as both have files, these were compared: no two of them delete */
    char *before = hold_place(&site, "category => 'texts', subject => 'phone:+9'");
    db_exec(site.legal, "SELECT retention.release_hold('%s', 'x')", before);
    free(before);
    db_exec(site.worker, "SELECT retention.policy_gone('{texts}')");

#define TAKEN                                                                                      \
    "RT024: nothing is %s: the policy file of category \"texts\" is gone, category \"calls\" may " \
    "take its records, and nothing would keep them there"
    char *placed = hold_message(TAKEN, "placed", NULL, NULL);
    static const char *const refused[] = {
        "category => 'texts', subject => 'phone:+1'",
        "category => 'texts', subject => 'phone:+1', accept_gaps => '{texts,calls}'",
        "category => 'texts', record_key => '{1}'",
        "category => 'texts'",
    };
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
        ck_refused(placed, site.legal, "SELECT retention.place_hold('2026-1', 'suit filed', %s)",
                   refused[i]);
    ck_is("0", site.admin, "SELECT count(*) FROM retention.hold WHERE held_until > now()");

    /* without category, or with what covers as much of the other one; which is not the first to go
     */
    free(hold_place(&site, "tenant => '7'"));
    char *taker = hold_place(&site, "category => 'calls', subjects => '{phone:+1,phone:+2}'");
    char *hold = hold_place(&site, refused[0]);
    char *added = hold_message(TAKEN, "added", NULL, NULL);
    ck_refused(added, site.legal,
               "SELECT retention.extend_hold('%s', 'more', subject => 'phone:+3')", hold);
    ck_assert_str_eq(db_fails(site.legal, "SELECT retention.release_hold('%s', 'x')", taker),
                     "RT024");
    db_exec(site.legal, "SELECT retention.release_hold('%s', 'x')", hold);

    /* one that shares no record, or acts no more, is in nobody's way */
    db_exec(site.worker, "SELECT retention.policy_gone('{calls}')");
    free(hold_place(&site, "category => 'texts', subject => 'phone:+4'"));
    ck_refused(
        "RT024: nothing is placed: the policy file of category \"calls\" is gone, category "
        "\"faxes\" may take its records, and nothing would keep them there",
        site.legal,
        "SELECT retention.place_hold('2026-1', 'x', category => 'calls', record_key => '{1}')");
    free(added);
    free(hold);
    free(taker);
    free(placed);
}
END_TEST

/* The same where a changed file waits for approval that leaves the records to another category, and
 * where it was not valid when the other one was approved. */
START_TEST(placed_on_one_whose_file_says_else)
{
    hold_enforce(&site, "calls", START, "");
    hold_enforce(&site, "texts", START, "");
    db_exec(site.admin, "UPDATE retention.category SET invalid_because = 'x', invalid_since = "
                        "(SELECT approved_at FROM retention.category WHERE name = 'calls') WHERE "
                        "name = 'calls'");
    ck_refused("RT024: nothing is placed: the policy file of category \"calls\" is not valid, "
               "category \"texts\" may take its records, and nothing would keep them there",
               site.legal, "SELECT retention.place_hold('2026-1', 'x', category => 'calls')");
    db_exec(site.admin, "UPDATE retention.category SET invalid_since = clock_timestamp() WHERE "
                        "name = 'calls'");
    char *hold = hold_place(&site, "category => 'calls', subject => 'phone:+1'");
    db_exec(site.legal, "SELECT retention.release_hold('%s', 'x')", hold);
    free(hold);
    db_exec(site.admin,
            "UPDATE retention.category SET invalid_because = NULL, invalid_since = NULL");

    hold_load(&site, "suspended", "calls", START ONLY("kind", "eq = \"call\""), AFTER("1 month"),
              FACTS_CALLS);
    ck_refused(
        "RT024: nothing is placed: the policy file of category \"calls\" leaves out some of "
        "them, category \"texts\" may take its records, and nothing would keep them there",
        site.legal,
        "SELECT retention.place_hold('2026-1', 'x', category => 'calls', record_key => '{1}')");
    free(hold_place(&site, "category => 'texts', record_key => '{1}'"));
    free(hold_place(&site, "category => 'calls', record_key => '{1}'"));
}
END_TEST

/* A hold in its grace keeps as any other; one without category follows by itself; after the end
 * nothing is in the way. */
START_TEST(grace_and_end)
{
    hold_enforce(&site, "calls", START, "");
    db_exec(site.admin, "UPDATE retention.hold_rules SET grace = '30 days'");
    char *hold = hold_place(&site, "category => 'calls', subject => 'phone:+1'");
    db_exec(site.legal, "SELECT retention.release_hold('%s', 'over')", hold);
    hold_load(&site, "suspended", "calls_v2", START, "", FACTS_CALLS);
    char *refused = hold_message(TAKES, hold, "calls", "calls_v2");
    hold_not_approved(&site, refused, "calls_v2", "");
    char *all = hold_place(&site, "subject => 'phone:+1'");
    hold_approve(&site, "calls_v2");
    hold_load(&site, "suspended", "calls_v3", START, "", FACTS_CALLS);
    hold_approve(&site, "calls_v3");
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
            char *one = hold_policy("a", swap ? cases[i].other : cases[i].one, "");
            char *other = hold_policy("b", swap ? cases[i].one : cases[i].other, "");
            char *is =
                db_value(site.admin, "SELECT retention.policies_apart('%s', '%s')", one, other);
            ck_assert_msg(strcmp(is, cases[i].apart ? "t" : "f") == 0, "%s: %s%s", is, one, other);
            free(is);
            free(one);
            free(other);
        }
    hold_enforce(&site, "calls", START ONLY("kind", "eq = \"call\""), "");
    free(hold_place(&site, "category => 'calls', subject => 'phone:+1'"));
    hold_enforce(&site, "texts", START ONLY("kind", "eq = \"text\""), "");
    ck_is("active", site.admin, "SELECT state FROM retention.category WHERE name = 'texts'");
}
END_TEST

/* A held category that leaves out records, so that another takes them now or some day: not even
 * without approval, as what narrows a policy takes effect. */
START_TEST(split)
{
    hold_enforce(&site, "calls", START, "");
    char *hold = hold_place(&site, "category => 'calls', subject => 'phone:+1'");
    char *text = hold_policy("calls", START ONLY("kind", "eq = \"call\""), "");
    char *sql = hold_loading("calls", text, "enforce", FACTS_CALLS);
    char *refused =
        hold_message("RT024: hold %s would not keep all that it keeps in category \"calls\": "
                     "its table, its conditions or its dependants leave out records",
                     hold, NULL, NULL);
    ck_refused(refused, site.worker, "%s", sql);
    /* fewer conditions, longer periods are no matter */
    hold_load(&site, "active", "calls", START, "  title = \"x\";\n", FACTS_CALLS);
    free(refused);
    free(sql);
    free(text);

    /* without category: the rest has to keep what it gets, and does */
    db_exec(site.legal, "SELECT retention.release_hold('%s', 'x')", hold);
    char *all = hold_place(&site, "subject => 'phone:+1'");
    hold_load(&site, "suspended", "others", START REST("1"), "", FACTS_CALLS);
    hold_approve(&site, "others");
    hold_load(&site, "active", "calls", START ONLY("kind", "eq = \"call\""), "  title = \"x\";\n",
              FACTS_CALLS);
    free(all);
    free(hold);
}
END_TEST

/* A guard refuses others by what the policy takes: what a hold covers is not left out, also where
 * the hold names no category and no other takes the records; with approval or without. */
START_TEST(guard_refuses_no_less)
{
    hold_enforce(&site, "calls", START, "  guard = \"refuse\";\n");
    char *hold = hold_place(&site, "subject => 'phone:+1'");
    char *refused =
        hold_message("RT024: hold %s would not keep all that it keeps in category \"calls\": "
                     "its table, its conditions or its dependants leave out records, which "
                     "the guard would let others change and delete",
                     hold, NULL, NULL);
    char *text =
        hold_policy("calls", START ONLY("kind", "eq = \"call\""), "  guard = \"refuse\";\n");
    char *sql = hold_loading("calls", text, "enforce", FACTS_CALLS);
    ck_refused(refused, site.worker, "%s", sql);
    free(text);
    hold_load(&site, "suspended", "calls", START ONLY("kind", "eq = \"call\""),
              "  guard = \"observe\";\n", FACTS_CALLS);
    hold_not_approved(&site, refused, "calls", "");
    hold_load(&site, "active", "calls", START, "  guard = \"refuse\";\n", FACTS_CALLS);
    /* what narrows nothing is no matter, and nothing is in the way of what no hold covers */
    hold_load(&site, "active", "calls", START, "  guard = \"refuse\";\n  title = \"x\";\n",
              FACTS_CALLS);
    db_exec(site.legal, "SELECT retention.release_hold('%s', 'x')", hold);
    ck_is("active", site.worker, "%s", sql);
    free(sql);
    free(refused);
    free(hold);

    /* without a guard there was nothing that it refused */
    hold_enforce(&site, "texts", START, "");
    hold = hold_place(&site, "subject => 'phone:+1'");
    hold_load(&site, "active", "texts", START ONLY("kind", "eq = \"text\""), "", FACTS_CALLS);
    free(hold);
}
END_TEST

/* Of one number's records, the new category finds only those that it calls. */
START_TEST(found_by_fewer_columns)
{
    hold_enforce(&site, "calls", START, "");
    char *hold = hold_place(&site, "subject => 'phone:+1'");
    char *less = db_value(site.admin,
                          "SELECT replace('%s', '[\"caller\", \"callee\"]', "
                          "'[\"caller\"]')",
                          FACTS_CALLS);
    hold_load(&site, "suspended", "calls_v2", START, "", less);
    char *refused = hold_message(TAKES, hold, "calls", "calls_v2");
    hold_not_approved(&site, refused, "calls_v2", "");
    /* and the same category may not lose one either, though the hold does not name it */
    hold_load(&site, "suspended", "calls", START, "  title = \"y\";\n", less);
    char *lost =
        hold_message("RT024: hold %s relies on what this policy of category \"calls\" takes "
                     "away: the subject of kind \"phone\" \"callee\"",
                     hold, NULL, NULL);
    hold_not_approved(&site, lost, "calls", "");
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
    hold_enforce(&site, "calls", START, "");
    char *hold = hold_place(&site, "subject => 'phone:+1'");
    hold_load(&site, "active", "calls", START ONLY("kind", "eq = \"call\""), "", FACTS_CALLS);
    hold_load(&site, "active", "calls", START ONLY("kind", "eq = \"call\""), "  title = \"x\";\n",
              FACTS_CALLS);
    char *later = hold_place(&site, "subject => 'phone:+2'");
    hold_load(&site, "suspended", "faxes", START ONLY("kind", "eq = \"fax\""), "", less);
    char *sql = hold_approving("faxes", ""), *refused = hold_refused(site.approver, "%s", sql);
    char *begin = hold_message("RT024: hold %s covers records that category \"calls\" had until ",
                               hold, NULL, NULL);
    ck_assert_msg(strncmp(refused, begin, strlen(begin)) == 0, "%s", refused);
    ck_assert_ptr_null(strstr(refused, later));
    /* found by the same columns it is */
    hold_load(&site, "suspended", "faxes", START ONLY("kind", "eq = \"fax\""), "", FACTS_CALLS);
    hold_approve(&site, "faxes");
    /* and when the hold is over, nothing is in the way */
    hold_load(&site, "suspended", "texts", START ONLY("kind", "eq = \"text\""), "", less);
    hold_not_approved(&site, begin, "texts", "");
    db_exec(site.legal, "SELECT retention.release_hold('%s', 'x')", hold);
    hold_approve(&site, "texts");
    ck_is("0", site.admin, "SELECT count(*) FROM retention.category_was");
    free(begin);
    free(refused);
    free(sql);
    free(later);
    free(hold);
    free(less);
}
END_TEST

/* The statement that loads this text of "calls", with the columns that it reads. */
static char *loading_columns(const char *text, const char *facts)
{
    char *sql;
    ck_assert_int_ge(
        asprintf(&sql,
                 "SELECT retention.load_policy(NULL, 'calls', encode(sha256('%s'), 'hex'), (SELECT "
                 "approved_sha256 FROM retention.category WHERE name = 'calls'), '%s', 'enforce', "
                 "'public.call', '{public.call}', NULL, false, 'Title', '%s', '{\"public.call\": "
                 "{\"caller\": null, \"callee\": null, \"account_id\": null}}')",
                 text, text, facts),
        0);
    return sql;
}

#define SWAP                                                                                       \
    "ALTER TABLE call RENAME caller TO x; ALTER TABLE call RENAME callee TO caller;"               \
    "ALTER TABLE call RENAME x TO callee"

/* Two columns swapped their names: that other facts of the text, which decide nothing, are others
 * now (how records are counted), approves nothing. */
START_TEST(other_columns_stay_suspended)
{
    char *counted =
        db_value(site.admin, "SELECT '%s'::jsonb || '{\"count\": \"SELECT 1\"}'", FACTS_CALLS);
    char *text = hold_policy("calls", START, ""), *sql = loading_columns(text, FACTS_CALLS),
         *other = loading_columns(text, counted);
    ck_is("suspended", site.worker, "%s", sql);
    hold_approve(&site, "calls");
    ck_is("active", site.worker, "%s", other);
    db_script(site.admin, SWAP);
    ck_is("suspended", site.worker, "%s", other);
    ck_is("suspended", site.worker, "%s", sql);
    ck_is("suspended {public.call.callee,public.call.caller}", site.admin,
          "SELECT concat_ws(' ', state, changed_columns) FROM retention.category");
    /* put back, they are what was approved */
    db_script(site.admin, SWAP);
    ck_is("active", site.worker, "%s", other);
    ck_is("active", site.admin,
          "SELECT concat_ws(' ', state, changed_columns) FROM retention.category");
    free(other);
    free(sql);
    free(text);
    free(counted);
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
        {SWAP, "public.call.callee, public.call.caller"},
        {"ALTER TABLE call ALTER caller TYPE text USING reverse(caller)", "public.call.caller"},
        {"ALTER TABLE call ALTER account_id TYPE numeric", "public.call.account_id"},
    };
    char *text = hold_policy("calls", START, ""), *sql = loading_columns(text, FACTS_CALLS);
    free(db_value(site.worker, "%s", sql));
    hold_approve(&site, "calls");
    char *hold = hold_place(&site, "category => 'calls', subject => 'phone:+1'");
    char *all = hold_place(&site, "tenant => '7'");
    char *others = hold_place(&site, "category => 'calls', tenant => '8'");
    db_exec(site.legal, "SELECT retention.release_hold('%s', 'x')", others);
    int entries = 0;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        db_script(site.admin, cases[i].change);
        char *state = db_value(site.worker, "%s", sql);
        if (strcmp(state, "suspended") == 0 && cases[i].names) {
            char *refused = hold_message(
                "RT021: each of the holds %s, %s found records of category \"calls\" when "
                "these were other columns: %s",
                hold, all, cases[i].names);
            hold_not_approved(&site, refused, "calls", "");
            free(refused);
            char *one = hold_message(", NULL, '{%s}'", hold, NULL, NULL);
            refused =
                hold_message("RT021: hold %s found records of category \"calls\" when these were "
                             "other columns: %s",
                             all, cases[i].names, NULL);
            hold_not_approved(&site, refused, "calls", one);
            free(refused);
            free(one);
            char *both = hold_message(", NULL, '{%s,%s}'", hold, all, NULL);
            char *accepting = hold_approving("calls", both);
            db_exec(site.approver, "%s", accepting);
            free(accepting);
            free(both);
            entries += 2;
        } else {
            ck_assert_msg(!cases[i].names, "%s: %s", cases[i].change, state);
            if (strcmp(state, "suspended") == 0)
                hold_approve(&site, "calls");
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
    hold_approve(&site, "calls");
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
    hold_load(&site, "suspended", "calls", START, "", was);
    hold_approve(&site, "calls");
    char *scope = hold_message("%s'%s'", named ? "category => 'calls', subject => " : "subject => ",
                               other_forms[_i / 2].subject, NULL);
    char *hold = hold_place(&site, scope);
    hold_load(&site, "suspended", "calls", START, "  title = \"y\";\n", becomes);
    if (lost) {
        char *refused =
            hold_message("RT024: hold %s relies on what this policy of category \"calls\" "
                         "takes away: %s\"callee\" (%s)",
                         hold, "the subject of kind \"phone\" ", lost);
        hold_not_approved(&site, refused, "calls", "");
        free(refused);
    } else {
        hold_approve(&site, "calls");
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
    hold_enforce(&site, "calls", START, "");
    char *hold = hold_place(&site, "subject => 'phone:+1', starts_from => '2024-01-01'");
    hold_load(&site, "suspended", "calls", "    start = \"ended_at\";\n", "", FACTS_CALLS);
    char *refused =
        hold_message("RT024: hold %s would not keep all that it keeps in category \"calls\": "
                     "its starting point is another one, and the scope has a range",
                     hold, NULL, NULL);
    hold_not_approved(&site, refused, "calls", "");
    hold_load(&site, "suspended", "calls", START, "  timezone = \"Asia/Tokyo\";\n", FACTS_CALLS);
    hold_not_approved(&site, refused, "calls", "");
    db_exec(site.legal, "SELECT retention.release_hold('%s', 'x')", hold);
    free(hold_place(&site, "subject => 'phone:+1'"));
    hold_approve(&site, "calls");
    free(refused);
    free(hold);
}
END_TEST

/* What others leave: approved with their texts; it goes on as it is, and a wider neighbour is
 * refused. */
START_TEST(neighbours_of_a_rest)
{
    hold_enforce(&site, "tests", START ONLY("kind", "eq = \"fax\""), AFTER("2 years"));
    hold_enforce(&site, "calls", START REST("1"), AFTER("2 years"));
    char *hold = hold_place(&site, "category => 'calls', subject => 'phone:+1'");
    hold_enforce(&site, "tests", START ONLY("kind", "eq = \"fax\""), AFTER("1 year"));
    hold_load(&site, "suspended", "tests", START ONLY("kind", "in = [ \"fax\", \"text\" ]"),
              AFTER("1 year"), FACTS_CALLS);
    char *refused = hold_message(TAKES, hold, "calls", "tests");
    hold_not_approved(&site, refused, "tests", "");
    free(refused);
    free(hold);
}
END_TEST

/* A category that only looked begins to delete what a hold names as another's. */
START_TEST(begins_to_act)
{
    hold_enforce(&site, "calls", START, "");
    char *text = hold_policy("calls_v2", START, ""), *hold;
    hold_load_mode(&site, "suspended", "calls_v2", text, "observe", FACTS_CALLS);
    hold_approve(&site, "calls_v2");
    hold = hold_place(&site, "category => 'calls', subject => 'phone:+1'");
    hold_load(&site, "suspended", "calls_v2", START, "  title = \"x\";\n", FACTS_CALLS);
    char *refused = hold_message(TAKES, hold, "calls", "calls_v2");
    hold_not_approved(&site, refused, "calls_v2", "");
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
    char *hold = hold_place(&site, "subject => 'phone:+1'");
    hold_site_load(&site, "mail", "enforce", "one", other, false);
    char *refused =
        hold_message("RT021: hold %s does not reach category \"mail\": it has no subject of "
                     "kind \"phone\"",
                     hold, NULL, NULL);
    hold_not_approved(&site, refused, "mail", "");
    hold_not_approved(&site,
                      "RT010: there is no hold 00000000-0000-4000-8000-00000000000f in force",
                      "mail", ", NULL, '{00000000-0000-4000-8000-00000000000f}'");
    char *accepts = hold_message(", NULL, '{%s}'", hold, NULL, NULL),
         *sql = hold_approving("mail", accepts);
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
    hold_not_approved(&site, "RT021: hold ", "logs", "");
    /* a hold that was placed with that gap said so then */
    db_exec(site.legal, "SELECT retention.release_hold('%s', 'x')", hold);
    free(hold_place(&site, "subject => 'phone:+1', accept_gaps => '{logs,mail}'"));
    hold_approve(&site, "logs");
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
    hold_enforce(&site, "calls", START, "");
    free(hold_place(&site, "category => 'calls', subject => 'phone:+1'"));
    /* the same text, other facts: they do not take effect */
    char *lie = db_value(site.admin,
                         "SELECT replace(replace('%s', '\"e164\"', '\"lower\"'), "
                         "'phone e164', 'phone lower')",
                         FACTS_CALLS);
    hold_load(&site, "suspended", "calls", START, "", lie);
    ck_scopes("subject - phone e164 text +1 - [-infinity, infinity)", site.admin, "calls");
    hold_not_approved(&site,
                      "RT011: how holds find the records of category \"calls\" is not what it was",
                      "calls", ", retention.hold_facts_text('" FACTS_CALLS "')");
    hold_load(&site, "active", "calls", START, "", FACTS_CALLS);
    /* nor do they with a text that keeps more */
    hold_load(&site, "suspended", "calls", START, "  title = \"x\";\n", lie);
    hold_load(&site, "active", "calls", START, "", FACTS_CALLS);
    hold_load(&site, "suspended", "calls", START, "", "{\"declared\": \"elsewhere\"}");
    hold_load(&site, "active", "calls", START, "", FACTS_CALLS);
    /* how records are counted decides nothing */
    char *counted =
        db_value(site.admin, "SELECT '%s'::jsonb || '{\"count\": \"SELECT 1\"}'", FACTS_CALLS);
    hold_load(&site, "active", "calls", START, "", counted);
    /* a form by a false name is refused at once */
    char *form = db_value(site.admin, "SELECT replace('%s', 'phone e164 text', 'phone - text')",
                          FACTS_CALLS);
    char *text = hold_policy("calls", START, ""),
         *sql = hold_loading("calls", text, "enforce", form);
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
    hold_enforce(&site, "calls", START, "");
    free(hold_place(&site, "subjects => '{phone:+1,phone:+2}', accept_gaps => '{c}'"));
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
    free(hold_place(&site, "everything => true"));
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
    hold_enforce(&site, "calls", START, "  guard = \"refuse\";\n");
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
    hold_load(&site, "suspended", "calls", START, "", FACTS_CALLS);
    db_exec(site.worker, off, (long long)term);
    ck_is("in place", site.admin, "SELECT guard_state FROM retention.category");
    hold_approve(&site, "calls");
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
    tcase_add_test(tc, placed_on_one_without_a_file);
    tcase_add_test(tc, placed_on_one_whose_file_says_else);
    tcase_add_test(tc, left_before_another_takes_it);
    tcase_add_test(tc, other_columns_stay_suspended);
    tcase_add_test(tc, same_names_other_columns);
    tcase_add_test(tc, grace_and_end);
    tcase_add_test(tc, apart);
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
