/* Policies, pauses, requests, figures, agreements: the functions of people and of the worker. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/cluster.h"
#include "harness/db.h"
#include "harness/schema.h"

/* Texts of policies: the second keeps longer than the first, the fourth longer than the third. */
#define TEXT(period)                                                                               \
    "c: {\n  stages = (\n    {\n      after = \"" period "\";\n      do = \"delete\";\n"           \
    "    }\n  );\n};\n"
#define ONE   TEXT("2 years")
#define TWO   TEXT("3 years")
#define THREE TEXT("1 year")
#define FOUR  TEXT("13 mons")

static struct cluster *cluster;
static char *database;
static PGconn *admin, *worker, *approver, *operator_;
static int64_t term;

static void setup(void)
{
    cluster = cluster_shared();
    database = schema_db_new(cluster);
    admin = db_connect(cluster, database, NULL);
    worker = db_connect(cluster, database, "t_worker");
    approver = db_connect(cluster, database, "t_approver");
    operator_ = db_connect(cluster, database, "t_operator");
    db_script(admin, "CREATE TABLE t (id int PRIMARY KEY); CREATE TABLE u (id int PRIMARY KEY)");
    term = schema_lead(worker, '1');
}

static void teardown(void)
{
    PQfinish(admin);
    PQfinish(worker);
    PQfinish(approver);
    PQfinish(operator_);
    db_drop(cluster, database);
    free(database);
}

#define ck_value(expected, ...)                                                                    \
    do {                                                                                           \
        char *value_ = db_value(__VA_ARGS__);                                                      \
        ck_assert_str_eq(value_ ? value_ : "(null)", expected);                                    \
        free(value_);                                                                              \
    } while (0)

/* load_policy with what varies; the text's name is its SHA-256. Returns the state; caller frees. */
static char *load(const char *text, const char *previous, const char *mode, const char *relation,
                  bool needs_approval)
{
    return db_value(worker,
                    "SELECT retention.load_policy(%lld, 'c', encode(sha256('%s'), 'hex'), "
                    "CASE WHEN '%s' <> '' THEN encode(sha256('%s'), 'hex') END, '%s', '%s', '%s', "
                    "'{%s}', retention.fingerprint('{%s}'), %s, 'T')",
                    (long long)term, text, previous, previous, text, mode, relation, relation,
                    relation, needs_approval ? "true" : "false");
}

#define ck_load(state, ...)                                                                        \
    do {                                                                                           \
        char *state_ = load(__VA_ARGS__);                                                          \
        ck_assert_str_eq(state_, state);                                                           \
        free(state_);                                                                              \
    } while (0)

static void approve(const char *text)
{
    db_exec(approver, "SELECT retention.approve_policy('c', encode(sha256('%s'), 'hex'), NULL)",
            text);
}

