/* Placing holds: what they cover in each category, what is refused and how it is told, and what
 * becomes of them when policies change. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/cluster.h"
#include "harness/db.h"
#include "harness/schema.h"
#include "hold_support.h"

static struct hold_site site;

static void setup(void)
{
    site = hold_site_new(cluster_shared());
    hold_site_categories(&site);
}

static void teardown(void)
{
    hold_site_free(&site);
}

/* Places a hold in matter 2026-1; caller frees its uuid. */
static char *place(const char *arguments)
{
    return db_value(site.legal, "SELECT retention.place_hold('2026-1', 'suit filed', %s)",
                    arguments);
}

static void placed(const char *arguments)
{
    free(place(arguments));
}

#define FROM_TO "starts_from => '2024-01-01', starts_to => '2025-01-01'"

/* Every combination of what a hold can name, in a category that has all of it. */
START_TEST(shapes)
{
    static const struct {
        const char *arguments, *scopes;
    } cases[] = {
        {"category => 'calls'", "all - - - - [-infinity, infinity)"},
        {"category => 'calls', " FROM_TO, "start - - - - [2024-01-01, 2025-01-01)"},
        {"category => 'calls', starts_from => '2024-01-01'",
         "start - - - - [2024-01-01, infinity)"},
        {"category => 'calls', starts_to => '2024-01-01'", "start - - - - [-infinity, 2024-01-01)"},
        {"category => 'calls', tenant => '007'", "tenant 7 - - - [-infinity, infinity)"},
        {"category => 'calls', tenant => '7', " FROM_TO,
         "tenant_start 7 - - - [2024-01-01, 2025-01-01)"},
        {"category => 'calls', subject => 'phone:410 555 0100'",
         "subject - phone e164 text 105550100 - [-infinity, infinity)"},
        {"category => 'calls', subjects => '{phone:1,phone:+2,phone:+1}'",
         "subject - phone e164 text +1 - [-infinity, infinity)\n"
         "subject - phone e164 text +2 - [-infinity, infinity)"},
        {"category => 'calls', subject => 'phone:+1', subjects => '{phone:+2}'",
         "subject - phone e164 text +1 - [-infinity, infinity)\n"
         "subject - phone e164 text +2 - [-infinity, infinity)"},
        {"category => 'calls', subject => 'phone:+1', " FROM_TO,
         "subject_start - phone e164 text +1 - [2024-01-01, 2025-01-01)"},
        {"category => 'calls', tenant => '7', subject => 'phone:+1'",
         "tenant_subject 7 phone e164 text +1 - [-infinity, infinity)"},
        {"category => 'calls', tenant => '7', subject => 'phone:+1', " FROM_TO,
         "tenant_subject_start 7 phone e164 text +1 - [2024-01-01, 2025-01-01)"},
        {"category => 'calls', record_key => '{007}'", "key - - - {7} [-infinity, infinity)"},
        {"category => 'calls', record_keys => '{1,2,01}'",
         "key - - - {1} [-infinity, infinity)\nkey - - - {2} [-infinity, infinity)"},
        {"category => 'calls', record_key => '{1}', " FROM_TO,
         "key_more - - - {1} [2024-01-01, 2025-01-01)"},
        {"category => 'calls', record_key => '{1}', tenant => '7'",
         "key_more 7 - - {1} [-infinity, infinity)"},
        {"category => 'calls', record_key => '{1}', subject => 'phone:+1'",
         "key_more - - - {1} [-infinity, infinity) with subjects\n"
         "key_subject - phone e164 text +1 - [-infinity, infinity)"},
        {"category => 'calls', record_key => '{1}', tenant => '7', subject => 'phone:+1', " FROM_TO,
         "key_more 7 - - {1} [2024-01-01, 2025-01-01) with subjects\n"
         "key_subject - phone e164 text +1 - [-infinity, infinity)"},
        {"everything => true", "all - - - - [-infinity, infinity)"},
        {"tenant => '7', accept_gaps => '{users}'", "tenant 7 - - - [-infinity, infinity)"},
        {"subject => 'phone:+1', accept_gaps => '{users}'",
         "subject - phone e164 text +1 - [-infinity, infinity)"},
        {FROM_TO, "start - - - - [2024-01-01, 2025-01-01)"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char *hold = place(cases[i].arguments);
        char *scopes = hold_scopes(site.admin, "calls");
        ck_assert_msg(strcmp(scopes, cases[i].scopes) == 0, "%s:\n%s\ninstead of\n%s",
                      cases[i].arguments, scopes, cases[i].scopes);
        free(scopes);
        db_exec(site.legal, "SELECT retention.release_hold('%s', 'over')", hold);
        ck_scopes("", site.admin, "calls");
        free(hold);
    }
}
END_TEST

/* The same hold in categories that lack something: a range meets every record where no starting
 * point is known, anything else that is missing is a gap. */
START_TEST(shapes_elsewhere)
{
    placed("category => 'users', subjects => '{user:12,email: Ann@X.org}', " FROM_TO);
    ck_scopes("subject - email lower text ann@x.org - [-infinity, infinity)\n"
              "subject - user - bigint 12 - [-infinity, infinity)",
              site.admin, "users");
    ck_scopes("", site.admin, "calls");
    placed("category => 'users', record_keys => "
           "'{\"{1,A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11}\"}', subject => 'user:12'");
    ck_is("key_more {1,a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11} t", site.admin,
          "SELECT concat_ws(' ', shape, key, with_subjects) FROM retention.held_scope WHERE "
          "key IS NOT NULL");
    placed("category => 'bare', " FROM_TO);
    ck_scopes("start - - - - [2024-01-01, 2025-01-01)", site.admin, "bare");

    char *hold = place("subject => 'email:x', accept_gaps => '{calls}'");
    ck_is("bare: it has no subject of kind \"email\"\ncalls: it has no subject of kind \"email\"\n"
          "outside: its data is outside of this database",
          site.admin,
          "SELECT string_agg(category || ': ' || why, E'\\n' ORDER BY category) FROM "
          "retention.hold_gap WHERE hold = '%s'",
          hold);
    free(hold);
}
END_TEST

/* Nothing known of a category's columns: whatever could reach it holds all of it, until they are.
 */
START_TEST(unknown_columns)
{
    hold_site_load(&site, "old", "enforce", "one", NULL, true);
    placed("subject => 'phone:+1', accept_gaps => '{users}'");
    ck_scopes("all - - - - [-infinity, infinity)", site.admin, "old");
    ck_refused("RT020: nothing is placed: the key of category \"old\" is not known yet; let the "
               "worker or \"retentionctl policy load\" load its policy again",
               site.legal,
               "SELECT retention.place_hold('1', 'x', category => 'old', record_key => '{1}')");
    /* the same text again, now with facts; and an older program that knows none, which somebody
     * would have to approve */
    hold_site_load(&site, "old", "enforce", "one", FACTS_CALLS, true);
    ck_scopes("subject - phone e164 text +1 - [-infinity, infinity)", site.admin, "old");
    hold_site_load(&site, "old", "enforce", "one", "null", false);
    ck_scopes("subject - phone e164 text +1 - [-infinity, infinity)", site.admin, "old");
    ck_is("suspended", site.admin, "SELECT state FROM retention.category WHERE name = 'old'");
}
END_TEST

#define PLACE "SELECT retention.place_hold('2026-1', 'suit filed', "

START_TEST(refused_all_at_once)
{
    ck_refused("RT020: nothing is placed: 8 errors\n"
               "subject 1 is no value of type bigint\n"
               "subject 3 does not say of what kind it is; write kind:value\n"
               "subject 4 has a kind and no value\n"
               "subject 5 is null\n"
               "subject 6 does not say of what kind it is; write kind:value\n"
               "record key 1 is no key of category \"users\" (a bigint, b uuid)\n"
               "record key 2 is no key of category \"users\" (a bigint, b uuid)\n"
               "category \"users\" cannot be reached: it has no subject of kind \"phone\"; 1 of 2 "
               "subjects of kind \"user\" fit no column of it",
               site.legal,
               PLACE "category => 'users', subjects => ARRAY['user:x', 'user:1', 'foo', 'email: ', "
                     "NULL, ':x', 'phone:+1'], record_keys => '{5,\"{1,2}\"}')");
    ck_refused("RT020: nothing is placed: 2 errors\na hold needs a reason\nthe kind must be "
               "litigation, anticipated, regulator or restriction",
               site.legal,
               "SELECT retention.place_hold('1', ' ', category => 'calls', kind => 'whim')");
    ck_refused("RT020: nothing is placed: it names nothing to hold; to hold every record of every "
               "category, say everything",
               site.legal, "SELECT retention.place_hold('1', 'x')");
    ck_refused("RT020: nothing is placed: a hold over everything names nothing else", site.legal,
               PLACE "everything => true, category => 'calls')");
    ck_refused("RT020: nothing is placed: the list of subjects is empty", site.legal,
               PLACE "category => 'calls', subjects => '{}')");
    ck_refused("RT020: nothing is placed: the list of record keys is empty", site.legal,
               PLACE "category => 'calls', record_keys => '{}')");
    ck_refused("RT020: nothing is placed: the tenant is empty", site.legal,
               PLACE "category => 'calls', tenant => ' ')");
    ck_refused("RT020: nothing is placed: the range of starting points ends before it begins",
               site.legal,
               PLACE "category => 'calls', starts_from => '2025-01-01', starts_to => "
                     "'2025-01-01')");
    ck_refused("RT020: nothing is placed: record keys need a category", site.legal,
               PLACE "record_key => '{1}')");
    ck_refused("RT020: nothing is placed: the records of category \"bare\" have no key", site.legal,
               PLACE "category => 'bare', record_key => '{1}')");
    ck_refused("RT020: nothing is placed: the record key is no key of category \"calls\" (call_id "
               "bigint)",
               site.legal, PLACE "category => 'calls', record_key => '{1,2}')");
    ck_refused("RT020: nothing is placed: accept_gaps: there is no category \"calsl\"", site.legal,
               PLACE "category => 'calls', accept_gaps => '{calsl}')");
    ck_refused("RT020: nothing is placed: a hold needs a matter", site.legal,
               "SELECT retention.place_hold(' ', 'x', category => 'calls')");
    ck_refused("RT010: nothing is placed: there is no category \"calsl\"", site.legal,
               PLACE "category => 'calsl')");
    /* many errors: the first of them */
    char *refused = hold_refused(site.legal, PLACE "category => 'users', subjects => ARRAY(SELECT "
                                                   "'user:x' || i FROM generate_series(1, 100) "
                                                   "i))");
    ck_assert_ptr_nonnull(strstr(refused, "nothing is placed: 101 errors\n"));
    ck_assert_ptr_nonnull(strstr(refused, "\nsubject 20 is no value of type bigint\nand 81 more"));
    ck_assert_ptr_null(strstr(refused, "subject 21"));
    free(refused);
    /* and nothing of all that was placed, no matter opened */
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM retention.matter"), 0);
    ck_assert_int_eq(
        db_number(site.admin, "SELECT count(*) FROM retention.log_entry WHERE type = 'hold'"), 0);
}
END_TEST

START_TEST(gaps)
{
    /* A category that deletes must be reached, or the gap accepted; in others it is noted. */
    ck_refused("RT021: nothing is placed: category \"users\" cannot be reached: it has no tenant",
               site.legal, PLACE "tenant => '7')");
    ck_refused("RT021: nothing is placed: 2 errors\n"
               "category \"calls\" cannot be reached: the tenant is no value of type bigint\n"
               "category \"users\" cannot be reached: it has no tenant",
               site.legal, PLACE "tenant => 'acme')");
    ck_refused("RT021: nothing is placed: category \"users\" cannot be reached: it has no subject "
               "of kind \"phone\"",
               site.legal, PLACE "subject => 'phone:+1')");
    placed("subject => 'phone:+1', accept_gaps => '{users}'");

    /* a category that is named must be reached, whatever its mode */
    ck_refused("RT021: nothing is placed: category \"bare\" cannot be reached: it has no tenant",
               site.legal, PLACE "category => 'bare', tenant => '1')");
    ck_refused("RT021: nothing is placed: category \"outside\" cannot be reached: its data is "
               "outside of this database",
               site.legal, PLACE "category => 'outside')");
    placed("category => 'outside', accept_gaps => '{outside}'");
    placed("category => 'users', subjects => '{user:1,user:x}', accept_gaps => '{users}'");
    ck_is("1 of 2 subjects of kind \"user\" fit no column of it", site.admin,
          "SELECT why FROM retention.hold_gap WHERE category = 'users' AND why LIKE '1 of%%'");

    /* nothing in reach anywhere */
    db_exec(site.admin, "UPDATE retention.category SET mode = 'observe', approved_mode = "
                        "'observe'");
    ck_refused("RT022: nothing is placed: what it names is found in no category", site.legal,
               PLACE "subject => 'fax:1')");
    ck_refused("RT022: nothing is placed: what it names is found in no category", site.legal,
               PLACE "subject => 'fax:1', accept_gaps => '{calls,users,bare}')");
    placed("subject => 'fax:1', accept_gaps => '{calls,users,bare,outside}'");
}
END_TEST

/* A lost COMMIT is repeated with the caller's uuid. */
START_TEST(repeated)
{
    static const char id[] = "00000000-0000-4000-8000-00000000000a";
    for (int i = 0; i < 3; i++) {
        db_exec(site.legal, "SET timezone = '%s'", i ? "Asia/Tokyo" : "UTC");
        ck_is(id, i == 2 ? site.second : site.legal,
              PLACE "tenant => '7', starts_from => '2024-01-01 00:00:00+00', hold => '%s', "
                    "accept_gaps => '{users}', matter_name => 'Doe')",
              id);
    }
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM retention.hold_part"), 1);
    ck_assert_int_eq(
        db_number(site.admin, "SELECT count(*) FROM retention.log_entry WHERE type = 'hold'"), 1);
    char expected[300];
    snprintf(expected, sizeof(expected), "RT023: hold %s was placed before, with other arguments",
             id);
    ck_refused(expected, site.legal,
               PLACE "tenant => '8', starts_from => '2024-01-01 00:00:00+00', hold => '%s', "
                     "accept_gaps => '{users}', matter_name => 'Doe')",
               id);
    ck_refused(expected, site.legal,
               "SELECT retention.place_hold('2026-2', 'suit filed', tenant => '7', starts_from => "
               "'2024-01-01 00:00:00+00', hold => '%s', accept_gaps => '{users}', matter_name => "
               "'Doe')",
               id);
    /* but not when it does not keep what it covers, or soon will not */
    db_exec(site.admin, "UPDATE retention.hold_rules SET dual_control = true, grace = '30 days'");
    db_exec(site.legal, "SELECT retention.release_hold('%s', 'over')", id);
    snprintf(
        expected, sizeof(expected),
        "RT023: hold %s was placed before, with the same arguments, and its release, asked for "
        "by \"%s\", waits for a second person",
        id, PQuser(site.legal));
    for (int i = 0; i < 2; i++) {
        ck_refused(expected, i ? site.second : site.legal,
                   PLACE "tenant => '7', starts_from => '2024-01-01 00:00:00+00', hold => '%s', "
                         "accept_gaps => '{users}', matter_name => 'Doe')",
                   id);
    }
    db_exec(site.second, "SELECT retention.release_hold('%s', 'over')", id);
    char *until =
        db_value(site.admin, "SELECT to_char(held_until AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS "
                             "\"UTC\"') FROM retention.hold");
    snprintf(expected, sizeof(expected),
             "RT023: hold %s was placed before, with the same arguments, and released since: it "
             "keeps what it covers only until %s",
             id, until);
    free(until);
    ck_refused(expected, site.legal,
               PLACE "tenant => '7', starts_from => '2024-01-01 00:00:00+00', hold => '%s', "
                     "accept_gaps => '{users}', matter_name => 'Doe')",
               id);
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM retention.hold"), 1);
}
END_TEST

START_TEST(matters)
{
    db_exec(site.legal, "SELECT retention.place_hold('2026-7', 'x', category => 'calls', "
                        "matter_name => 'Roe', court_reference => '7 C 7', confidential => true)");
    ck_is("Roe 7 C 7 t t_legal 32", site.admin,
          "SELECT concat_ws(' ', name, court_reference, confidential, opened_by, "
          "octet_length(digest_key)) FROM retention.matter");
    db_exec(site.second, "SELECT retention.place_hold('2026-7', 'x', category => 'users')");
    db_exec(site.second, "SELECT retention.place_hold('2026-7', 'x', category => 'users', "
                         "matter_name => 'Roe')");
    static const char *const others[] = {"matter_name => 'Doe'", "court_reference => '8 C 8'",
                                         "confidential => false"};
    for (size_t i = 0; i < 3; i++)
        ck_refused("RT020: nothing is placed: the matter exists, with another name or court "
                   "reference or another confidentiality",
                   site.legal,
                   "SELECT retention.place_hold('2026-7', 'x', category => 'calls', %s)",
                   others[i]);
    ck_refused("RT010: there is no such matter", site.legal,
               "SELECT retention.close_matter('2026-8', 'x')");
    ck_refused("RT020: a matter is not closed without a reason", site.legal,
               "SELECT retention.close_matter('2026-7', '')");
    ck_refused("RT011: the matter cannot be closed: 3 of its holds are not released", site.legal,
               "SELECT retention.close_matter('2026-7', 'settled')");
    db_exec(site.legal, "SELECT retention.release_hold(hold, 'settled') FROM retention.hold");
    db_exec(site.legal, "SELECT retention.close_matter('2026-7', 'settled')");
    ck_is("t_legal settled", site.admin,
          "SELECT concat_ws(' ', closed_by, close_reason) FROM retention.matter");
    ck_refused("RT011: the matter is closed already", site.legal,
               "SELECT retention.close_matter('2026-7', 'settled')");
    ck_refused("RT011: nothing is placed: the matter is closed", site.legal,
               "SELECT retention.place_hold('2026-7', 'x', category => 'calls')");
}
END_TEST

/* Whatever is refused and whatever is logged: no subject, no tenant, no key, no name. */
START_TEST(nothing_leaks)
{
    static const char *const tries[] = {
        "category => 'users', subjects => '{user:secret1,secret2,user:}'",
        "tenant => 'secret3'",
        "category => 'calls', record_keys => '{secret4}'",
        "subjects => '{phone:secret5}'",
        "category => 'users', record_keys => '{\"{secret6\"}'",
        ("category => 'calls', matter_name => 'secret7', court_reference => 'secret8', kind => "
         "'x'"),
    };
    for (size_t i = 0; i < sizeof(tries) / sizeof(tries[0]); i++) {
        char *refused = hold_refused(
            site.legal, "SELECT retention.place_hold('secret0', 'secret9', %s)", tries[i]);
        ck_assert_msg(strstr(refused, "secret") == NULL, "%s", refused);
        free(refused);
    }
    char *hold = db_value(site.legal, "SELECT retention.place_hold('secret0', 'secret9', subjects "
                                      "=> '{email:secret1,user:4105550100}', matter_name => "
                                      "'secret7', confidential => true, accept_gaps => '{calls}')");
    char *refused = hold_refused(site.legal,
                                 "SELECT retention.narrow_hold('%s', 'secret9', subjects => "
                                 "'{email:secret8}')",
                                 hold);
    ck_assert_msg(strstr(refused, "secret") == NULL, "%s", refused);
    free(refused);
    db_exec(site.legal,
            "SELECT retention.narrow_hold('%s', 'secret9', subjects => '{email:secret1}')", hold);
    db_exec(site.legal, "SELECT retention.extend_hold('%s', 'secret9', subject => 'email:secret3')",
            hold);
    db_exec(site.legal, "SELECT retention.release_hold('%s', 'secret9')", hold);
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM retention.log_entry WHERE type = "
                                           "'hold'"),
                     4);
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM retention.log_entry WHERE entry "
                                           "~ 'secret|410555'"),
                     0);
    free(hold);
}
END_TEST

