#include "sql_support.h"

#include <check.h>

#include "base/error.h"
#include "base/sql_files.h"
#include "pg/catalog.h"

struct catalog *sql_support_catalog(PGconn *conn)
{
    return sql_support_catalog_as(conn, NULL);
}

struct catalog *sql_support_catalog_as(PGconn *conn, const char *role)
{
    const char *values[] = {role};
    PGresult *result =
        PQexecParams(conn, sql_file("catalog/facts.sql"), 1, NULL, values, NULL, NULL, 0);
    ck_assert_msg(PQresultStatus(result) == PGRES_TUPLES_OK, "%s", PQerrorMessage(conn));
    struct error error _cleanup_error_ = {0};
    struct catalog *catalog = catalog_parse(PQgetvalue(result, 0, 0), &error);
    ck_assert_msg(catalog != NULL, "%s", error.primary);
    PQclear(result);
    return catalog;
}
