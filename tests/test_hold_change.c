/* What becomes of a hold after it was placed: extended, narrowed, released, by whom and from when
 * on; the rules of that; what it covers, counted; and what stands in the log of all of it. */
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
static char *hold;

static void setup(void)
{
    site = hold_site_new(cluster_shared());
    hold_site_categories(&site);
    hold = db_value(site.legal, "SELECT retention.place_hold('2026-1', 'suit filed', category => "
                                "'calls', subjects => '{phone:+1,phone:+2,phone:1}')");
}

static void teardown(void)
{
    free(hold);
    hold_site_free(&site);
}

static void rules(const char *dual_control, const char *grace)
{
    db_exec(site.admin, "UPDATE retention.hold_rules SET dual_control = %s, grace = '%s'",
            dual_control, grace);
}

#define SUBJECT(number) "subject - phone e164 text +" number " - [-infinity, infinity)"

START_TEST(extended)
{
    ck_is("2", site.second,
          "SELECT retention.extend_hold('%s', 'another number', subject => "
          "'phone:+3', tenant => '7')",
          hold);
    ck_is("3", site.legal, "SELECT retention.extend_hold('%s', 'records', record_keys => '{5,6}')",
          hold);
    ck_scopes("key - - - {5} [-infinity, infinity)\nkey - - - {6} [-infinity, infinity)\n" SUBJECT(
                  "1") "\n" SUBJECT("2") "\ntenant_subject 7 phone e164 text +3 - [-infinity, "
                                         "infinity)",
              site.admin, "calls");
    ck_is("1 3 0 t_legal|2 1 0 t_legal2|3 0 2 t_legal", site.admin,
          "SELECT string_agg(concat_ws(' ', part, subjects, keys, placed_by), '|' ORDER BY part) "
          "FROM retention.hold_part");
    ck_refused("RT020: nothing is added: 2 errors\nsubject 1 is no phone number\ncategory "
               "\"calls\" cannot be reached: it has no subject of kind \"fax\"; 1 of 1 subjects of "
               "kind \"phone\" fit no column of it",
               site.legal,
               "SELECT retention.extend_hold('%s', 'x', subjects => "
               "'{phone:x,fax:1}')",
               hold);
    ck_refused("RT020: nothing is added: 2 errors\nit names nothing to hold\naccept_gaps: there is "
               "no category \"x\"",
               site.legal, "SELECT retention.extend_hold('%s', 'x', accept_gaps => '{x}')", hold);
    ck_refused("RT020: a hold is not extended without a reason", site.legal,
               "SELECT retention.extend_hold('%s', '', subject => 'phone:+4')", hold);
    ck_refused("RT010: there is no hold 00000000-0000-4000-8000-00000000000f", site.legal,
               "SELECT retention.extend_hold('00000000-0000-4000-8000-00000000000f', 'x', subject "
               "=> 'phone:+4')");
    db_exec(site.legal, "SELECT retention.release_hold('%s', 'over')", hold);
    char expected[100];
    snprintf(expected, sizeof(expected), "RT011: hold %s is released", hold);
    ck_refused(expected, site.legal,
               "SELECT retention.extend_hold('%s', 'x', subject => 'phone:+4')", hold);
}
END_TEST