START_TEST(a_policy_lives)
{
    ck_load("suspended", ONE, "", "enforce", "public.t", true);
    ck_assert_str_eq(db_fails(approver, "SELECT retention.approve_policy('c', repeat('0', 64), 1)"),
                     "RT011"); /* not the text that is loaded */
    ck_assert_str_eq(db_fails(approver, "SELECT retention.approve_policy('d', repeat('0', 64), 1)"),
                     "RT010");
    db_exec(approver, "SELECT retention.approve_policy('c', encode(sha256('" ONE "'), 'hex'), 77)");
    ck_value("active 77 77 t_approver", admin,
             "SELECT concat_ws(' ', state, expect_due, brake_allowance, approved_by) FROM "
             "retention.category");
    ck_assert_str_eq(db_fails(approver, "SELECT retention.approve_policy('c', loaded_sha256, 1) "
                                        "FROM retention.category"),
                     "RT011"); /* nothing to approve */

    /* longer: at once; the same again: nothing; shorter: waits, and may be taken back */
    ck_load("active", TWO, ONE, "enforce", "public.t", false);
    int64_t entries = db_number(admin, "SELECT count(*) FROM retention.log_entry");
    ck_load("active", TWO, TWO, "enforce", "public.t", false);
    ck_assert_int_eq(db_number(admin, "SELECT count(*) FROM retention.log_entry"), entries);
    ck_load("suspended", THREE, TWO, "enforce", "public.t", true);
    ck_load("active", TWO, TWO, "enforce", "public.t", false);
    ck_load("suspended", THREE, TWO, "enforce", "public.t", true);
    approve(THREE);
    ck_value("active", admin, "SELECT state FROM retention.category");

    /* the file is gone, comes back, is gone, the policy retired, and then it is a new one */
    ck_assert_str_eq(db_fails(approver, "SELECT retention.retire_policy('c', 'x')"), "RT011");
    ck_assert_int_eq(db_number(worker, "SELECT retention.policy_gone('{c,unknown}')"), 1);
    ck_assert_int_eq(db_number(worker, "SELECT retention.policy_gone('{c}')"), 0);
    ck_value("red policy file gone", admin,
             "SELECT concat_ws(' ', state, cause) FROM retention.compliance");
    ck_assert_str_eq(db_fails(approver, "SELECT retention.approve_policy('c', loaded_sha256, 1) "
                                        "FROM retention.category"),
                     "RT011");
    ck_load("active", THREE, THREE, "enforce", "public.t", false);
    db_exec(worker, "SELECT retention.policy_gone('{c}')");
    ck_assert_str_eq(db_fails(approver, "SELECT retention.retire_policy('c', ' ')"), "RT011");
    db_exec(admin, "UPDATE retention.hold_rules SET dual_control = false, grace = '0'");
    db_exec(admin, "SELECT retention.place_hold('2026-1', 'x', everything => true)");
    ck_assert_str_eq(db_fails(approver, "SELECT retention.retire_policy('c', 'sold')"), "RT024");
    db_exec(admin, "SELECT retention.release_hold(hold, 'over') FROM retention.hold");
    db_exec(approver, "SELECT retention.retire_policy('c', 'sold')");
    ck_assert_int_eq(db_number(admin, "SELECT count(*) FROM retention.compliance"), 0);
    ck_load("suspended", THREE, "", "enforce", "public.t", false);
}
END_TEST

/* What the worker says needs no approval needs it all the same where the database can tell. */
START_TEST(approval_does_not_rest_on_the_worker_alone)
{
    ck_load("suspended", ONE, "", "observe", "public.t", false);
    approve(ONE);
    ck_load("suspended", TWO, ONE, "enforce", "public.t", false);
    approve(TWO);
    ck_load("suspended", THREE, TWO, "enforce", "public.u", false);
    approve(THREE);
    ck_load("active", FOUR, THREE, "observe", "public.u", false);
    ck_load("suspended", THREE, FOUR, "observe", "public.u", false);
    ck_load("active", FOUR, FOUR, "observe", "public.u", false);
    ck_load("suspended", "one that no program would write", FOUR, "observe", "public.u", false);
}
END_TEST

