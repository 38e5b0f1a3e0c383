/* Errors are values: what failed, why, what to do next, and through which layers it came.
 *
 * A function that can fail returns bool (true: done) and takes `struct error *error` last, which it
 * fills on failure. Each layer may add context; one place decides and logs, once. The primary
 * message is lower case, one line, no full stop; detail and hint are sentences. Never a row's
 * value, never a secret. */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#include <stdbool.h>

#include "base/cleanup.h"

enum error_code {
    ERROR_NONE = 0,
    ERROR_FAILED,  /* anything else: exit 1 */
    ERROR_USAGE,   /* exit 2 */
    ERROR_CONFIG,  /* configuration or policy invalid: exit 3 */
    ERROR_OVERDUE, /* exit 4 */
    ERROR_STOPPED, /* a brake, a pause, awaiting approval, no anchor: exit 5 */
    ERROR_LOG,     /* log verification failed: exit 6 */
};

struct error {
    enum error_code code;
    char sqlstate[6]; /* "" where PostgreSQL had no part in it */
    char *primary;    /* owned */
    char *detail;     /* owned, may be NULL */
    char *hint;       /* owned, may be NULL */
    char *context;    /* owned, may be NULL: "while A\nwhile B", innermost first */
};

/* Sets code and primary, dropping what was there. Returns false, so that a caller can
 * `return error_set(error, ...)`. A NULL error is accepted by all of these. */
bool error_set(struct error *error, enum error_code code, const char *format, ...) _printf_(3, 4);
void error_set_sqlstate(struct error *error, const char *sqlstate);
void error_detail(struct error *error, const char *format, ...) _printf_(2, 3);
void error_hint(struct error *error, const char *format, ...) _printf_(2, 3);
void error_context(struct error *error, const char *format, ...) _printf_(2, 3);
void error_clear(struct error *error); /* frees; leaves {0} */
void error_move(struct error *to, struct error *from);

/* The exit code of DESIGN section 6 for this error. */
int error_exit_code(const struct error *error);

/* "program: primary\nDETAIL: ...\nHINT: ...\n" to standard error, fit for a terminal. */
void error_print(const char *program, const struct error *error);

#define _cleanup_error_ _cleanup_(error_clear)

#endif