/* Two ways to write one number: giving up one of them gives up nothing. */
START_TEST(narrowed)
{
    db_exec(site.legal,
            "SELECT retention.narrow_hold('%s', 'typing error', subjects => "
            "'{phone:1}')",
            hold);
    ck_scopes(SUBJECT("1") "\n" SUBJECT("2"), site.admin, "calls");
    db_exec(site.legal, "SELECT retention.narrow_hold('%s', 'not ours', subjects => '{phone:+1}')",
            hold);
    ck_scopes(SUBJECT("2"), site.admin, "calls");
    ck_refused("RT020: nothing is given up: 2 errors\nsubject 1 is none of the hold\nsubject 2 is "
               "none of the hold",
               site.legal,
               "SELECT retention.narrow_hold('%s', 'x', subjects => "
               "'{phone:+1,phone:+9,phone:+2}')",
               hold);
    /* in another writing than the hold's, what is given up is every writing that it has */
    db_exec(site.legal,
            "SELECT retention.extend_hold('%s', 'x', subjects => '{phone:+14105569002,phone:410 "
            "556 9002}')",
            hold);
    db_exec(site.legal,
            "SELECT retention.narrow_hold('%s', 'x', subjects => '{phone:(410) 556-9002}')", hold);
    ck_scopes(SUBJECT("2"), site.admin, "calls");
    ck_is("2", site.admin,
          "SELECT count(*) FROM retention.hold_subject WHERE value LIKE '%%9002' AND held_until < "
          "'infinity'");
    ck_refused("RT020: nothing is given up: subject 1 is none of the hold", site.legal,
               "SELECT retention.narrow_hold('%s', 'x', subjects => '{phone:410 556 9003}')", hold);
    char expected[200];
    snprintf(expected, sizeof(expected), "RT011: nothing of hold %s would remain", hold);
    ck_refused(expected, site.legal,
               "SELECT retention.narrow_hold('%s', 'x', subjects => '{phone:+2}')", hold);
    ck_refused(expected, site.legal, "SELECT retention.narrow_hold('%s', 'x', part => 1)", hold);
    ck_refused("RT020: nothing is given up: name a part, subjects or record keys to give up",
               site.legal, "SELECT retention.narrow_hold('%s', 'x')", hold);
    ck_refused("RT020: nothing is given up: a list is empty", site.legal,
               "SELECT retention.narrow_hold('%s', 'x', subjects => '{}')", hold);

    /* a part that loses its last subject does not cover everybody then */
    db_exec(site.legal,
            "SELECT retention.extend_hold('%s', 'x', tenant => '7', subject => 'phone:+3'), "
            "retention.extend_hold('%s', 'x', record_keys => '{5,6}')",
            hold, hold);
    db_exec(site.legal, "SELECT retention.narrow_hold('%s', 'x', 3, '{phone:+3}')", hold);
    db_exec(site.legal, "SELECT retention.narrow_hold('%s', 'x', record_keys => '{6}')", hold);
    ck_scopes("key - - - {5} [-infinity, infinity)\n" SUBJECT("2"), site.admin, "calls");
    ck_refused("RT020: nothing is given up: record key 1 is none of the hold", site.legal,
               "SELECT retention.narrow_hold('%s', 'x', record_keys => '{6}')", hold);
    db_exec(site.legal, "SELECT retention.narrow_hold('%s', 'x', part => 4)", hold);
    ck_scopes(SUBJECT("2"), site.admin, "calls");
    snprintf(expected, sizeof(expected), "RT010: hold %s has no part 4 in force", hold);
    ck_refused(expected, site.legal, "SELECT retention.narrow_hold('%s', 'x', part => 4)", hold);
    /* and none of it comes back when it is worked out again */
    db_exec(site.admin, "SELECT retention.apply_hold_parts(NULL, NULL)");
    ck_scopes(SUBJECT("2"), site.admin, "calls");
}
END_TEST