/* A hold without a category covers what is loaded and approved later. */
START_TEST(later_categories)
{
    placed("subject => 'phone:+1', accept_gaps => '{users}'");
    placed("everything => true");
    hold_site_load(&site, "faxes", "enforce", "one", FACTS_CALLS, false);
    ck_scopes("all - - - - [-infinity, infinity)\n"
              "subject - phone e164 text +1 - [-infinity, infinity)",
              site.admin, "faxes");
    /* the text that is approved is another one: its columns count */
    hold_site_load(&site, "faxes", "enforce", "two",
                   "{\"subjects\": [{\"kind\": \"phone\", \"as\": \"lower\", \"type\": \"text\", "
                   "\"form\": \"phone lower text\"}], \"start\": true, \"key\": []}",
                   true);
    ck_scopes("all - - - - [-infinity, infinity)\n"
              "subject - phone lower text +1 - [-infinity, infinity)",
              site.admin, "faxes");
    /* one that cannot be reached: noted, and who approves it must say so (test_hold_rules.c) */
    hold_site_load(&site, "mails", "enforce", "one", FACTS_USERS, false);
    ck_scopes("all - - - - [-infinity, infinity)", site.admin, "mails");
    ck_is("it has no subject of kind \"phone\"", site.admin,
          "SELECT why FROM retention.hold_gap WHERE category = 'mails'");
}
END_TEST

