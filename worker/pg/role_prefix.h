/* The prefix of the roles ("retention_" by default), which the embedded SQL files leave open. */
#ifndef PG_ROLE_PREFIX_H
#define PG_ROLE_PREFIX_H

#include <stdbool.h>

struct error;

/* True for a prefix that the names of all roles can begin with; else an error. */
bool role_prefix_check(const char *prefix, struct error *error);

/* An embedded file with the prefix filled in: @prefix@word becomes a quoted identifier in code, and
 * plain text (with quotes doubled) within a string literal; comments are left alone. Dollar-quoted
 * bodies are code. NULL and an error for a prefix that no role name can have. Caller frees. */
char *role_prefix_fill_in(const char *sql, const char *prefix, struct error *error);

#endif