START_TEST(two_persons)
{
    rules("true", "0");
    ck_is("requested", site.legal, "SELECT retention.release_hold('%s', 'over')", hold);
    ck_is("requested", site.legal, "SELECT retention.release_hold('%s', 'over')", hold);
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM retention.hold_request"), 1);
    char *release = db_value(site.admin, "SELECT request FROM retention.hold_request");
    ck_refused("RT008: role \"t_legal\" asked for this and cannot confirm it", site.legal,
               "SELECT retention.confirm_request('%s', 'yes')", release);
    ck_scopes(SUBJECT("1") "\n" SUBJECT("2"), site.admin, "calls");
    /* not somebody who merely acts in another role */
    db_exec(site.legal, "SET ROLE retention_legal");
    ck_refused("RT008: role \"t_legal\" asked for this and cannot confirm it", site.legal,
               "SELECT retention.confirm_request('%s', 'yes')", release);
    db_exec(site.legal, "RESET ROLE");
    ck_refused("RT020: a request is not withdrawn without a reason", site.second,
               "SELECT retention.withdraw_request('%s', NULL)", release);
    db_exec(site.second, "BEGIN; SET LOCAL synchronous_commit = off");
    db_exec(site.second, "SELECT retention.withdraw_request('%s', 'not yet')", release);
    ck_is("on", site.second, "SHOW synchronous_commit");
    db_exec(site.second, "COMMIT");
    char expected[200];
    snprintf(expected, sizeof(expected), "RT011: request %s was withdrawn already", release);
    ck_refused(expected, site.second, "SELECT retention.confirm_request('%s', 'yes')", release);

    char *narrow = db_value(site.second,
                            "SELECT retention.narrow_hold('%s', 'not ours', subjects "
                            "=> '{phone:+2}')",
                            hold);
    ck_scopes(SUBJECT("1") "\n" SUBJECT("2"), site.admin, "calls");
    ck_refused("RT008: role \"t_legal2\" asked for this and cannot confirm it", site.second,
               "SELECT retention.confirm_request('%s', 'yes')", narrow);
    db_exec(site.legal, "SELECT retention.confirm_request('%s', 'yes')", narrow);
    ck_scopes(SUBJECT("1"), site.admin, "calls");
    snprintf(expected, sizeof(expected), "RT011: request %s was confirmed already", narrow);
    ck_refused(expected, site.legal, "SELECT retention.confirm_request('%s', 'yes')", narrow);
    ck_refused("RT010: there is no request 00000000-0000-4000-8000-00000000000f", site.legal,
               "SELECT retention.confirm_request('00000000-0000-4000-8000-00000000000f', 'yes')");

    ck_is("requested", site.second, "SELECT retention.release_hold('%s', 'over')", hold);
    ck_is("released", site.legal, "SELECT retention.release_hold('%s', 'agreed')", hold);
    ck_scopes("", site.admin, "calls");
    ck_is("t_legal over|t_legal2 t_legal agreed", site.admin,
          "SELECT concat_ws(' ', h.released_by, h.release_reason) || '|' || concat_ws(' ', "
          "q.requested_by, q.decided_by, q.decision_reason) FROM retention.hold h JOIN "
          "retention.hold_request q USING (hold) WHERE q.what = 'release' AND q.decision = "
          "'confirmed'");
    free(release);
    free(narrow);
}
END_TEST

/* What the second person confirms is what the first one asked for: nothing that was added since. */
START_TEST(confirmed_is_what_was_requested)
{
    rules("true", "0");
    /* a release */
    ck_is("requested", site.legal, "SELECT retention.release_hold('%s', 'over')", hold);
    char *release = db_value(site.admin, "SELECT request FROM retention.hold_request");
    db_exec(site.legal, "SELECT retention.extend_hold('%s', 'a witness', subject => 'phone:+3')",
            hold);
    char *refused =
        hold_refused(site.second, "SELECT retention.confirm_request('%s', 'yes')", release);
    ck_assert_msg(strstr(refused, "RT011: nothing is released: hold ") &&
                      strstr(refused, " was extended after its release was asked for\nRole "
                                      "\"t_legal\" asked for the release of one part on ") &&
                      strstr(refused, ", and the hold has 2 now."),
                  "%s", refused);
    free(refused);
    ck_scopes(SUBJECT("1") "\n" SUBJECT("2") "\n" SUBJECT("3"), site.admin, "calls");
    /* who releases then asks anew, for all of it, and does not confirm what is no more */
    ck_is("requested", site.second, "SELECT retention.release_hold('%s', 'over')", hold);
    ck_is("withdrawn the hold was extended|- -", site.admin,
          "SELECT string_agg(concat_ws(' ', coalesce(decision, '-'), coalesce(decision_reason, "
          "'-')), '|' ORDER BY requested_at) FROM retention.hold_request");
    ck_scopes(SUBJECT("1") "\n" SUBJECT("2") "\n" SUBJECT("3"), site.admin, "calls");

    /* a narrowing by subjects and by keys: not in parts that came later */
    char *narrow = db_value(site.second,
                            "SELECT retention.narrow_hold('%s', 'not ours', subjects => "
                            "'{phone:+2}')",
                            hold);
    db_exec(site.legal,
            "SELECT retention.extend_hold('%s', 'x', subject => 'phone:+2', tenant => '7')", hold);
    db_exec(site.legal, "SELECT retention.confirm_request('%s', 'yes')", narrow);
    ck_scopes(SUBJECT("1") "\n" SUBJECT("3") "\ntenant_subject 7 phone e164 text +2 - [-infinity, "
                                             "infinity)",
              site.admin, "calls");
    free(narrow);
    db_exec(site.legal, "SELECT retention.extend_hold('%s', 'x', record_keys => '{5,6}')", hold);
    narrow = db_value(site.second, "SELECT retention.narrow_hold('%s', 'x', record_keys => '{6}')",
                      hold);
    db_exec(site.legal, "SELECT retention.extend_hold('%s', 'x', record_keys => '{6}')", hold);
    db_exec(site.legal, "SELECT retention.confirm_request('%s', 'yes')", narrow);
    ck_is(
        "4 {5} t|4 {6} f|5 {6} t", site.admin,
        "SELECT string_agg(concat_ws(' ', part, key, held_until = 'infinity'), '|' ORDER BY part, "
        "key) FROM retention.hold_key");
    free(narrow);

    /* asked for when all of it is there, it is released; less than was asked for is no obstacle */
    db_exec(site.second, "SELECT retention.release_hold('%s', 'over')", hold);
    rules("false", "0");
    db_exec(site.legal, "SELECT retention.narrow_hold('%s', 'x', part => 2)", hold);
    rules("true", "0");
    ck_is("released", site.legal, "SELECT retention.release_hold('%s', 'over')", hold);
    ck_scopes("", site.admin, "calls");
    free(release);
}
END_TEST

