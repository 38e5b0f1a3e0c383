#include <check.h>
#include <stdlib.h>

#include "harness/cluster.h"
#include "harness/db.h"

START_TEST(shared_cluster_gives_databases)
{
    struct cluster *cluster = cluster_shared();
    char *name = db_new(cluster, NULL);
    PGconn *conn = db_connect(cluster, name, NULL);
    db_exec(conn, "CREATE TABLE t (a int)");
    ck_assert_int_eq(db_number(conn, "SELECT count(*) FROM t"), 0);
    ck_assert_str_eq(db_fails(conn, "SELECT * FROM absent"), "42P01");
    PQfinish(conn);
    db_drop(cluster, name);
    free(name);
}
END_TEST

START_TEST(own_cluster_can_crash_and_come_back)
{
    struct cluster *cluster = cluster_new("fsync = on\nsynchronous_commit = on");
    PGconn *conn = db_connect(cluster, "postgres", NULL);
    db_exec(conn, "CREATE TABLE t AS SELECT 7 AS a");
    cluster_stop(cluster, "immediate");
    PQfinish(conn);
    cluster_start(cluster);
    conn = db_connect(cluster, "postgres", NULL);
    ck_assert_int_eq(db_number(conn, "SELECT a FROM t"), 7);
    PQfinish(conn);
    cluster_free(cluster);
}
END_TEST

Suite *suite_harness(void)
{
    Suite *suite = suite_create("harness");
    TCase *tc = tcase_create("cluster");
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, shared_cluster_gives_databases);
    tcase_add_test(tc, own_cluster_can_crash_and_come_back);
    suite_add_tcase(suite, tc);
    return suite;
}
