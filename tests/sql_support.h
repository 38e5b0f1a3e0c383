/* For tests of built statements: catalog facts. */
#ifndef TESTS_SQL_SUPPORT_H
#define TESTS_SQL_SUPPORT_H

#include <libpq-fe.h>

struct catalog;

/* The catalog as retentiond reads it; caller frees. */
struct catalog *sql_support_catalog(PGconn *conn);
/* With the privileges of a role (NULL: the connection's). */
struct catalog *sql_support_catalog_as(PGconn *conn, const char *role);

#endif