/* Two texts of which the second needs no approval. */
#define ONE  "users: {\n  title = \"c\";\n};\n"
#define TWO  "users: {\n  title = \"a\";\n};\n"
#define FOUR "users: {\n  title = \"b\";\n};\n"

/* Columns change under a hold. While a text waits for approval the one in effect counts. */
START_TEST(policies_change)
{
    hold_site_load(&site, "users", "enforce", ONE, FACTS_USERS, true);
    placed("category => 'users', subjects => '{user:007,email:x}'");
    /* the column got another type */
    static const char text[] =
        "{\"subjects\": [{\"kind\": \"user\", \"as\": null, \"type\": \"text\", \"form\": \"user - "
        "text\"}, {\"kind\": \"email\", \"as\": \"lower\", \"type\": \"text\", \"form\": \"email "
        "lower text\"}], \"start\": true, \"key\": []}";
    hold_site_load(&site, "users", "enforce", TWO, text, false);
    ck_scopes("subject - email lower text x - [-infinity, infinity)\n"
              "subject - user - bigint 7 - [-infinity, infinity)",
              site.admin, "users");
    db_exec(site.approver,
            "SELECT retention.approve_policy('users', encode(sha256('" TWO "'), 'hex'), "
            "NULL)");
    ck_scopes("subject - email lower text x - [-infinity, infinity)\n"
              "subject - user - text 007 - [-infinity, infinity)",
              site.admin, "users");

    /* a kind of subject that the hold relies on is gone: the text is not approved, nor does it take
     * effect by itself; after the release it does */
    static const char less[] =
        "{\"subjects\": [{\"kind\": \"user\", \"as\": null, \"type\": \"text\", \"form\": \"user - "
        "text\"}], \"start\": true, \"key\": []}";
    hold_site_load(&site, "users", "enforce", "three", less, false);
    char *hold = db_value(site.admin, "SELECT hold FROM retention.hold");
    char expected[300];
    snprintf(expected, sizeof(expected),
             "RT024: hold %s relies on what this policy of category \"users\" takes away: it has "
             "no subject of kind \"email\"",
             hold);
    ck_refused(expected, site.approver,
               "SELECT retention.approve_policy('users', encode(sha256('three'), 'hex'), NULL)");
    hold_site_load(&site, "users", "enforce", FOUR, less, false);
    ck_refused(expected, site.approver,
               "SELECT retention.approve_policy('users', encode(sha256('" FOUR "'), 'hex'), NULL)");
    /* the same text, but the database lost the column: it waits, and is refused as well */
    hold_site_load(&site, "users", "enforce", TWO, text, false);
    hold_site_load(&site, "users", "enforce", TWO, less, false);
    ck_is("suspended", site.admin, "SELECT state FROM retention.category WHERE name = 'users'");
    ck_refused(expected, site.approver,
               "SELECT retention.approve_policy('users', encode(sha256('" TWO "'), 'hex'), NULL)");
    ck_scopes("subject - email lower text x - [-infinity, infinity)\n"
              "subject - user - text 007 - [-infinity, infinity)",
              site.admin, "users");
    db_exec(site.legal, "SELECT retention.release_hold('%s', 'over')", hold);
    hold_site_load(&site, "users", "enforce", "three", less, true);
    free(hold);
}
END_TEST

