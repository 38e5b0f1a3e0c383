/* A fresh database, a policy for it, and what policy_validate says: shared by the suites of
 * policy_validate. */
#ifndef TESTS_VALIDATE_SUPPORT_H
#define TESTS_VALIDATE_SUPPORT_H

#include <libpq-fe.h>
#include <stdbool.h>

#include "base/diag.h"
#include "pg/catalog.h"

#define WORKER "validate_worker"
#define OWNER  "validate_owner"

struct policy_set;

/* Of the test that runs. */
extern struct validate_site {
    char *database;
    PGconn *conn; /* a superuser */
    struct diags diags;
    struct policy_set *set;
    struct catalog *catalog;
} site;

/* One table, and a policy that nothing is wrong with once everything is granted. */
extern const char *const validate_plain_policy;
extern const char *const validate_plain_table;

/* Fixture of each test: makes the database and the roles; takes it all away. */
void validate_setup(void);
void validate_teardown(void);

/* Makes WORKER, OWNER and the role that setup grants reading to, where they are not there. */
void validate_roles(PGconn *as);

/* Every privilege that the worker may need, on all there is. */
void validate_grant_all(void);

/* Frees what was read and said; the database stays. */
void validate_forget(void);

/* Reads the facts as `role` (NULL: who asks) sees them, into site.catalog. */
void validate_read_catalog(PGconn *as, const char *role);

/* The schema of this program's own is another test's. */
void validate_pretend_installed(void);

/* Forgets, reads the facts, and judges this policy file. */
void validate_policy_text(const char *policy);

/* What was said, a line each as "LINE: message", hints indented below. The caller frees it.
 * everywhere: warnings without a place in a file, too. */
char *validate_report(bool everywhere);

/* The report (without those warnings) must be this one. */
void validate_expect(const char *expected);

#endif
