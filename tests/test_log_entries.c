/* Entries that SQL composes (retention.write_entry), read by the strict reader of worker/ledger. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "harness/cluster.h"
#include "harness/db.h"
#include "harness/schema.h"
#include "ledger/entry.h"

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
    db_script(admin, "CREATE SCHEMA \"Odd one\"; CREATE TABLE \"Odd one\".\"täble %\" (id int);"
                     "CREATE TABLE t (id int)");
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

/* Reads every entry of the log; fails on the first that the reader does not accept. */
static int read_all(void)
{
    PGresult *rows =
        PQexec(admin, "SELECT type, entry, extract(epoch FROM date_trunc('second', at)) "
                      "::bigint FROM retention.log_entry ORDER BY id");
    int count = PQntuples(rows);
    for (int i = 0; i < count; i++) {
        static struct entry entry;
        struct error error = {0};
        const char *text = PQgetvalue(rows, i, 1);
        ck_assert_msg(entry_read(&entry, text, strlen(text), &error), "%s\n%s", error.primary,
                      text);
        ck_assert_ptr_nonnull(entry.type);
        ck_assert_str_eq(entry.type_name, PQgetvalue(rows, i, 0));
        ck_assert_int_eq(entry.seconds, atoll(PQgetvalue(rows, i, 2)));
    }
    PQclear(rows);
    return count;
}

/* A field of the last entry of a type; valid until the next call. */
static const char *last_value(const char *type, const char *field)
{
    static struct entry entry;
    struct error error = {0};
    char *text = db_value(admin,
                          "SELECT entry FROM retention.log_entry WHERE type = '%s' "
                          "ORDER BY id DESC LIMIT 1",
                          type);
    ck_assert_msg(text && entry_read(&entry, text, strlen(text), &error), "%s", type);
    free(text);
    const char *value = entry_value(&entry, field);
    ck_assert_msg(value != NULL, "%s %s", type, field);
    return value;
}

/* Both sides work from a table: they must be one. */
START_TEST(tables_agree)
{
    static const char *const formats[] = {
        [FIELD_NAME] = "name",   [FIELD_NUMBER] = "number", [FIELD_TIME] = "time",
        [FIELD_HEX16] = "hex16", [FIELD_HEX32] = "hex32",   [FIELD_WORD] = "word",
        [FIELD_TEXT] = "text"};
    PGresult *types = PQexec(admin, "SELECT DISTINCT type FROM retention.entry_type");
    ck_assert_int_ge(PQntuples(types), 12);
    for (int i = 0; i < PQntuples(types); i++) {
        const char *name = PQgetvalue(types, i, 0);
        const struct entry_type *type = entry_type_find(name);
        ck_assert_msg(type != NULL, "%s", name);
        char sql[200];
        snprintf(sql, sizeof(sql),
                 "SELECT field, format, coalesce(words, ''), optional FROM retention.entry_type "
                 "WHERE type = '%s' ORDER BY place",
                 name);
        PGresult *fields = PQexec(admin, sql);
        ck_assert_uint_eq((unsigned)PQntuples(fields), type->field_count);
        for (int k = 0; k < PQntuples(fields); k++) {
            const struct entry_field *field = &type->fields[k];
            ck_assert_str_eq(PQgetvalue(fields, k, 0), field->name);
            ck_assert_str_eq(PQgetvalue(fields, k, 1), formats[field->type]);
            ck_assert_str_eq(PQgetvalue(fields, k, 2), field->words ? field->words : "");
            ck_assert_str_eq(PQgetvalue(fields, k, 3), field->optional ? "t" : "f");
        }
        PQclear(fields);
    }
    PQclear(types);
}
END_TEST

