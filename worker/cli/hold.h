/* What the commands of holds and matters share: the scope that a person names, how a hold is found
 * by its first digits, and what is told of holds. */
#ifndef CLI_HOLD_H
#define CLI_HOLD_H

#include <libpq-fe.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/diag.h"
#include "cli/command.h"
#include "cli/session.h"

/* --- cli/hold_list.c: one value a line --- */

/* A subject or a record's key, and where it was given. */
struct hold_value {
    const char *text;
    struct position at;
};

struct hold_values {
    struct hold_value *items; /* in the arena */
    size_t count;
};

/* Reads a file of values, one a line ("-": standard input), in UTF-8; ends of line as on Windows,
 * a byte order mark and blank lines are accepted. With `trim`, blanks around a value go too. What
 * is wrong goes to cli->diags, a line each; false only where the file cannot be read. */
bool hold_values_read(struct cli *cli, const char *file, bool trim, struct hold_values *values,
                      struct error *error);
void hold_values_add(struct cli *cli, struct hold_values *values, const char *text,
                     struct position at);
/* As text[] literal; NULL where there is none. */
const char *hold_values_array(struct cli *cli, const struct hold_values *values);

/* --- cli/hold_scope.c: what the options name --- */

struct hold_scope {
    const char *category, *tenant;
    struct hold_values subjects; /* "kind:value" */
    struct hold_values keys;     /* a value, or for keys of several columns an array literal */
    const char *from, *to;       /* timestamptz texts, the end exclusive; NULL: no bound */
    bool everything;
    size_t wrong; /* values that could not be read, and are in cli->diags */
};

/* Reads options and files; needs no database. What is wrong with single values is found together
 * with what the database says of the others, by hold_scope_check. */
bool hold_scope_read(struct cli *cli, struct hold_scope *scope, struct error *error);
/* Compares the values with what the database knows of the categories: kinds of subjects, what their
 * columns can hold, the columns of a key. `category` is where keys belong; NULL: none is named. */
bool hold_scope_check(struct session *session, struct hold_scope *scope, const char *category,
                      struct error *error);
/* The same for keys alone, as `narrow` names what the hold has. */
bool hold_scope_check_keys(struct session *session, struct hold_scope *scope, const char *category,
                           struct error *error);
/* After a hold was placed with this scope: where those subjects stand that no record has now, for
 * somebody who looks for a slip of the pen. Says nothing where that cannot be told, nor of all of
 * them where it was said already that nothing is covered. */
void hold_tell_absent(struct session *session, const char *hold, const struct hold_scope *scope,
                      bool warned);
/* "2026-01-31" as it is; false and a usage error for anything else. */
bool hold_date_read(struct cli *cli, const char *option, const char **ret_date,
                    struct error *error);

/* --- cli/hold_error.c --- */

/* Tells an error of a function with this scope in terms of files and options. */
void hold_explain_error(struct cli *cli, const struct hold_scope *scope, struct error *error);

/* --- cli/hold_gaps.c --- */

/* "invoices,texts": the categories that such an error names as those that a hold cannot reach; NULL
 * where it names none. In the arena. */
const char *hold_gaps_words(struct cli *cli, const struct error *error);
/* On a terminal: prints these categories with the reasons, and asks for one word that accepts them.
 * The same words, or NULL, with an error of its own where something else was typed. */
const char *hold_gaps_accept(struct cli *cli, struct error *error);

/* --- cli/hold_tell.c: what a hold covers --- */

/* The hold with this uuid, or whose uuid begins with these digits; NULL with an error. */
const char *hold_find(struct session *session, const char *digits, struct error *error);
/* The request that waits with this uuid or first digits, or the one that waits of such a hold. */
const char *hold_find_request(struct session *session, const char *digits, struct error *error);

/* For legal: who asked for what waits, of a hold or as one request (NULL: all), why, and what it
 * gives up; values on demand. Says nothing to others. The document has the reasons, in "waiting".
 */
bool hold_tell_waiting(struct session *session, const char *hold, const char *request,
                       bool with_values, struct error *error);

/* Matters, reasons and subjects may be read by this role. */
bool hold_may_read_matters(struct session *session, bool *ret_may, struct error *error);
/* This role may not compare records with what holds cover: cli/plan_reader.sql does it for it. */
bool hold_needs_reader(struct session *session, bool *ret_needs, struct error *error);
/* This role may count what holds cover. */
bool hold_may_count(struct session *session, bool *ret_may, struct error *error);

/* The row of a result of cli/hold_matters.sql that tells of this hold; -1 where none does. */
int hold_matter_row(const PGresult *matters, const char *hold);

/* Prints a result of hold_coverage or hold_preview; into the document as "categories". */
void hold_tell_coverage(struct cli *cli, const PGresult *rows, const char *verb);
/* Prints categories whose data is outside of this database; "declared" in the document. */
bool hold_tell_declared(struct session *session, const char *category, struct error *error);
/* Where such a result counts no record at all, or reaches no category: says so, and what may be
 * wrong; true then. "matches_nothing" in the document. */
bool hold_warn_of_nothing(struct cli *cli, const PGresult *rows);
/* What a hold covers by category, now, and what it does not reach. ret_nothing: whether it is
 * nothing, which is told then; NULL: it is not told. */
bool hold_tell_reach(struct session *session, const char *hold, const char *category,
                     bool *ret_nothing, struct error *error);

/* --- cli/hold_status.c --- */

/* For `status`: how many holds, what waits, reviews that are over, what holds do not reach; with
 * `count`, how many records each keeps. Nothing where there is no hold and nothing waits. */
bool hold_status_show(struct session *session, bool count, struct error *error);

#endif
