/* Holds outlive the database: each has an encrypted copy beside the log, and a database that forgot
 * one deletes nothing until it is back. */
#define _GNU_SOURCE
#include <check.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"
#include "config.h"
#include "harness/cluster.h"
#include "harness/db.h"
#include "ledger/hold_file.h"
#include "log_support.h"

#define ONE "11111111-1111-4111-8111-111111111111"
#define TWO "22222222-2222-4222-8222-222222222222"

static struct log_site site;
static struct cluster *cluster;

static void teardown(void)
{
    log_site_free(&site);
    cluster_free(cluster);
    cluster = NULL;
}

static void says(char *text, const char *what)
{
    ck_assert_msg(strstr(text, what) != NULL, "\"%s\" is not in:\n%s", what, text);
    free(text);
}

static void shell(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void shell(const char *format, ...)
{
    char *command _cleanup_free_ = NULL;
    va_list args;
    va_start(args, format);
    ck_assert_int_ge(vasprintf(&command, format, args), 0);
    va_end(args);
    ck_assert_msg(system(command) == 0, "%s", command);
}

/* Calls of 100 people; number N is that of person N, account N % 10. All are due. */
static void add_calls(void)
{
    db_exec(site.site.admin,
            "INSERT INTO public.call SELECT g, now() - interval '2 years', g %% 10, "
            "'(410) 555-' || lpad(g::text, 4, '0') FROM generate_series(1, 100) g "
            "ON CONFLICT DO NOTHING");
}

static int64_t calls(void)
{
    return db_number(site.site.admin, "SELECT count(*) FROM public.call");
}

static void legal(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void legal(const char *format, ...)
{
    char *sql _cleanup_free_ = NULL;
    va_list args;
    va_start(args, format);
    ck_assert_int_ge(vasprintf(&sql, format, args), 0);
    va_end(args);
    PGconn *conn = db_connect(site.site.cluster, site.site.database, "t_legal");
    db_exec(conn, "%s", sql);
    PQfinish(conn);
}

/* Lines for the group log, and the group holds after it: one person releases, without grace. */
#define RULES(log) log " }; holds: { dual_control = false; grace = \"0 days\";"

/* A site with category "call". */
static void make_site(const char *log)
{
    cluster = cluster_new(NULL);
    site = log_site_new(cluster, 10, log);
    db_script(site.site.admin,
              "CREATE TABLE public.call (id int PRIMARY KEY, at timestamptz NOT NULL, account int, "
              "caller text); CREATE INDEX ON public.call (at);"
              "GRANT SELECT, DELETE, UPDATE ON public.call TO t_worker;"
              "UPDATE retention.hold_rules SET dual_control = false, grace = '0'");
    site_policy(&site.site, "call",
                "data: { table = \"public.call\"; start = \"at\"; tenant = \"account\";\n"
                "  subject = ( { column = \"caller\"; kind = \"phone\"; as = \"e164\"; } ); };\n"
                "stages = ( { name = \"gone\"; after = \"1 year\"; do = \"delete\"; } );\n"
                "brake: { rows = 1000000; fraction = 1.0; };");
    site_load_and_approve(&site.site, "call", 1000000);
    free(log_site_once(&site, NULL, 0));
    ck_assert_int_eq(calls(), 0);
}

static void stop(void)
{
    PQfinish(site.site.admin);
    PQfinish(site.site.approver);
    site.site.admin = site.site.approver = NULL;
    cluster_stop(cluster, "fast");
}

static void start(void)
{
    cluster_start(cluster);
    log_site_reconnect(&site, cluster);
}

static void backup(void)
{
    stop();
    cluster_backup(cluster, "backup");
    start();
}

static void restore(void)
{
    stop();
    cluster_restore(cluster, "backup");
    start();
}

/* Every row about holds, as text; what is derived from them too. */
static char *all_rows(void)
{
    return db_value(
        site.site.admin,
        "SELECT string_agg(t || ' ' || row, E'\\n' ORDER BY t, row COLLATE \"C\") FROM ("
        "SELECT 'matter', r::text FROM retention.matter r UNION ALL "
        "SELECT 'hold', r::text FROM retention.hold r UNION ALL "
        "SELECT 'part', r::text FROM retention.hold_part r UNION ALL "
        "SELECT 'subject', r::text FROM retention.hold_subject r UNION ALL "
        "SELECT 'key', r::text FROM retention.hold_key r UNION ALL "
        "SELECT 'request', r::text FROM retention.hold_request r UNION ALL "
        "SELECT 'gap', r::text FROM retention.hold_gap r UNION ALL "
        "SELECT 'scope', r::text FROM retention.held_scope r WHERE held_until > now()) a (t, row)");
}

static void refused(const char *what)
{
    int64_t before = calls(), size = log_site_size(&site);
    says(log_site_once(&site, NULL, 6), what);
    ck_assert_int_eq(calls(), before);
    ck_assert_int_eq(log_site_size(&site), size);
    log_site_no_fork(&site);
}

/* An acceptance of its own: a hold placed after the backup holds again, exactly as it was. */
START_TEST(a_hold_placed_after_the_backup_holds_again)
{
    make_site(RULES(""));
    add_calls();
    legal("SELECT retention.place_hold('2026-CV-1', 'before', 'call', tenant => '1', "
          "hold => '" TWO "', matter_name => 'Before v. Backup')");
    backup();
    /* one placed, extended, narrowed in part; one of before the backup extended and released */
    legal("SELECT retention.place_hold('2026-CV-2', 'because', 'call', subjects => "
          "ARRAY['phone:+14105550042', 'phone:410-555-0043', 'phone:+1 410 555 0044'], "
          "starts_from => '2001-02-03 04:05:06.789012+05', "
          "hold => '" ONE "', kind => 'regulator', review_by => '2031-01-01', "
          "matter_name => 'Smith v. Example', court_reference => 'Harford 12-C', "
          "confidential => true)");
    legal("SELECT retention.extend_hold('" ONE "', 'more', record_keys => ARRAY['7', '8'])");
    legal("SELECT retention.narrow_hold('" ONE "', 'less', subjects => "
          "ARRAY['phone:410-555-0043'])");
    legal("SELECT retention.extend_hold('" TWO "', 'more', tenant => '2')");
    legal("SELECT retention.release_hold('" TWO "', 'settled')");
    free(log_site_once(&site, NULL, 0));
    log_site_verify(&site);
    log_site_no_fork(&site);
    ck_assert_int_eq(calls(), 4); /* 42, 44, 7, 8 */
    char *rows _cleanup_free_ = all_rows();
    /* nobody reads there who is held, or in which matter */
    shell("cd %s; ls holds/" ONE " holds/" TWO " >/dev/null; ! grep -rqE "
          "'555-?0042|555-?0043|555 0044|Smith|2026-CV|Harford|Before|because' .",
          site.log);
    restore();
    ck_assert_int_eq(calls(), 100);
    refused("it was restored from a backup");
    char *gone _cleanup_free_ = all_rows();
    ck_assert_str_ne(rows, gone);
    says(log_site_ctl(&site, 0, WORDS("log", "recover")), "2 legal holds are back");
    char *again _cleanup_free_ = all_rows();
    ck_assert_str_eq(rows, again);
    says(log_site_ctl(&site, 0, WORDS("log", "recover")), "nothing was missing");
    free(log_site_once(&site, NULL, 0));
    ck_assert_int_eq(calls(), 4);
    ck_assert_int_eq(
        db_number(site.site.admin, "SELECT count(*) FROM public.call WHERE id IN (42, 44, 7, 8)"),
        4);
    log_site_verify(&site);
    /* a repetition is still known as one, and released it goes */
    legal("SELECT retention.place_hold('2026-CV-2', 'because', 'call', subjects => "
          "ARRAY['phone:+14105550042', 'phone:410-555-0043', 'phone:+1 410 555 0044'], "
          "starts_from => '2001-02-03 04:05:06.789012+05', "
          "hold => '" ONE "', kind => 'regulator', review_by => '2031-01-01', "
          "matter_name => 'Smith v. Example', court_reference => 'Harford 12-C', "
          "confidential => true)");
    legal("SELECT retention.release_hold('" ONE "', 'settled')");
    free(log_site_once(&site, NULL, 0));
    ck_assert_int_eq(calls(), 0);
    log_site_verify(&site);
    log_site_no_fork(&site);
}
END_TEST

/* The copies cannot be read: the entries come back, the holds do not, and nothing goes until legal
 * has said again what is held. */
START_TEST(without_the_copies_legal_is_asked)
{
    make_site(RULES(""));
    add_calls();
    legal("SELECT retention.place_hold('2026-CV-1', 'before', 'call', tenant => '1', "
          "hold => '" TWO "')");
    backup();
    legal("SELECT retention.place_hold('2026-CV-2', 'because', 'call', subject => "
          "'phone:+14105550042', hold => '" ONE "')");
    legal("SELECT retention.extend_hold('" TWO "', 'more', tenant => '2')");
    free(log_site_once(&site, NULL, 0));
    ck_assert_int_eq(calls(), 20 + 0); /* tenants 1 and 2; 42 is one of the latter's */
    restore();
    /* without the key, on the machine where it is run */
    char *config _cleanup_free_ = file_read(site.site.config);
    char *kek = strstr(config, "epoch_kek = \"kek\";");
    memset(kek, ' ', strlen("epoch_kek = \"kek\";"));
    free(file_write(site.site.directory, "retentiond.cfg", config));
    char *told _cleanup_free_ = log_site_ctl(&site, 6, WORDS("log", "recover"));
    ck_assert_msg(strstr(told, ONE ": log.epoch_kek is not set") && strstr(told, TWO) &&
                      strstr(told, "2 legal holds could not be brought back") &&
                      strstr(told, "Set log.epoch_kek") &&
                      strstr(told, "LoadCredential=log-epoch-kek:"),
                  "%s", told);
    log_site_config(&site, NULL, NULL, NULL, RULES(""));
    refused("2 legal holds that the log knows are missing in the database: " ONE ", " TWO);
    /* with another key, which is the same as none */
    shell("cd %s && for f in " ONE " " TWO "; do printf x >> log/holds/$f; done",
          site.site.directory);
    says(log_site_ctl(&site, 6, WORDS("log", "recover")),
         "written under another key-encryption key");
    refused("2 legal holds that the log knows are missing in the database");
    char *status _cleanup_free_ = log_site_ctl(&site, 0, WORDS("status"));
    ck_assert_msg(strstr(status, "no run starts") && strstr(status, ONE) &&
                      strstr(status, "legal places (or extends) again under the same uuid"),
                  "%s", status);
    ck_assert_int_eq(calls(), 100);
    legal("SELECT retention.place_hold('2026-CV-2', 'again', 'call', subject => "
          "'phone:+14105550042', hold => '" ONE "')");
    refused("1 legal hold that the log knows is missing in the database: " TWO);
    legal("SELECT retention.extend_hold('" TWO "', 'again', tenant => '2')");
    free(log_site_once(&site, NULL, 0));
    ck_assert_int_eq(calls(), 20);
    log_site_verify(&site);
    legal("SELECT retention.release_hold('" TWO "', 'settled')");
    free(log_site_once(&site, NULL, 0));
    ck_assert_int_eq(calls(), 1);
    legal("SELECT retention.release_hold('" ONE "', 'settled')");
    free(log_site_once(&site, NULL, 0));
    ck_assert_int_eq(calls(), 0);
    log_site_verify(&site);
    log_site_no_fork(&site);
}
END_TEST

/* Legal works on while the database is behind its log: what was done before the restore and what
 * was done after it both count. */
START_TEST(what_legal_did_meanwhile_counts_too)
{
    make_site(RULES(""));
    add_calls();
    legal("SELECT retention.place_hold('2026-CV-1', 'before', 'call', tenant => '1', "
          "hold => '" TWO "')");
    backup();
    legal("SELECT retention.extend_hold('" TWO "', 'lost', tenant => '2')");
    legal("SELECT retention.place_hold('2026-CV-2', 'because', 'call', record_keys => "
          "ARRAY['93', '94'], hold => '" ONE "')");
    free(log_site_once(&site, NULL, 0));
    restore();
    refused("it was restored from a backup");
    legal("SELECT retention.extend_hold('" TWO "', 'meanwhile', tenant => '5')");
    legal("SELECT retention.place_hold('2026-CV-2', 'again', 'call', record_keys => "
          "ARRAY['97'], hold => '" ONE "')");
    refused("it was restored from a backup");
    says(log_site_ctl(&site, 0, WORDS("log", "recover")), "2 legal holds are back");
    free(log_site_once(&site, NULL, 0));
    ck_assert_int_eq(calls(), 33);
    ck_assert_int_eq(db_number(site.site.admin,
                               "SELECT count(*) FROM public.call WHERE account IN (1, 2, 5) OR id "
                               "IN (93, 94, 97)"),
                     33);
    ck_assert_int_eq(db_number(site.site.admin, "SELECT count(*) FROM retention.hold_part"), 5);
    log_site_verify(&site);
    legal("SELECT retention.release_hold('" TWO "', 'settled')");
    legal("SELECT retention.release_hold('" ONE "', 'settled')");
    free(log_site_once(&site, NULL, 0));
    ck_assert_int_eq(calls(), 0);
    log_site_verify(&site);
}
END_TEST

/* A request that waits in the backup, or in a copy of its hold, may have been withdrawn since:
 * nobody confirms it after the recovery, but asks again. */
START_TEST(a_withdrawn_request_does_not_come_back)
{
    make_site(RULES(""));
    add_calls();
    db_exec(site.site.admin, "UPDATE retention.hold_rules SET dual_control = true");
    legal("SELECT retention.place_hold('2026-CV-1', 'x', 'call', tenant => '1', hold => '" TWO
          "')");
    legal("SELECT retention.release_hold('" TWO "', 'settled?')");
    free(log_site_once(&site, NULL, 0));
    backup();
    legal("SELECT retention.withdraw_request(request, 'it is not') FROM retention.hold_request");
    legal("SELECT retention.place_hold('2026-CV-1', 'x', 'call', tenant => '2', hold => '" ONE
          "')");
    legal("SELECT retention.release_hold('" ONE "', 'settled?')");
    log_site_rows(&site, 1000, 1010);
    free(log_site_once(&site, NULL, 0));
    legal("SELECT retention.withdraw_request(request, 'it is not') FROM retention.hold_request "
          "WHERE decided_at IS NULL");
    restore();
    ck_assert_int_eq(db_number(site.site.admin, "SELECT count(*) FROM retention.hold_request WHERE "
                                                "decided_at IS NULL"),
                     1);
    says(log_site_ctl(&site, 0, WORDS("log", "recover")), "1 legal hold is back");
    ck_assert_int_eq(db_number(site.site.admin, "SELECT count(*) FROM retention.hold_request WHERE "
                                                "decision = 'withdrawn'"),
                     2);
    /* asked for now, it waits, though the command is run again */
    legal("SELECT retention.release_hold('" ONE "', 'settled')");
    says(log_site_ctl(&site, 0, WORDS("log", "recover")), "nothing was missing");
    ck_assert_int_eq(db_number(site.site.admin,
                               "SELECT count(*) FROM retention.hold_request WHERE decided_at IS "
                               "NULL AND hold = '" ONE "'"),
                     1);
    free(log_site_once(&site, NULL, 0));
    ck_assert_int_eq(calls(), 10);
    log_site_verify(&site);
}
END_TEST

/* Released while the database is behind its log: parts that only the log has end with the hold,
 * when its grace is over, and not never. */
START_TEST(a_lost_part_ends_with_its_hold)
{
    make_site(RULES(""));
    add_calls();
    db_exec(site.site.admin, "UPDATE retention.hold_rules SET grace = '30 days'");
    legal("SELECT retention.place_hold('2026-CV-1', 'before', 'call', tenant => '1', "
          "hold => '" TWO "')");
    backup();
    legal("SELECT retention.extend_hold('" TWO "', 'lost', tenant => '2')");
    free(log_site_once(&site, NULL, 0));
    restore();
    legal("SELECT retention.release_hold('" TWO "', 'settled')");
    says(log_site_ctl(&site, 0, WORDS("log", "recover")), "1 legal hold is back");
    ck_assert_int_eq(db_number(site.site.admin, "SELECT count(*) FROM retention.hold_part"), 2);
    ck_assert_int_eq(
        db_number(site.site.admin,
                  "SELECT count(*) FROM retention.held_scope WHERE held_until > now()"),
        2);
    ck_assert_int_eq(db_number(site.site.admin,
                               "SELECT count(*) FROM (SELECT held_until FROM retention.hold_part "
                               "UNION ALL SELECT held_until FROM retention.held_scope) x "
                               "WHERE held_until > now() + interval '30 days'"),
                     0);
    free(log_site_once(&site, NULL, 0));
    log_site_verify(&site);
}
END_TEST

/* The backup has weaker rules than were in effect: the stricter ones count, also for what was
 * released under the weaker ones before anybody noticed. */
START_TEST(stricter_rules_come_back)
{
    make_site(RULES(""));
    add_calls();
    legal("SELECT retention.place_hold('2026-CV-1', 'before', 'call', tenant => '1', "
          "hold => '" TWO "')");
    legal("SELECT retention.place_hold('2026-CV-2', 'before', 'call', tenant => '2', "
          "hold => '" ONE "')");
    backup();
    db_exec(site.site.admin,
            "UPDATE retention.hold_rules SET dual_control = true, grace = '30 days'");
    legal("SELECT retention.extend_hold('" TWO "', 'more', tenant => '3')");
    free(log_site_once(&site, NULL, 0));
    ck_assert_int_eq(calls(), 30);
    restore();
    ck_assert_int_eq(db_number(site.site.admin,
                               "SELECT count(*) FROM retention.hold_rules WHERE NOT "
                               "dual_control AND grace = '0'"),
                     1);
    legal("SELECT retention.release_hold('" ONE "', 'settled')"); /* by one person, without grace */
    ck_assert_int_eq(db_number(site.site.admin,
                               "SELECT count(*) FROM retention.hold WHERE held_until "
                               "<= clock_timestamp()"),
                     1);
    says(log_site_ctl(&site, 0, WORDS("log", "recover")), "1 legal hold is back");
    ck_assert_int_eq(db_number(site.site.admin, "SELECT count(*) FROM retention.hold_rules WHERE "
                                                "dual_control AND grace = '30 days'"),
                     1);
    free(log_site_once(&site, NULL, 0));
    ck_assert_int_eq(calls(), 30); /* tenant 2's, too */
    log_site_verify(&site);
}
END_TEST

/* The category that a hold names is not in the backup: it has to be loaded before the hold comes
 * back. */
START_TEST(a_category_must_be_there_first)
{
    make_site(RULES(""));
    backup();
    db_script(site.site.admin,
              "CREATE TABLE public.later (id int PRIMARY KEY, at timestamptz NOT "
              "NULL); CREATE INDEX ON public.later (at); GRANT SELECT, DELETE, UPDATE ON "
              "public.later TO t_worker");
    site_policy(&site.site, "later",
                "data: { table = \"public.later\"; start = \"at\"; };\n"
                "stages = ( { name = \"gone\"; after = \"1 year\"; do = \"delete\"; } );");
    site_load_and_approve(&site.site, "later", 1000000);
    legal("SELECT retention.place_hold('2026-CV-2', 'because', 'later', everything => false, "
          "record_keys => ARRAY['1'], hold => '" ONE "')");
    free(log_site_once(&site, NULL, 0));
    restore();
    db_script(site.site.admin,
              "CREATE TABLE public.later (id int PRIMARY KEY, at timestamptz NOT NULL); CREATE "
              "INDEX ON public.later (at); GRANT SELECT, DELETE, UPDATE ON public.later TO "
              "t_worker; INSERT "
              "INTO public.later SELECT g, now() - interval '2 years' FROM generate_series(1, 5) "
              "g");
    says(log_site_ctl(&site, 6, WORDS("log", "recover")), "Run \"retentionctl policy load\"");
    refused("1 legal hold that the log knows is missing");
    char *worker = cluster_conninfo(cluster, site.site.database, "t_worker");
    const char *const argv[] = {"retentionctl", "-c",     site.site.config, "-d",
                                worker,         "policy", "load",           NULL};
    struct program_result loaded = program_run(argv);
    ck_assert_msg(loaded.exit_code == 0 || loaded.exit_code == 5, "%s", loaded.err);
    program_result_free(&loaded);
    free(worker);
    says(log_site_ctl(&site, 0, WORDS("log", "recover")), "1 legal hold is back");
    free(log_site_once(&site, NULL, 5)); /* "later" awaits approval again */
    site_approve(&site.site, "later", 1000000);
    free(log_site_once(&site, NULL, 0));
    ck_assert_int_eq(db_number(site.site.admin, "SELECT min(id) FROM public.later"), 1);
    ck_assert_int_eq(db_number(site.site.admin, "SELECT count(*) FROM public.later"), 1);
    log_site_verify(&site);
}
END_TEST

/* No restore at all: somebody took the rows away. */
START_TEST(holds_that_were_removed_by_hand_are_missed)
{
    make_site(RULES(""));
    add_calls();
    legal("SELECT retention.place_hold('2026-CV-2', 'because', 'call', tenant => '1', "
          "hold => '" ONE "')");
    free(log_site_once(&site, NULL, 0));
    char *rows _cleanup_free_ = all_rows();
    ck_assert_int_eq(calls(), 10);
    db_script(site.site.admin,
              "SET session_replication_role = replica; TRUNCATE retention.held_scope, "
              "retention.hold_gap, retention.hold_request, retention.hold_key, "
              "retention.hold_subject, retention.hold_part, retention.hold, retention.matter");
    refused("1 legal hold that the log knows is missing in the database: " ONE);
    says(log_site_ctl(&site, 0, WORDS("log", "recover")), "1 legal hold is back");
    char *again _cleanup_free_ = all_rows();
    ck_assert_str_eq(rows, again);
    free(log_site_once(&site, NULL, 0));
    ck_assert_int_eq(calls(), 10);
    /* released without a word in the log */
    db_exec(site.site.admin, "UPDATE retention.hold SET released_at = now(), held_until = now()");
    refused("1 legal hold that the log knows is missing in the database: " ONE);
    says(log_site_ctl(&site, 0, WORDS("log", "recover")), "1 legal hold is back");
    free(log_site_once(&site, NULL, 0));
    ck_assert_int_eq(calls(), 10);
    log_site_verify(&site);
}
END_TEST

/* The hold, its entry that nobody signed, and the place that it waited for: only the count tells.
 */
START_TEST(the_last_entry_of_a_hold_is_missed)
{
    make_site(RULES(""));
    add_calls();
    legal("SELECT retention.place_hold('2026-CV-2', 'because', 'call', tenant => '1', "
          "hold => '" ONE "')");
    db_script(site.site.admin,
              "SET session_replication_role = replica; ALTER TABLE retention.log_entry DISABLE "
              "TRIGGER insert_only; DELETE FROM retention.log_pending WHERE "
              "entry = (SELECT max(id) FROM retention.log_entry WHERE type = 'hold'); DELETE FROM "
              "retention.log_entry WHERE id = (SELECT max(id) FROM retention.log_entry WHERE type "
              "= 'hold'); TRUNCATE retention.held_scope, "
              "retention.hold_gap, retention.hold_request, retention.hold_key, "
              "retention.hold_subject, retention.hold_part, retention.hold, retention.matter; "
              "ALTER TABLE retention.log_entry ENABLE ALWAYS TRIGGER insert_only; "
              "RESET session_replication_role");
    refused("the last log entry of a legal hold is gone");
    ck_assert_int_eq(calls(), 100);
    refused("the last log entry of a legal hold is gone");
    says(log_site_ctl(&site, 0, WORDS("status")), "the last log entry of a legal hold is gone");
    legal("SELECT retention.place_hold('2026-CV-2', 'because', 'call', tenant => '1', "
          "hold => '" ONE "')");
    free(log_site_once(&site, NULL, 0));
    ck_assert_int_eq(calls(), 10);
    ck_assert_int_eq(db_number(site.site.admin, "SELECT count(*) FROM retention.log_entry WHERE "
                                                "entry LIKE '%%code lost.hold%%'"),
                     1);
    says(log_site_ctl(&site, 6, WORDS("log", "verify", site.log, "--vkey", site.vkey)),
         "was lost before it got its place");
}
END_TEST

/* Copies are made anew where they are gone, broken, or older than what is in the database. */
START_TEST(copies_are_made_anew)
{
    make_site(RULES(""));
    add_calls();
    legal("SELECT retention.place_hold('2026-CV-2', 'because', 'call', tenant => '1', "
          "hold => '" ONE "')");
    free(log_site_once(&site, NULL, 0));
    backup();
    char *rows _cleanup_free_ = all_rows();
    static const char *const damages[] = {"rm %s/holds/" ONE, "printf x >> %s/holds/" ONE,
                                          ": > %s/holds/" ONE, "rm -rf %s"};
    for (size_t i = 0; i < sizeof(damages) / sizeof(damages[0]); i++) {
        char *command _cleanup_free_ = NULL;
        const char *at = strstr(damages[i], "%s");
        ck_assert_int_ge(
            asprintf(&command, "%.*s%s%s", (int)(at - damages[i]), damages[i], site.log, at + 2),
            0);
        shell("%s", command);
        free(log_site_once(&site, NULL, 0));
        log_site_verify(&site);
        db_script(site.site.admin,
                  "SET session_replication_role = replica; TRUNCATE retention.held_scope, "
                  "retention.hold_gap, retention.hold_request, retention.hold_key, "
                  "retention.hold_subject, retention.hold_part, retention.hold, retention.matter");
        says(log_site_ctl(&site, 0, WORDS("log", "recover")), "1 legal hold is back");
        char *again _cleanup_free_ = all_rows();
        ck_assert_str_eq(rows, again);
    }
    ck_assert_int_eq(calls(), 10);
}
END_TEST

/* Without the key no copy can be written, so no checkpoint says that the hold was placed. */
START_TEST(no_hold_is_signed_without_its_copy)
{
    make_site(RULES(""));
    legal("SELECT retention.place_hold('2026-CV-2', 'because', 'call', tenant => '1', "
          "hold => '" ONE "')");
    char *config _cleanup_free_ = file_read(site.site.config);
    char *kek = strstr(config, "epoch_kek = \"kek\";");
    memset(kek, ' ', strlen("epoch_kek = \"kek\";"));
    free(file_write(site.site.directory, "retentiond.cfg", config));
    add_calls();
    int64_t size = log_site_size(&site);
    says(log_site_once(&site, NULL, 3), "there is no key-encryption key");
    ck_assert_int_eq(calls(), 100);
    ck_assert_int_eq(log_site_size(&site), size);
    log_site_config(&site, NULL, NULL, NULL, RULES(""));
    free(log_site_once(&site, NULL, 0));
    ck_assert_int_eq(calls(), 10);
    log_site_verify(&site);
}
END_TEST

#ifdef ENABLE_FAULT_POINTS
/* The copy is on disk, the checkpoint is not, and the database that knew of both is lost: only the
 * copy tells of the hold. It comes back, and so does its entry. */
START_TEST(a_hold_that_was_never_signed_comes_back)
{
    make_site(RULES(""));
    add_calls();
    legal("SELECT retention.place_hold('2026-CV-1', 'before', 'call', tenant => '5', "
          "hold => '" TWO "')");
    backup();
    legal("SELECT retention.place_hold('2026-CV-2', 'because', 'call', tenant => '1', "
          "hold => '" ONE "')");
    legal("SELECT retention.extend_hold('" ONE "', 'more', tenant => '2')");
    legal("SELECT retention.extend_hold('" TWO "', 'more', tenant => '6')");
    char *rows _cleanup_free_ = all_rows();
    int64_t size = log_site_size(&site);
    struct program_result killed = site_once(&site.site, "log_after_holds=exit");
    ck_assert_msg(killed.exit_code == 70, "exit code %d\n%s", killed.exit_code, killed.err);
    program_result_free(&killed);
    ck_assert_int_eq(log_site_size(&site), size);
    restore();
    refused("2 legal holds that the log knows are missing in the database: " ONE ", " TWO);
    says(log_site_ctl(&site, 0, WORDS("log", "recover")), "2 legal holds are back");
    char *again _cleanup_free_ = all_rows();
    ck_assert_str_eq(rows, again);
    free(log_site_once(&site, NULL, 0));
    ck_assert_int_eq(calls(), 40);
    ck_assert_int_eq(
        db_number(site.site.admin, "SELECT count(*) FROM retention.log_entry WHERE type = 'hold'"),
        4);
    log_site_verify(&site);
    log_site_no_fork(&site);
}
END_TEST
#endif

/* A daemon writes the copy when it hears of the hold, not at its next timer. */
START_TEST(a_daemon_copies_at_once)
{
    char *path _cleanup_free_ = NULL;
    make_site(RULES("checkpoint_every = \"1 day\";"));
    ck_assert_int_ge(asprintf(&path, "%s/holds/" ONE, site.log), 0);
    pid_t daemon = site_start(&site.site, NULL, NULL);
    db_wait_until(site.site.admin, "SELECT worker IS NOT NULL FROM retention.leader");
    legal("SELECT retention.place_hold('2026-CV-2', 'because', 'call', tenant => '1', "
          "hold => '" ONE "')");
    db_wait_until(site.site.admin,
                  "SELECT max(c.size) > max(l.index) FROM retention.log_checkpoint c, "
                  "retention.log_entry e JOIN retention.log_leaf l ON l.entry = e.id "
                  "WHERE e.type = 'hold'");
    ck_assert_int_eq(access(path, F_OK), 0);
    kill(daemon, SIGTERM);
    ck_assert_int_eq(program_wait(daemon), 0);
    log_site_verify(&site);
}
END_TEST

/* Any byte of a copy that is another one, and any other name or key, is noticed. */
START_TEST(a_copy_is_sealed)
{
    static const char body[] = "{\"hold\": {\"subject\": \"+14105550042\"}}";
    uint8_t kek[32] = {1, 2, 3}, other[32] = {1, 2, 4};
    struct text file _cleanup_text_ = {0}, opened _cleanup_text_ = {0};
    struct error error _cleanup_error_ = {0};
    uint64_t entries;
    ck_assert(hold_file_seal(&file, kek, ONE, 12, body, strlen(body), &error));
    ck_assert(hold_file_entries(file.data, file.length, &entries) && entries == 12);
    ck_assert_ptr_null(memmem(file.data, file.length, "0042", 4));
    ck_assert(hold_file_open(&opened, kek, ONE, file.data, file.length, &error));
    ck_assert_int_eq(strncmp(opened.data, body, strlen(body)), 0);
    ck_assert_uint_eq(strspn(opened.data + strlen(body), " "), opened.length - strlen(body));
    ck_assert_int_eq(opened.length % 1024, 0);
    ck_assert(!hold_file_open(&opened, other, ONE, file.data, file.length, NULL));
    ck_assert(!hold_file_open(&opened, kek, TWO, file.data, file.length, NULL));
    for (size_t n = 0; n < file.length; n++)
        ck_assert(!hold_file_open(&opened, kek, ONE, file.data, n, NULL));
    for (size_t i = 0; i < file.length; i++) {
        file.data[i] ^= 1;
        ck_assert_msg(!hold_file_open(&opened, kek, ONE, file.data, file.length, NULL), "byte %zu",
                      i);
        file.data[i] ^= 1;
    }
    ck_assert(hold_file_is_uuid(ONE));
    ck_assert(!hold_file_is_uuid("11111111-1111-4111-8111-11111111111"));
    ck_assert(!hold_file_is_uuid(ONE "1"));
    ck_assert(!hold_file_is_uuid("../11111-1111-4111-8111-111111111111"));
}
END_TEST

static void add(Suite *suite, const TTest *test)
{
    TCase *tcase = tcase_create(test->name);
    tcase_add_checked_fixture(tcase, NULL, teardown);
    tcase_set_timeout(tcase, 180);
    tcase_add_test(tcase, test);
    suite_add_tcase(suite, tcase);
}

Suite *suite_log_holds(void)
{
    Suite *suite = suite_create("log_holds");
    add(suite, a_copy_is_sealed);
    add(suite, a_hold_placed_after_the_backup_holds_again);
    add(suite, without_the_copies_legal_is_asked);
    add(suite, what_legal_did_meanwhile_counts_too);
    add(suite, a_withdrawn_request_does_not_come_back);
    add(suite, a_lost_part_ends_with_its_hold);
    add(suite, stricter_rules_come_back);
    add(suite, a_category_must_be_there_first);
    add(suite, holds_that_were_removed_by_hand_are_missed);
    add(suite, the_last_entry_of_a_hold_is_missed);
    add(suite, copies_are_made_anew);
    add(suite, no_hold_is_signed_without_its_copy);
#ifdef ENABLE_FAULT_POINTS
    add(suite, a_hold_that_was_never_signed_comes_back);
#endif
    add(suite, a_daemon_copies_at_once);
    return suite;
}