/* Every function that writes an entry, with names that need encoding. */
START_TEST(every_entry_is_read)
{
    const char *category = "odd näme*", *relation = "Odd one.täble %";
    free(schema_policy(worker, approver, term, category, relation, "text"));
    ck_assert_str_eq(last_value("policy", "category"), category);
    ck_assert_str_eq(last_value("policy", "what"), "approved");
    ck_assert_str_eq(last_value("policy", "by"), "t_approver");
    char *run = schema_run(worker, term, category);
    ck_assert_str_eq(last_value("plan", "relation"), relation);
    ck_assert_str_eq(last_value("plan", "after"), "1 year");
    ck_assert_str_eq(last_value("plan", "held"), "1");
    db_exec(worker, "SELECT retention.engage_brake(%lld, '%s', '%s', 500, 100)", (long long)term,
            run, category);
    ck_assert_str_eq(last_value("brake", "what"), "engaged");
    db_exec(worker, "SELECT retention.finish_run(%lld, '%s', 1, 1, NULL, 'brake', 'x')",
            (long long)term, run);
    ck_assert_str_eq(last_value("done", "status"), "brake");
    ck_assert_str_eq(last_value("anomaly", "code"), "count");
    db_exec(operator_, "SELECT retention.release_brake('%s')", category);
    ck_assert_str_eq(last_value("brake", "by"), "t_operator");
    db_exec(operator_, "SELECT retention.pause('category:%s', 'why')", category);
    ck_assert_str_eq(last_value("pause", "scope"), "category:odd näme*");
    db_exec(operator_, "SELECT retention.resume('category:%s', 'why')", category);
    ck_assert_str_eq(last_value("pause", "what"), "resumed");
    db_exec(operator_, "SELECT retention.pause('all', 'why')");
    db_exec(worker, "SELECT retention.new_epoch(%lld, 1, '\\x01', sha256('k'))", (long long)term);
    db_exec(worker, "SELECT retention.record_config(%lld, repeat('a', 64))", (long long)term);
    db_exec(worker, "SELECT retention.coverage(%lld, repeat('b', 64), 1, 2, 3)", (long long)term);
    db_exec(worker,
            "SELECT retention.daily_compliance(%lld, '%s', '2026-07-24', 1, 2, 3, 4, 5, 6, 7, "
            "'2026-01-02 03:04:05.678+05')",
            (long long)term, category);
    ck_assert_str_eq(last_value("compliance", "oldest"), "2026-01-01T22:04:05Z");
    db_exec(
        worker,
        "SELECT retention.daily_compliance(%lld, '%s', '2026-07-25', 0, 0, 0, 0, 0, 0, 0, NULL)",
        (long long)term, category);
    ck_assert_str_eq(last_value("compliance", "oldest"), "none");
    db_exec(worker, "SELECT retention.policy_gone(ARRAY['%s'])", category);
    db_exec(approver, "SELECT retention.retire_policy('%s', 'sold')", category);
    ck_assert_str_eq(last_value("policy", "what"), "retired");
    ck_assert_int_eq(read_all(), 17);
    /* whatever the session's settings */
    db_exec(worker, "SET timezone = 'Asia/Kathmandu'; SET datestyle = 'German'; "
                    "SET intervalstyle = 'iso_8601'");
    db_exec(worker, "SELECT retention.record_config(%lld, repeat('c', 64))", (long long)term);
    ck_assert_int_eq(read_all(), 18);
    free(run);
}
END_TEST

/* No entry carries a value of a governed column: a tenant is one. */
START_TEST(tenants_do_not_stand_in_the_log)
{
    free(schema_policy(worker, approver, term, "c", "public.t", "one"));
    char *pause =
        db_value(operator_, "SELECT replace(retention.pause('tenant:+15550100', 'why')::text"
                            ", '-', '')");
    char expected[64];
    snprintf(expected, sizeof(expected), "tenant:%s", pause);
    ck_assert_str_eq(last_value("pause", "scope"), expected);
    db_exec(operator_, "SELECT retention.resume('tenant:+15550100', 'why')");
    ck_assert_str_eq(last_value("pause", "scope"), expected);
    ck_assert_int_eq(db_number(admin, "SELECT count(*) FROM retention.log_entry "
                                      "WHERE entry LIKE '%%15550100%%'"),
                     0);
    free(pause);
}
END_TEST