/* What the database itself takes for harmless: each pair of texts, both ways. */
START_TEST(some_changes_keep_more)
{
    static const struct {
        const char *less, *more; /* what stands in the policy; NULL: nothing that keeps more */
        bool same;               /* harmless both ways */
    } pairs[] = {
        {"  title = \"a\";\n", "  title = \"b; stages: {\";\n", true},
        {"", "  window = \"01:00-02:00\";\n", true},
        {"  pace: {\n    rows_per_second = 5;\n  };\n", "", true},
        {"  mode = \"enforce\";\n", "", false},
        {"  stages = (\n    {\n      after = \"1 year\";\n    }\n  );\n",
         "  stages = (\n    {\n      after = \"1 year 1 day\";\n    }\n  );\n", false},
        {"  keep_at_most: {\n    for = \"1 year\";\n  };\n",
         "  keep_at_most: {\n    for = \"2 years\";\n  };\n", false},
        {"  agreements: {\n    min = \"30 days\";\n  };\n",
         "  agreements: {\n    min = \"31 days\";\n  };\n", false},
        {"", "  keep_at_least = (\n    {\n      for = \"90 days\";\n    }\n  );\n", false},
        {"  keep_at_least = (\n    {\n      for = \"90 days\";\n      because = \"x\";\n    }\n  );"
         "\n",
         "  keep_at_least = (\n    {\n      for = \"1 day\";\n      start = \"b\";\n    },\n    {\n"
         "      for = \"91 days\";\n      because = \"y\";\n    }\n  );\n",
         false},
        {"",
         "  keep_while = (\n    {\n      child = \"a.b\";\n      only = (\n        {\n"
         "          column = \"x\";\n        }\n      );\n    }\n  );\n",
         false},
        {"  data: {\n    table = \"a.b\";\n  };\n",
         "  data: {\n    table = \"a.b\";\n    only = (\n      {\n        column = \"x\";\n"
         "        eq = 1;\n      }\n    );\n  };\n",
         false},
        {"  data: {\n    wait_for = [ \"a\" ];\n  };\n",
         "  data: {\n    wait_for = [ \"b\", \"a\" ];\n  };\n", false},
        {"  brake: {\n    rows = 3000000000L;\n    fraction = 0.5;\n  };\n",
         "  brake: {\n    rows = 5;\n    fraction = 0.25;\n  };\n", false},
    };
    /* harmless in neither direction */
    static const char *const others[][2] = {
        {"", "  data: {\n    any = (\n      {\n        column = \"x\";\n      }\n    );\n  };\n"},
        {"  timezone = \"UTC\";\n", "  timezone = \"Asia/Tokyo\";\n"},
        {"", "  brake: {\n    rows = 5;\n  };\n"},
        {"", "  data: {\n    only = \"rest\";\n  };\n"},
        {"  stages = (\n    {\n      after = \"1 mon\";\n    }\n  );\n",
         "  stages = (\n    {\n      after = \"30 days\";\n    }\n  );\n"},
        {"  stages = (\n    {\n      after = \"9 years\";\n    }\n  );\n",
         "  stages = (\n    {\n      after = \"9 years\";\n    },\n    {\n"
         "      after = \"9 years\";\n    }\n  );\n"},
        /* lines that only look as if they stood where they stand */
        {"", "  title = \"a\"; after = \"1 day\";\n"},
        {"", "};\nd: {\n  title = \"a\";\n"},
        {"", "  /* title = \"a\";\n  */\n"},
        {"", "  @include \"x\"\n"},
    };
    static const char sql[] = "SELECT retention.policy_keeps_more(E'c: {\n%s};\n', E'c: "
                              "{\n%s};\n')::int";
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        ck_assert_msg(db_number(worker, sql, pairs[i].less, pairs[i].more) == 1, "%s",
                      pairs[i].more);
        ck_assert_msg(db_number(worker, sql, pairs[i].more, pairs[i].less) == pairs[i].same,
                      "back: %s", pairs[i].more);
        ck_assert_int_eq(db_number(worker, sql, pairs[i].more, pairs[i].more), 1);
    }
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        for (int k = 0; k < 2; k++)
            ck_assert_msg(db_number(worker, sql, others[i][k], others[i][1 - k]) == 0, "%d: %s", k,
                          others[i][1]);
    ck_assert_int_eq(db_number(worker, "SELECT retention.policy_keeps_more('x', 'x')::int"), 0);
    ck_assert_int_eq(db_number(worker, "SELECT retention.policy_keeps_more(E'a: {\n};\n', E'b: "
                                       "{\n};\n')::int"),
                     0);
}
END_TEST

/* A text that took effect without approval is not shown as approved by whoever approved before. */
START_TEST(nobody_approved_what_took_effect)
{
    ck_load("suspended", ONE, "", "enforce", "public.t", true);
    approve(ONE);
    ck_value("t_approver t", admin,
             "SELECT concat_ws(' ', approved_by, unapproved_since IS NULL) FROM "
             "retention.category");
    ck_load("active", TWO, ONE, "enforce", "public.t", false);
    ck_load("active", TWO, TWO, "enforce", "public.t", false);
    ck_value("t_approver f t_worker", admin,
             "SELECT concat_ws(' ', approved_by, unapproved_since IS NULL, unapproved_by) FROM "
             "retention.category");
    ck_load("suspended", THREE, TWO, "enforce", "public.t", true);
    ck_load("active", TWO, TWO, "enforce", "public.t", true); /* taken back */
    ck_value("f", admin, "SELECT unapproved_since IS NULL FROM retention.category");
    ck_load("suspended", THREE, TWO, "enforce", "public.t", true);
    approve(THREE);
    ck_value("t_approver t", admin,
             "SELECT concat_ws(' ', approved_by, unapproved_since IS NULL AND unapproved_by IS "
             "NULL) FROM retention.category");
}
END_TEST