/* A release takes with it what else was asked for the hold. */
START_TEST(requests_end_with_the_hold)
{
    rules("true", "0");
    char *narrow = db_value(
        site.legal, "SELECT retention.narrow_hold('%s', 'x', subjects => '{phone:+2}')", hold);
    rules("false", "0");
    ck_is("released", site.legal, "SELECT retention.release_hold('%s', 'over')", hold);
    char expected[200];
    snprintf(expected, sizeof(expected), "RT011: request %s was withdrawn already", narrow);
    ck_refused(expected, site.second, "SELECT retention.confirm_request('%s', 'x')", narrow);
    free(narrow);
}
END_TEST

/* What is given up counts as held until the grace is over, also in categories that come meanwhile
 * and after columns changed. */
START_TEST(grace)
{
    rules("false", "30 days");
    db_exec(site.legal, "SELECT retention.narrow_hold('%s', 'x', subjects => '{phone:+2}')", hold);
    ck_scopes(SUBJECT("1") "\n" SUBJECT("2") " ends", site.admin, "calls");
    char *all = db_value(site.legal, "SELECT retention.place_hold('2026-2', 'x', everything => "
                                     "true)");
    ck_is("released", site.legal, "SELECT retention.release_hold('%s', 'over')", all);
    ck_is("released", site.legal, "SELECT retention.release_hold('%s', 'over')", hold);
    ck_scopes(
        "all - - - - [-infinity, infinity) ends\n" SUBJECT("1") " ends\n" SUBJECT("2") " ends",
        site.admin, "calls");
    ck_assert_int_eq(
        db_number(site.admin,
                  "SELECT count(*) FROM retention.hold WHERE held_until - released_at BETWEEN "
                  "interval '30 days' - interval '1 minute' AND '30 days'"),
        2);
    hold_site_load(&site, "faxes", "enforce", "one", FACTS_CALLS, true);
    ck_scopes("all - - - - [-infinity, infinity) ends", site.admin, "faxes");
    /* the grace runs out by itself: as if 31 days had passed */
    db_script(site.admin,
              "UPDATE retention.hold SET held_until = held_until - interval '31 days';"
              "UPDATE retention.hold_part SET held_until = held_until - interval '31 days';"
              "UPDATE retention.held_scope SET held_until = held_until - interval '31 days'");
    ck_scopes("", site.admin, "calls");
    hold_site_load(&site, "mails", "enforce", "one", FACTS_CALLS, true);
    ck_scopes("", site.admin, "mails");
    free(all);
}
END_TEST

/* A record is free when every hold that covers it is released. */
START_TEST(holds_add_up)
{
    char *other = db_value(site.second, "SELECT retention.place_hold('2026-2', 'x', category => "
                                        "'calls', subject => 'phone:+1')");
    ck_scopes(SUBJECT("1") "\n" SUBJECT("1") "\n" SUBJECT("2"), site.admin, "calls");
    db_exec(site.legal, "SELECT retention.release_hold('%s', 'over')", hold);
    ck_scopes(SUBJECT("1"), site.admin, "calls");
    db_exec(site.legal, "SELECT retention.release_hold('%s', 'over')", other);
    ck_scopes("", site.admin, "calls");
    free(other);
}
END_TEST