START_TEST(percent_encoding_is_that_of_c)
{
    char *encoded =
        db_value(admin, "SELECT retention.percent_encode('aZ09_.- %%*äß€\U0001F600~/\x7f')");
    ck_assert_str_eq(encoded, "aZ09_.-%20%25%2A%C3%A4%C3%9F%E2%82%AC%F0%9F%98%80%7E%2F%7F");
    free(encoded);
}
END_TEST

START_TEST(what_does_not_fit_is_refused)
{
    static const char *const calls[] = {
        "'nonsense', NULL, NULL, '{}'",
        "'heartbeat', NULL, NULL, '{}'",
        "'heartbeat', NULL, NULL, '{\"size\":1,\"other\":2}'",
        "'heartbeat', NULL, NULL, '{\"size\":-1}'",
        "'heartbeat', NULL, NULL, '{\"size\":\"01\"}'",
        "'heartbeat', NULL, NULL, '{\"size\":1.5}'",
        "'config', NULL, NULL, '{\"sha256\":\"AB\",\"by\":\"x\"}'",
        "'config', NULL, NULL, jsonb_build_object('sha256', repeat('a', 64), 'by', '')",
        "'pause', NULL, NULL, '{\"scope\":\"all\",\"what\":\"halted\",\"by\":\"x\"}'",
        "'pause', NULL, NULL, '{\"scope\":\"all\",\"what\":\"paused|resumed\",\"by\":\"x\"}'",
        "'anomaly', NULL, NULL, '{\"run\":\"x\",\"seq\":1,\"code\":\"gap\"}'",
        NULL};
    for (int i = 0; calls[i]; i++)
        ck_assert_msg(
            strcmp(db_fails(admin, "SELECT retention.write_entry(%s)", calls[i]), "RT011") == 0,
            "%s", calls[i]);
    db_exec(admin, "SELECT retention.write_entry('heartbeat', NULL, NULL, '{\"size\":0}')");
}
END_TEST

/* Entries outside of batches are numbered by type, without holes: an entry that vanishes shows. Two
 * transactions: the second waits for the first one's number, and gets it when that one aborts. */
START_TEST(numbers_have_no_holes)
{
    db_exec(admin, "BEGIN");
    db_exec(admin, "SELECT retention.write_entry('heartbeat', NULL, NULL, '{\"size\":7}')");
    PGconn *other = db_connect(cluster, database, NULL);
    ck_assert_int_eq(PQsendQuery(other, "SELECT retention.write_entry('heartbeat', NULL, NULL, "
                                        "'{\"size\":8}')"),
                     1);
    db_wait_until(admin, "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND pid = %d)",
                  PQbackendPID(other));
    db_exec(admin, "ROLLBACK");
    PGresult *result = PQgetResult(other);
    ck_assert_int_eq(PQresultStatus(result), PGRES_TUPLES_OK);
    PQclear(result);
    PQfinish(other);
    db_exec(admin, "SELECT retention.write_entry('heartbeat', NULL, NULL, '{\"size\":9}')");
    ck_assert_int_eq(db_number(admin, "SELECT sum(seq) FROM retention.log_entry "
                                      "WHERE type = 'heartbeat'"),
                     1);
    ck_assert_int_eq(read_all(), 3);
}
END_TEST

Suite *suite_log_entries(void)
{
    Suite *suite = suite_create("log_entries");
    TCase *tc = tcase_create("entries");
    tcase_set_timeout(tc, 60);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, tables_agree);
    tcase_add_test(tc, every_entry_is_read);
    tcase_add_test(tc, tenants_do_not_stand_in_the_log);
    tcase_add_test(tc, percent_encoding_is_that_of_c);
    tcase_add_test(tc, what_does_not_fit_is_refused);
    tcase_add_test(tc, numbers_have_no_holes);
    suite_add_tcase(suite, tc);
    return suite;
}