/* It was compared with a text that is not in effect any more; or its digest is another text's. */
START_TEST(load_is_refused)
{
    ck_load("suspended", ONE, "", "enforce", "public.t", true);
    approve(ONE);
    ck_load("active", TWO, ONE, "enforce", "public.t", false);
    ck_assert_str_eq(db_fails(worker,
                              "SELECT retention.load_policy(%lld, 'c', encode(sha256('" THREE "'),"
                              " 'hex'), encode(sha256('" ONE "'), 'hex'), '" THREE "', 'enforce', "
                              "'public.t', '{public.t}', NULL, false, 'T')",
                              (long long)term),
                     "RT011");
    ck_assert_str_eq(db_fails(worker,
                              "SELECT retention.load_policy(%lld, 'c', encode(sha256('" THREE "'),"
                              " 'hex'), encode(sha256('" TWO "'), 'hex'), '" FOUR "', 'enforce', "
                              "'public.t', '{public.t}', NULL, false, 'T')",
                              (long long)term),
                     "RT011");
    ck_assert_str_eq(db_fails(worker,
                              "SELECT retention.load_policy(%lld, 'c', encode(sha256('" THREE "'),"
                              " 'hex'), encode(sha256('" TWO "'), 'hex'), '" THREE "', 'enforce', "
                              "'public.t', '{public.t}', NULL, false, 'T')",
                              (long long)term - 1),
                     "RT001");
}
END_TEST

START_TEST(the_loader_does_not_approve)
{
    ck_load("suspended", ONE, "", "enforce", "public.t", true);
    db_exec(admin, "SELECT 1"); /* whoever is not the loader may, a superuser included */
    db_exec(admin, "SELECT retention.approve_policy('c', encode(sha256('" ONE "'), 'hex'), NULL)");
    db_exec(admin, "SELECT retention.load_policy(NULL, 'c', encode(sha256('" TWO "'), 'hex'), "
                   "encode(sha256('" ONE "'), 'hex'), '" TWO
                   "', 'enforce', 'public.t', '{public.t}', NULL, "
                   "true, 'T')");
    ck_assert_str_eq(db_fails(admin,
                              "SELECT retention.approve_policy('c', encode(sha256('" TWO "'), "
                              "'hex'), NULL)"),
                     "RT008");
    /* nor who was the first to load a text that somebody else loaded again */
    ck_load("active", ONE, ONE, "enforce", "public.t", true);
    ck_load("suspended", TWO, ONE, "enforce", "public.t", true);
    ck_assert_str_eq(db_fails(admin,
                              "SELECT retention.approve_policy('c', encode(sha256('" TWO "'), "
                              "'hex'), NULL)"),
                     "RT008");
    approve(TWO);
    /* nor a member of the role that loaded it, nor one that may load policies itself: a worker
     * loads what stands in its files, whoever wrote it */
    ck_load("suspended", THREE, TWO, "enforce", "public.t", true);
    static const char *const groups[] = {"t_worker", "retention_worker"};
    db_script(admin, "CREATE ROLE t_author LOGIN; GRANT retention_approver TO t_author");
    PGconn *author = db_connect(cluster, database, "t_author");
    for (int i = 0; i < 2; i++) {
        db_exec(admin, "CREATE ROLE t_team%d; GRANT %s TO t_team%d; GRANT t_team%d TO t_author", i,
                groups[i], i, i);
        ck_assert_str_eq(db_fails(author,
                                  "SELECT retention.approve_policy('c', loaded_sha256, NULL) "
                                  "FROM retention.category"),
                         "RT008");
        db_exec(admin, "REVOKE t_team%d FROM t_author", i);
        db_exec(admin, "DROP ROLE t_team%d", i);
    }
    db_exec(author, "SELECT retention.approve_policy('c', loaded_sha256, NULL) FROM "
                    "retention.category");
    PQfinish(author);
    db_exec(admin, "REVOKE retention_approver FROM t_author");
    db_exec(admin, "DROP ROLE t_author");
}
END_TEST