/* One of several columns of a kind, the tenant's, a key's: seen by their names. */
START_TEST(columns_are_taken_away)
{
    static const struct {
        const char *arguments, *from, *to, *why;
    } cases[] = {
        {"subject => 'phone:+1'", "[\"caller\", \"callee\"]", "[\"caller\"]",
         "the subject of kind \"phone\" \"callee\""},
        {"tenant => '1'", "\"account_id\"", "\"customer_id\"", "the tenant \"account_id\""},
        {"record_key => '{1}'", "\"call_id\"", "\"id\"", "the key \"call_id\""},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char arguments[200], expected[300];
        snprintf(arguments, sizeof(arguments), "category => 'calls', %s", cases[i].arguments);
        char *hold = place(arguments);
        char *facts = db_value(site.admin, "SELECT replace('%s', '%s', '%s')::jsonb::text",
                               FACTS_CALLS, cases[i].from, cases[i].to);
        hold_site_load(&site, "calls", "enforce", "less", facts, false);
        snprintf(expected, sizeof(expected),
                 "RT024: hold %s relies on what this policy of category \"calls\" takes away: %s",
                 hold, cases[i].why);
        ck_refused(expected, site.approver,
                   "SELECT retention.approve_policy('calls', encode(sha256('less'), 'hex'), NULL)");
        hold_site_load(&site, "calls", "enforce", "one", FACTS_CALLS, false);
        db_exec(site.legal, "SELECT retention.release_hold('%s', 'over')", hold);
        free(facts);
        free(hold);
    }
    /* a hold without category relies on them as well, unless it need not reach this one */
    char *all = place("subject => 'phone:+1', accept_gaps => '{users}'");
    char *fewer = db_value(site.admin, "SELECT replace('%s', '\"caller\", ', '')", FACTS_CALLS);
    char expected[300];
    snprintf(expected, sizeof(expected),
             "RT024: hold %s relies on what this policy of category \"calls\" takes away: the "
             "subject of kind \"phone\" \"caller\"",
             all);
    hold_site_load(&site, "calls", "enforce", "less", fewer, false);
    ck_refused(expected, site.approver,
               "SELECT retention.approve_policy('calls', encode(sha256('less'), 'hex'), NULL)");
    db_exec(site.legal, "SELECT retention.release_hold('%s', 'over')", all);
    free(fewer);
    free(all);
    /* what no hold is found by may go */
    placed("tenant => '1', accept_gaps => '{users}'");
    placed("subject => 'phone:+1', accept_gaps => '{users,calls}'");
    char *facts = db_value(site.admin,
                           "SELECT replace('%s', '[\"caller\", \"callee\"]', "
                           "'[\"caller\"]')",
                           FACTS_CALLS);
    hold_site_load(&site, "calls", "enforce", "less", facts, true);
    free(facts);
}
END_TEST

