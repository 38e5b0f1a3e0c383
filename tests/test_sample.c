/* The sample database: what load.sh makes, again and at other sizes. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "harness/cluster.h"
#include "harness/db.h"
#include "sample.h"

char *sample_load(const char *rows, const char *seed)
{
    char *database = db_new(cluster_shared(), NULL);
    char *conninfo _cleanup_free_ = cluster_conninfo(cluster_shared(), database, NULL);
    struct program_result result = program_run(
        (const char *[]){"/bin/sh", source_path("sql/sample/load.sh"), "--rows", rows, "--seed",
                         seed, "--now", "2026-07-24T00:00:00Z", "--quiet", conninfo, NULL});
    ck_assert_msg(result.exit_code == 0, "load.sh: exit %d: %s%s", result.exit_code, result.out,
                  result.err);
    ck_assert_str_eq(result.out, "");
    program_result_free(&result);
    return database;
}

/* "rows sum-of-row-hashes schema.table" of every table, a line each. */
static char *checksums(PGconn *conn)
{
    PGresult *tables =
        PQexec(conn, "select format('%I.%I', n.nspname, c.relname) from pg_class c"
                     " join pg_namespace n on n.oid = c.relnamespace where c.relkind in ('r', 'p')"
                     " and not c.relispartition and n.nspname not like 'pg\\_%'"
                     " and n.nspname <> 'information_schema' order by 1");
    ck_assert_int_eq(PQresultStatus(tables), PGRES_TUPLES_OK);
    ck_assert_int_ge(PQntuples(tables), 28);
    struct text all = {0};
    for (int i = 0; i < PQntuples(tables); i++) {
        const char *table = PQgetvalue(tables, i, 0);
        char *value _cleanup_free_ =
            db_value(conn,
                     "select count(*) || ' ' || coalesce(sum(hashtextextended(t::text, 0)), 0)"
                     " from %s t",
                     table);
        text_printf(&all, "%s %s\n", value, table);
    }
    PQclear(tables);
    return text_steal(&all);
}

static char *checksums_of(const char *rows, const char *seed)
{
    char *database _cleanup_free_ = sample_load(rows, seed);
    PGconn *conn = db_connect(cluster_shared(), database, NULL);
    char *sums = checksums(conn);
    PQfinish(conn);
    db_drop(cluster_shared(), database);
    return sums;
}

START_TEST(the_same_arguments_give_the_same_database)
{
    char *first _cleanup_free_ = checksums_of("10000", "7");
    char *second _cleanup_free_ = checksums_of("10000", "7");
    char *other _cleanup_free_ = checksums_of("10000", "8");
    ck_assert_str_eq(first, second);
    ck_assert_str_ne(first, other);
}
END_TEST

static int64_t all_rows(PGconn *conn)
{
    char *sums _cleanup_free_ = checksums(conn);
    int64_t rows = 0;
    for (const char *line = sums; *line; line = strchr(line, '\n') + 1)
        rows += strtoll(line, NULL, 10);
    return rows;
}

START_TEST(rows_are_as_many_as_asked_for)
{
    static const char *const sizes[] = {"10000", "60000"};
    for (size_t i = 0; i < ARRAY_LENGTH(sizes); i++) {
        char *database _cleanup_free_ = sample_load(sizes[i], "1");
        PGconn *conn = db_connect(cluster_shared(), database, NULL);
        int64_t asked = strtoll(sizes[i], NULL, 10), rows = all_rows(conn);
        ck_assert_msg(rows > asked * 95 / 100 && rows < asked * 105 / 100, "%lld rows, not %lld",
                      (long long)rows, (long long)asked);
        PQfinish(conn);
        db_drop(cluster_shared(), database);
    }
}
END_TEST

START_TEST(rows_look_real)
{
    char *database _cleanup_free_ = sample_load("40000", "1");
    PGconn *conn = db_connect(cluster_shared(), database, NULL);
#define NONE(query) ck_assert_msg(db_number(conn, "select count(*) from " query) == 0, "%s", query)
#define SOME(query) ck_assert_msg(db_number(conn, "select count(*) from " query) > 0, "%s", query)
    NONE("ctm.call where caller !~ '^\\+[1-9][0-9]{6,14}$' and caller <> 'anonymous'");
    NONE("ctm.contact where phone !~ '^\\+[1-9][0-9]{6,14}$'");
    /* nothing belongs to an account that was not there yet, or not any more */
    NONE("ctm.call c join ctm.account a using (account_id) where c.started_at < '2026-07-24'"
         " and c.started_at > '1971-01-01' and c.started_at < a.created_at - interval '1 day'");
    NONE("ctm.call c join ctm.account a using (account_id) where c.started_at < '2026-07-24'"
         " and c.started_at > a.closed_at");
    /* corners: starting points that are unknown, infinite, sentinels; what is not over */
    SOME("ctm.call_default where started_at = 'epoch'");
    SOME("ctm.call_default where started_at > '2090-01-01'");
    SOME("ctm.call_recording where recorded_at is null");
    SOME("ctm.text_message where sent_at is null");
    SOME("ctm.routing_record where connected_at_s = 0");
    SOME("ctm.call_event where payload #> '{meta,at_ms}' is null");
    SOME("billing.dispute where state = 'open' and recording_id is not null");
    SOME("billing.invoice where state in ('open', 'overdue')");
    SOME(
        "ctm.chat c where not exists (select from ctm.chat_message m where m.chat_id = c.chat_id)");
    SOME("(select from ctm.contact_account group by contact_id having count(*) > 1) shared");
    /* skew: the largest account has much, the last year more than the eight before it */
    ck_assert_int_gt(db_number(conn,
                               "select (max(n) * 100 / sum(n))::bigint from (select count(*) as n"
                               " from ctm.call group by account_id) a"),
                     8);
    ck_assert_int_gt(db_number(conn, "select 100 * count(*) filter (where started_at >"
                                     " '2025-07-24') / count(*) from ctm.call"),
                     40);
    SOME("ctm.call where started_at < '2018-07-24' and started_at > '1971-01-01'");
    ck_assert_int_gt(db_number(conn, "select count(*) from pg_inherits where inhparent ="
                                     " 'ctm.call'::regclass"),
                     100);
    /* identity columns go on where the generator stopped */
    db_exec(conn, "insert into ctm.text_message (account_id, direction, from_number, to_number,"
                  " status) values (1, 'inbound', '+12025550100', '+12025550101', 'delivered')");
    PQfinish(conn);
    db_drop(cluster_shared(), database);
}
END_TEST

START_TEST(load_refuses_what_it_does_not_understand)
{
    static const char *const bad[][2] = {{"--rows", "many"}, {"--seed", "x1"}, {"--row", "1"}};
    for (size_t i = 0; i < ARRAY_LENGTH(bad); i++) {
        struct program_result result = program_run((const char *[]){
            "/bin/sh", source_path("sql/sample/load.sh"), bad[i][0], bad[i][1], NULL});
        ck_assert_int_eq(result.exit_code, 2);
        program_result_free(&result);
    }
}
END_TEST

Suite *suite_sample(void)
{
    Suite *suite = suite_create("sample");
    TCase *tc = tcase_create("database");
    tcase_set_timeout(tc, 120);
    tcase_add_test(tc, the_same_arguments_give_the_same_database);
    tcase_add_test(tc, rows_are_as_many_as_asked_for);
    tcase_add_test(tc, rows_look_real);
    tcase_add_test(tc, load_refuses_what_it_does_not_understand);
    suite_add_tcase(suite, tc);
    return suite;
}