START_TEST(pauses)
{
    ck_load("suspended", "one", "", "enforce", "public.t", true);
    approve("one");
    static const char *const wrong[] = {
        "", "everything", "category:", "tenant:", "Category:c", NULL};
    for (int i = 0; wrong[i]; i++)
        ck_assert_str_eq(db_fails(operator_, "SELECT retention.pause('%s', 'why')", wrong[i]),
                         "RT011");
    ck_assert_str_eq(db_fails(operator_, "SELECT retention.pause('category:d', 'why')"), "RT010");
    ck_assert_str_eq(db_fails(operator_, "SELECT retention.pause('all', ' ')"), "RT011");
    ck_assert_str_eq(db_fails(operator_, "SELECT retention.pause('all', 'why', now() - "
                                         "interval '1 s')"),
                     "RT011");
    ck_assert_str_eq(db_fails(operator_, "SELECT retention.resume('all', 'why')"), "RT010");

    PGconn *listener = db_connect(cluster, database, "t_worker");
    db_exec(listener, "LISTEN retention");
    PGconn *legal = db_connect(cluster, database, "t_legal");
    db_exec(legal, "SELECT retention.pause('category:c', 'court')");
    db_exec(operator_, "SELECT retention.pause('category:c', 'ours', now() + interval '1 hour')");
    db_exec(operator_, "SELECT retention.pause('all', 'fire')");
    ck_value("all fire paused", admin,
             "SELECT concat_ws(' ', paused, paused_reason, cause) FROM retention.compliance");
    ck_assert_int_eq(db_number(operator_, "SELECT retention.resume('all', 'out')"), 1);
    ck_assert_int_eq(db_number(operator_, "SELECT retention.resume('category:c', 'ok')"), 2);
    ck_value("(null)", admin, "SELECT paused FROM retention.compliance");
    ck_assert_int_eq(PQconsumeInput(listener), 1);
    PGnotify *notify = PQnotifies(listener);
    ck_assert_ptr_nonnull(notify);
    ck_assert_str_eq(notify->relname, "retention");
    ck_assert_str_eq(notify->extra, "pause");
    PQfreemem(notify);
    PQfinish(legal);
    PQfinish(listener);
}
END_TEST

START_TEST(requests)
{
    ck_load("suspended", "one", "", "enforce", "public.t", true);
    ck_assert_str_eq(db_fails(operator_, "SELECT retention.request_run('{c,d}')"), "RT010");
    char *one = db_value(operator_, "SELECT retention.request_run('{c}')");
    char *all = db_value(operator_, "SELECT retention.request_run()");
    ck_assert_int_eq(
        db_number(worker, "SELECT count(*) FROM retention.take_requests(%lld)", (long long)term),
        2);
    ck_assert_int_eq(
        db_number(worker, "SELECT count(*) FROM retention.take_requests(%lld)", (long long)term),
        0);
    db_exec(worker, "SELECT retention.finish_request(%lld, '%s', '{}')", (long long)term, one);
    ck_assert_str_eq(
        db_fails(worker, "SELECT retention.finish_request(%lld, '%s', '{}')", (long long)term, one),
        "RT010");
    /* a leader that was lost: what it had taken comes again */
    db_exec(worker, "SELECT retention.resign(%lld)", (long long)term);
    term = schema_lead(worker, '1');
    ck_value(all, worker, "SELECT request FROM retention.take_requests(%lld)", (long long)term);
    /* taken back: by who asked, while nobody who leads has it */
    ck_value("f", worker, "SELECT retention.withdraw_run('%s')", all);
    ck_value("f", operator_, "SELECT retention.withdraw_run('%s')", all);
    db_exec(worker, "SELECT retention.resign(%lld)", (long long)term);
    ck_value("f", worker, "SELECT retention.withdraw_run('%s')", all);
    ck_value("t", operator_, "SELECT retention.withdraw_run('%s')", all);
    ck_value("f", operator_, "SELECT retention.withdraw_run('%s')", all);
    term = schema_lead(worker, '1');
    ck_assert_int_eq(
        db_number(worker, "SELECT count(*) FROM retention.take_requests(%lld)", (long long)term),
        0);
    free(one);
    free(all);
}
END_TEST