START_TEST(retiring)
{
    char *hold = place("subject => 'phone:+1', accept_gaps => '{users}'");
    db_exec(site.worker, "SELECT retention.policy_gone('{calls,users}')");
    ck_refused("RT024: category \"calls\" cannot be retired: an active hold relies on it",
               site.approver, "SELECT retention.retire_policy('calls', 'sold')");
    db_exec(site.approver, "SELECT retention.retire_policy('users', 'sold')");
    db_exec(site.legal, "SELECT retention.release_hold('%s', 'over')", hold);
    db_exec(site.approver, "SELECT retention.retire_policy('calls', 'sold')");
    ck_refused("RT011: category \"calls\" is retired", site.approver,
               "SELECT retention.retire_policy('calls', 'sold')");
    /* retired categories are out of reach, and in reach again when they come back */
    ck_refused("RT010: nothing is placed: there is no category \"calls\"", site.legal,
               PLACE "category => 'calls')");
    placed("everything => true");
    ck_scopes("", site.admin, "calls");
    hold_site_load(&site, "calls", "enforce", "one", FACTS_CALLS, false);
    ck_scopes("all - - - - [-infinity, infinity)", site.admin, "calls");
    free(hold);
}
END_TEST

/* Another version converts values in another way: migrate works out anew what holds cover. */
START_TEST(migrate_applies_holds)
{
    placed("category => 'calls', subject => 'phone:410 555 0100'");
    db_exec(site.admin,
            "UPDATE retention.held_scope SET value = '+14105550100' WHERE value <> '?'");
    schema_migrate(site.cluster, site.database, NULL, NULL);
    ck_scopes("subject - phone e164 text 105550100 - [-infinity, infinity)", site.admin, "calls");
}
END_TEST