/* Stricter rules at once, weaker ones by an approver who did not ask for them. */
START_TEST(rules_change)
{
    rules("true", "30 days");
    int64_t term = schema_lead(site.worker, '1');
#define PROPOSE(expected, arguments)                                                               \
    ck_is(expected, site.worker, "SELECT retention.propose_hold_rules(%lld, " arguments ")",       \
          (long long)term)
#define RULES(expected)                                                                            \
    ck_is(                                                                                         \
        expected, site.admin,                                                                      \
        "SELECT concat_ws(' ', dual_control, grace, coalesce(proposed_dual_control::text, '-'), "  \
        "coalesce(proposed_grace::text, '-')) FROM retention.hold_rules")
    ck_refused("RT011: no rules of holds await approval", site.approver,
               "SELECT retention.approve_hold_rules()");
    PROPOSE("t", "true, '30 days'");
    PROPOSE("t", "true, '60 days'");
    RULES("t 60 days - -");
    PROPOSE("f", "false, '10 days'");
    RULES("t 60 days false 10 days");
    ck_refused("RT011: the rules to approve are not the ones that are proposed", site.approver,
               "SELECT retention.approve_hold_rules(false, '9 days')");
    db_exec(site.admin, "GRANT retention_approver TO t_worker");
    ck_refused("RT008: role \"t_worker\" proposed these rules and cannot approve them", site.worker,
               "SELECT retention.approve_hold_rules()");
    db_exec(site.admin, "REVOKE retention_approver FROM t_worker");
    /* nor one who could have proposed them, or can act as who did */
    db_exec(site.admin, "GRANT retention_worker TO t_approver");
    ck_refused("RT008: role \"t_approver\" is a member of \"retention_worker\", which may propose "
               "rules, and cannot approve these rules",
               site.approver, "SELECT retention.approve_hold_rules()");
    db_script(site.admin, "REVOKE retention_worker FROM t_approver; GRANT t_worker TO t_approver");
    ck_refused("RT008: role \"t_approver\" is a member of \"t_worker\", which proposed them, and "
               "cannot approve these rules",
               site.approver, "SELECT retention.approve_hold_rules()");
    db_exec(site.admin, "REVOKE t_worker FROM t_approver");
    db_exec(site.approver, "SELECT retention.approve_hold_rules(false, '10 days')");
    RULES("f 10 days - -");
    PROPOSE("f", "true, '0'");
    RULES("t 10 days - 00:00:00");
    PROPOSE("t", "true, '10 days'"); /* taken back */
    RULES("t 10 days - -");
    ck_assert_str_eq(db_fails(site.worker,
                              "SELECT retention.propose_hold_rules(%lld, true, '-1 "
                              "days')",
                              (long long)term),
                     "RT011");
    ck_assert_str_eq(db_fails(site.worker,
                              "SELECT retention.propose_hold_rules(%lld, true, '1 day')",
                              (long long)term + 1),
                     "RT001");
    ck_assert_int_eq(db_number(site.admin,
                               "SELECT count(*) FROM retention.log_entry WHERE type = 'config' AND "
                               "entry LIKE E'%%\\nby t_approver\\n'"),
                     1);
}
END_TEST

#define REACH                                                                                      \
    "SELECT string_agg(concat_ws(' ', category, applies, why, rows), E'\\n' ORDER BY category) "   \
    "FROM retention."