START_TEST(figures)
{
    ck_load("suspended", "one", "", "enforce", "public.t", true);
    approve("one");
    ck_value("not measured yet", admin, "SELECT cause FROM retention.compliance");
    db_exec(worker,
            "SELECT retention.record_status(%lld, 'c', '{\"rows\": 50, \"due\": 9, \"held\": "
            "1, \"kept_while\": 2, \"kept_floor\": 3, \"to_act\": 3, \"not_started\": 4, "
            "\"oldest\": \"2026-01-01T00:00:00Z\", \"last_run\": \"%s\"}')",
            (long long)term, "00000000-0000-4000-8000-000000000000");
    ck_value("50 9 1 5 3 4 2026-01-01", admin,
             "SELECT concat_ws(' ', rows, due, held, kept, overdue, not_started, oldest::date, "
             "last_run) FROM retention.compliance");
    /* what is not named stays, null clears */
    db_exec(worker,
            "SELECT retention.record_status(%lld, 'c', '{\"unclaimed\": 7, \"oldest\": "
            "null}')",
            (long long)term);
    ck_value("50 7", admin,
             "SELECT concat_ws(' ', rows, unclaimed, oldest) FROM retention.compliance");
    ck_assert_str_eq(
        db_fails(worker, "SELECT retention.record_status(%lld, 'd', '{}')", (long long)term),
        "RT010");

    for (int i = 0; i < 2; i++)
        ck_value(i ? "f" : "t", worker,
                 "SELECT retention.daily_compliance(%lld, 'c', '2026-07-24', 1, 2, 3, 4, 5, 6, 7, "
                 "NULL)",
                 (long long)term);
    ck_assert_int_eq(db_number(admin, "SELECT count(*) FROM retention.log_entry "
                                      "WHERE type = 'compliance'"),
                     1);
    ck_value("t", worker, "SELECT retention.coverage(%lld, repeat('a', 64), 1, 2, 3)",
             (long long)term);
    ck_value("f", worker, "SELECT retention.coverage(%lld, repeat('a', 64), 1, 2, 3)",
             (long long)term);
    ck_value("t", worker, "SELECT retention.coverage(%lld, repeat('a', 64), 1, 2, 4)",
             (long long)term);
    ck_value("t", worker, "SELECT retention.record_config(%lld, repeat('a', 64))", (long long)term);
    ck_value("f", worker, "SELECT retention.record_config(%lld, repeat('a', 64))", (long long)term);
}
END_TEST

START_TEST(blocked_records)
{
    ck_load("suspended", "one", "", "enforce", "public.t", true);
    approve("one");
    for (int i = 0; i < 2; i++)
        db_exec(worker,
                "SELECT retention.block_record(%lld, NULL, 'c', 'public.t', sha256('a'), 1, "
                "'23503', 'k')",
                (long long)term);
    db_exec(worker,
            "SELECT retention.block_record(%lld, NULL, 'c', 'public.t', sha256('b'), 1, "
            "'P0001', NULL)",
            (long long)term);
    ck_assert_int_eq(db_number(admin, "SELECT blocked FROM retention.compliance"), 2);
    ck_assert_int_eq(db_number(worker,
                               "SELECT retention.unblock(%lld, 'c', NULL, "
                               "ARRAY[sha256('a'), sha256('x')])",
                               (long long)term),
                     1);
    ck_assert_int_eq(db_number(worker,
                               "SELECT retention.unblock(%lld, 'c', NULL, NULL, "
                               "now() - interval '1 hour')",
                               (long long)term),
                     0);
    ck_assert_int_eq(db_number(worker,
                               "SELECT retention.unblock(%lld, 'c', NULL, NULL, "
                               "now() + interval '1 hour')",
                               (long long)term),
                     1);
}
END_TEST