/* Tens of thousands of subjects and keys in one statement. */
START_TEST(many_values)
{
    placed("category => 'calls', subjects => ARRAY(SELECT 'phone:+1' || i FROM "
           "generate_series(1, 20000) i)");
    placed("category => 'calls', record_keys => ARRAY(SELECT i::text FROM "
           "generate_series(1, 20000) i)");
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM retention.held_scope WHERE "
                                           "value IS DISTINCT FROM '?'"),
                     40000);
}
END_TEST

Suite *suite_hold_place(void)
{
    Suite *suite = suite_create("hold_place");
    TCase *tc = tcase_create("place");
    tcase_set_timeout(tc, 300);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, shapes);
    tcase_add_test(tc, shapes_elsewhere);
    tcase_add_test(tc, unknown_columns);
    tcase_add_test(tc, refused_all_at_once);
    tcase_add_test(tc, gaps);
    tcase_add_test(tc, repeated);
    tcase_add_test(tc, matters);
    tcase_add_test(tc, nothing_leaks);
    tcase_add_test(tc, later_categories);
    tcase_add_test(tc, policies_change);
    tcase_add_test(tc, columns_are_taken_away);
    tcase_add_test(tc, retiring);
    tcase_add_test(tc, migrate_applies_holds);
    tcase_add_test(tc, many_values);
    suite_add_tcase(suite, tc);
    return suite;
}