/* Counted with the rights of the reader, and only what it may read. */
START_TEST(counted)
{
    db_script(site.admin, "CREATE TABLE calls AS SELECT generate_series(1, 5) AS call_id;"
                          "CREATE TABLE users (a int); GRANT SELECT ON calls TO retention_reader");
    ck_is("calls t 5", site.legal, REACH "hold_coverage('%s')", hold);
    db_script(site.admin, "REVOKE SELECT ON calls FROM retention_reader");
    ck_is("calls t not counted: role \"retention_reader\" may not read all of its tables; "
          "\"retentionctl setup --sql\" prints the grants",
          site.legal, REACH "hold_coverage('%s')", hold);
    db_script(site.admin, "GRANT SELECT ON calls TO retention_reader");
    ck_is("bare f it has no subject of kind \"phone\" 0\ncalls t 5\noutside f its data is outside "
          "of this database\nusers f it has no subject of kind \"phone\" 0",
          site.legal, REACH "hold_preview(subject => 'phone:+1')");
    ck_is("bare t not counted: SQLSTATE 42P01\ncalls t 5\noutside f its data is outside of this "
          "database\nusers t not counted: role \"retention_reader\" may not read all of its "
          "tables; \"retentionctl setup --sql\" prints the grants",
          site.legal, REACH "hold_preview(everything => true)");
    /* not with the owner's rights, to which whoever acts as the reader could change the functions
     */
    db_script(site.admin, "ALTER FUNCTION retention.count_held(text, uuid, text) SECURITY INVOKER;"
                          "ALTER FUNCTION retention.run_as_reader(text, text[]) SECURITY INVOKER");
    ck_is("calls t not counted: SQLSTATE RT011", site.legal, REACH "hold_coverage('%s')", hold);
    ck_refused("RT011: function retention.run_as_reader(text,text[]) does not run as "
               "\"retention_reader\"",
               site.approver, "SELECT retention.read_as_reader('calls', 'SELECT 1', '{}')");
    db_script(site.admin, "ALTER FUNCTION retention.count_held(text, uuid, text) SECURITY DEFINER;"
                          "ALTER FUNCTION retention.run_as_reader(text, text[]) SECURITY DEFINER");
    ck_is("calls t 5", site.legal, REACH "hold_coverage('%s')", hold);
    ck_refused("RT020: nothing is counted: subject 1 has a kind and no value", site.legal,
               "SELECT retention.hold_preview(subjects => '{phone:}')");
    ck_refused("RT020: nothing is counted: it names nothing to hold; to hold every record of every "
               "category, say everything",
               site.legal, "SELECT retention.hold_preview()");
    ck_refused("RT010: there is no category \"x\"", site.legal,
               "SELECT retention.hold_preview(category => 'x')");
    ck_refused("RT010: there is no hold (null)", site.legal,
               "SELECT retention.hold_coverage(NULL)");
    /* a preview leaves nothing, and waits for no batch */
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM retention.hold"), 1);
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM retention.matter"), 1);
    db_exec(site.admin, "BEGIN");
    db_exec(site.admin, "LOCK TABLE retention.hold_gate IN ROW SHARE MODE");
    db_exec(site.legal, "SET statement_timeout = '60s'");
    ck_is("calls t 5", site.legal, REACH "hold_preview('calls', subject => 'phone:+1')");
    db_exec(site.admin, "ROLLBACK");
}
END_TEST

/* A statement that the worker's login wrote down does no more than read what the reader may read.
 */
START_TEST(counting_is_harmless)
{
    db_exec(site.admin, "CREATE TABLE secret (a int)");
    static const char *const statements[] = {
        "DELETE FROM retention.hold",
        "DELETE FROM public.secret",
        "SELECT count(*) FROM public.secret",
        "SELECT count(*) FROM retention.hold_subject",
        "SELECT count(*) FROM retention.matter",
        "SELECT set_config(''role'', ''retention_owner'', false)::int",
        "SELECT retention.write_entry(''heartbeat'', NULL, NULL, ''{}'')",
        "SELECT count(*) FROM pg_authid",
    };
    for (size_t i = 0; i < sizeof(statements) / sizeof(statements[0]); i++) {
        db_exec(site.admin,
                "UPDATE retention.category SET hold_facts = hold_facts || jsonb_build_object("
                "'count', '%s') WHERE name = 'calls'",
                statements[i]);
        char *reach = db_value(site.legal, REACH "hold_coverage('%s')", hold);
        ck_assert_msg(strstr(reach, "calls t not counted: ") == reach, "%s: %s", statements[i],
                      reach);
        free(reach);
    }
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM retention.hold"), 1);
    /* settings go back */
    db_exec(site.admin, "UPDATE retention.category SET hold_facts = hold_facts || "
                        "jsonb_build_object('count', 'SELECT length(set_config("
                        "''work_mem'', ''64kB'', false))') WHERE name = 'calls'");
    ck_is("calls t 4", site.legal, REACH "hold_coverage('%s')", hold);
    ck_is("4MB", site.legal, "SHOW work_mem");
}
END_TEST

/* Every step is an entry that a reader accepts; what it is about stands there as a digest that only
 * who has the matter's key can compare. */
