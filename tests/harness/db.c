#define _GNU_SOURCE
#include "harness/db.h"

#include <check.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "harness/cluster.h"

_printf_(1, 0) static char *format_text(const char *format, va_list args)
{
    char *text = NULL;
    ck_assert_int_ge(vasprintf(&text, format, args), 0);
    return text;
}

static void quiet(void *arg, const PGresult *result)
{
    (void)arg, (void)result;
}

PGconn *db_connect(const struct cluster *cluster, const char *database, const char *user)
{
    char *conninfo = cluster_conninfo(cluster, database, user);
    PGconn *conn = PQconnectdb(conninfo);
    ck_assert_msg(PQstatus(conn) == CONNECTION_OK, "%s: %s", conninfo, PQerrorMessage(conn));
    PQsetNoticeReceiver(conn, quiet, NULL);
    free(conninfo);
    return conn;
}

char *db_new(struct cluster *cluster, const char *template_name)
{
    static int number;
    char *name = NULL;
    ck_assert_int_ge(asprintf(&name, "t%d_%d", (int)getpid(), number++), 0);
    PGconn *conn = db_connect(cluster, "postgres", NULL);
    db_exec(conn, "CREATE DATABASE %s TEMPLATE %s", name,
            template_name ? template_name : "template1");
    PQfinish(conn);
    return name;
}

void db_drop(struct cluster *cluster, const char *name)
{
    PGconn *conn = db_connect(cluster, "postgres", NULL);
    db_exec(conn, "DROP DATABASE IF EXISTS %s WITH (FORCE)", name);
    PQfinish(conn);
}

static PGresult *execute(PGconn *conn, const char *sql)
{
    PGresult *result = PQexec(conn, sql);
    ExecStatusType status = PQresultStatus(result);
    ck_assert_msg(status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK, "%s\nin: %.2000s",
                  PQerrorMessage(conn), sql);
    return result;
}

void db_script(PGconn *conn, const char *sql)
{
    PQclear(execute(conn, sql));
}

void db_exec(PGconn *conn, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *sql = format_text(format, args);
    va_end(args);
    PQclear(execute(conn, sql));
    free(sql);
}

static char *first_value(PGconn *conn, const char *sql)
{
    PGresult *result = execute(conn, sql);
    ck_assert_msg(PQntuples(result) > 0 && PQnfields(result) > 0, "no row from: %.2000s", sql);
    char *value = PQgetisnull(result, 0, 0) ? NULL : strdup(PQgetvalue(result, 0, 0));
    PQclear(result);
    return value;
}

char *db_value(PGconn *conn, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *sql = format_text(format, args);
    va_end(args);
    char *value = first_value(conn, sql);
    free(sql);
    return value;
}

int64_t db_number(PGconn *conn, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *sql = format_text(format, args);
    va_end(args);
    char *value = first_value(conn, sql);
    ck_assert_msg(value != NULL, "NULL from: %.2000s", sql);
    char *end;
    int64_t number = strtoll(value, &end, 10);
    ck_assert_msg(*end == '\0', "no number \"%s\" from: %.2000s", value, sql);
    free(value);
    free(sql);
    return number;
}

const char *db_fails(PGconn *conn, const char *format, ...)
{
    static char sqlstate[6];
    va_list args;
    va_start(args, format);
    char *sql = format_text(format, args);
    va_end(args);
    PGresult *result = PQexec(conn, sql);
    ck_assert_msg(PQresultStatus(result) == PGRES_FATAL_ERROR, "did not fail: %.2000s", sql);
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    snprintf(sqlstate, sizeof(sqlstate), "%s", state ? state : "");
    PQclear(result);
    free(sql);
    return sqlstate;
}

void db_wait_until(PGconn *conn, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *sql = format_text(format, args);
    va_end(args);
    enum { PATIENCE = 120 }; /* seconds: of a machine that is busy with other things, too */
    enum { OFTEN = 40 };
    int looks = 0;
    time_t until = time(NULL) + PATIENCE;
    for (;;) {
        char *value = first_value(conn, sql);
        bool done = value && strcmp(value, "t") == 0;
        free(value);
        if (done)
            break;
        ck_assert_msg(time(NULL) < until, "still not true after %d s: %.2000s", PATIENCE, sql);
        /* between two looks at a condition, not instead of one; who looks takes from who works */
        poll(NULL, 0, looks++ < OFTEN ? 5 : 20);
    }
    free(sql);
}