START_TEST(epochs_count)
{
    ck_assert_str_eq(db_fails(worker, "SELECT retention.new_epoch(%lld, 2, '\\x01', sha256('k'))",
                              (long long)term),
                     "RT011");
    db_exec(worker, "SELECT retention.new_epoch(%lld, 1, '\\x01', sha256('k'))", (long long)term);
    ck_assert_str_eq(db_fails(worker, "SELECT retention.new_epoch(%lld, 1, '\\x01', sha256('k'))",
                              (long long)term),
                     "RT011");
    ck_assert_str_eq(
        db_fails(worker, "SELECT retention.new_epoch(%lld, 2, '\\x01', '\\x01')", (long long)term),
        "23514");
    ck_assert_str_eq(
        db_fails(worker, "SELECT retention.new_epoch(%lld, 2, NULL, sha256('k'))", (long long)term),
        "RT011");
}
END_TEST

/* What an agreements table says, at intervals of settle: '1 month' and '30 days' are not the same.
 */
static void agree(const char *tenants, const char *periods)
{
    db_exec(worker,
            "SELECT retention.settle_agreements(%lld, 'c', '14 days', '1 year', '%s', '%s')",
            (long long)term, tenants, periods);
}

static void time_passes(void)
{
    db_exec(admin, "UPDATE retention.agreement_state SET pending_since = pending_since - "
                   "interval '15 days'");
}

#define ck_state(expected)                                                                         \
    ck_value(expected, admin,                                                                      \
             "SELECT string_agg(concat_ws(' ', tenant, settled, '/', pending), ', ' ORDER BY "     \
             "tenant) FROM retention.agreement_state")

START_TEST(agreements_settle)
{
    ck_load("suspended", "one", "", "enforce", "public.t", true);
    approve("one");
    agree("{a,b,c}", "{30 days,2 years,NULL}");
    ck_state("a 30 days /, b 2 years /"); /* approved with the policy */
    agree("{a,b}", "{1 month,1 year}");
    ck_state("a 30 days / 1 mon, b 2 years / 1 year");
    agree("{a,b}", "{1 month,1 month}"); /* changed again: it waits anew */
    ck_state("a 30 days / 1 mon, b 2 years / 1 mon");
    agree("{a,b}", "{1 month,2 years}"); /* taken back */
    ck_state("a 30 days / 1 mon, b 2 years /");
    time_passes();
    agree("{a,b}", "{1 month,2 years}");
    ck_state("a 1 mon /, b 2 years /");
    /* a tenant that comes later begins with the stage's own, one that goes returns to it */
    agree("{b,d}", "{2 years,7 days}");
    ck_state("a 1 mon / 1 year, b 2 years /, d 1 year / 7 days");
    time_passes();
    agree("{b,d}", "{2 years,7 days}");
    ck_state("a 1 year /, b 2 years /, d 7 days /");
    ck_assert_str_eq(db_fails(worker,
                              "SELECT retention.settle_agreements(%lld, 'c', '14 days', '1 year', "
                              "'{a}', '{}')",
                              (long long)term),
                     "RT011");
}
END_TEST

Suite *suite_schema_flow(void)
{
    Suite *suite = suite_create("schema_flow");
    TCase *tc = tcase_create("flow");
    tcase_set_timeout(tc, 60);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, a_policy_lives);
    tcase_add_test(tc, approval_does_not_rest_on_the_worker_alone);
    tcase_add_test(tc, load_is_refused);
    tcase_add_test(tc, the_loader_does_not_approve);
    tcase_add_test(tc, some_changes_keep_more);
    tcase_add_test(tc, nobody_approved_what_took_effect);
    tcase_add_test(tc, pauses);
    tcase_add_test(tc, requests);
    tcase_add_test(tc, figures);
    tcase_add_test(tc, blocked_records);
    tcase_add_test(tc, epochs_count);
    tcase_add_test(tc, agreements_settle);
    suite_add_tcase(suite, tc);
    return suite;
}