START_TEST(entries)
{
    rules("true", "0");
    db_exec(site.legal, "SELECT retention.extend_hold('%s', 'x', tenant => '7')", hold);
    char *narrow = db_value(
        site.legal, "SELECT retention.narrow_hold('%s', 'x', subjects => '{phone:+2}')", hold);
    db_exec(site.second, "SELECT retention.confirm_request('%s', 'x')", narrow);
    db_exec(site.legal, "SELECT retention.release_hold('%s', 'x')", hold);
    db_exec(site.second, "SELECT retention.release_hold('%s', 'x')", hold);
    db_exec(site.worker, "SELECT retention.record_inventory('%s', 12, repeat('ab', 32))", hold);
    ck_assert_str_eq(db_fails(site.worker, "SELECT retention.record_inventory(gen_random_uuid(), "
                                           "12, repeat('ab', 32))"),
                     "RT010");
    ck_assert_str_eq(
        db_fails(site.worker, "SELECT retention.record_inventory('%s', 12, 'ab')", hold), "RT011");
    ck_is("placed t_legal|extended t_legal|requested t_legal|narrowed t_legal2|requested "
          "t_legal|released t_legal2",
          site.admin,
          "SELECT string_agg(substring(entry, '(?n)^what (.*)$') || ' ' || substring(entry, "
          "'(?n)^by (.*)$'), '|' ORDER BY id) FROM retention.log_entry WHERE type = 'hold'");
    PGresult *result = PQexec(
        site.admin, "SELECT entry FROM retention.log_entry WHERE type IN ('hold', 'inventory')");
    ck_assert_int_eq(PQntuples(result), 7);
    for (int i = 0; i < PQntuples(result); i++) {
        struct entry entry;
        struct error error = {0};
        ck_assert_msg(
            entry_read(&entry, PQgetvalue(result, i, 0), (size_t)PQgetlength(result, i, 0), &error),
            "%s: %s", error.primary, PQgetvalue(result, i, 0));
        error_clear(&error);
    }
    PQclear(result);
    /* the matter's digest, the transaction and the snapshot are what they should be */
    ck_assert_int_eq(
        db_number(site.admin,
                  "SELECT count(*) FROM retention.log_entry e, retention.matter m WHERE e.type = "
                  "'hold' AND e.category = 'calls' AND e.entry LIKE E'%%\\nmatter ' || "
                  "encode(retention.hmac_sha256(m.digest_key, '2026-1'), 'hex') || E'\\nwhat%%' "
                  "AND e.entry LIKE E'%%\\nxid ' || e.xmin || E'\\nsnapshot %%' AND NOT "
                  "pg_visible_in_snapshot(e.xmin::text::xid8, substring(e.entry, '(?n)^snapshot "
                  "(.*)$')::pg_snapshot)"),
        6);
    ck_assert_int_eq(db_number(site.admin, "SELECT count(DISTINCT substring(entry, '(?n)^scope "
                                           "(.*)$')) FROM retention.log_entry WHERE type = 'hold'"),
                     4);
    free(narrow);
}
END_TEST

START_TEST(notified)
{
    PGconn *listener = db_connect(site.cluster, site.database, "t_worker");
    db_exec(listener, "LISTEN retention");
    db_exec(site.legal, "SELECT retention.extend_hold('%s', 'x', tenant => '7')", hold);
    db_exec(listener, "SELECT 1");
    PGnotify *notify = PQnotifies(listener);
    ck_assert_ptr_nonnull(notify);
    ck_assert_str_eq(notify->extra, "hold");
    PQfreemem(notify);
    PQfinish(listener);
}
END_TEST

Suite *suite_hold_change(void)
{
    Suite *suite = suite_create("hold_change");
    TCase *tc = tcase_create("change");
    tcase_set_timeout(tc, 300);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, extended);
    tcase_add_test(tc, narrowed);
    tcase_add_test(tc, two_persons);
    tcase_add_test(tc, confirmed_is_what_was_requested);
    tcase_add_test(tc, requests_end_with_the_hold);
    tcase_add_test(tc, grace);
    tcase_add_test(tc, holds_add_up);
    tcase_add_test(tc, rules_change);
    tcase_add_test(tc, counted);
    tcase_add_test(tc, counting_is_harmless);
    tcase_add_test(tc, entries);
    tcase_add_test(tc, notified);
    suite_add_tcase(suite, tc);
    return suite;
}
