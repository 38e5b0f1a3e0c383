/* What stands in the way of a category as a whole, so that a run of it acts on nothing. */
#ifndef CLI_CAUSE_H
#define CLI_CAUSE_H

#include <libpq-fe.h>
#include <stdint.h>

#include "cli/session.h"

/* What the database says of some categories (a text[] literal; NULL: of all). NULL where the role
 * may not ask. Not inside of a transaction, which that would end. PQclear it. */
PGresult *cause_read(struct session *session, const char *categories);
/* The cause, a constant; NULL: nothing stands in the way, or nobody knows.
 * *ret_blocked, if it is given: how many of its records refused to go. */
const char *cause_find(const PGresult *causes, const char *category, int64_t *ret_blocked);

#endif
