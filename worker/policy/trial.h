/* Transformations tried on records: what only rows can tell (CHECK and UNIQUE constraints, domains,
 * triggers that put old values back) is found when a policy is taken in, before the first run.
 * Records under hold are left out, and of dependants under hold a guard refuses the trial; what
 * others have locked is not waited for.
 *
 * Whoever takes policies in, on whatever connection, asks for one statement after the other, runs
 * each in a transaction of its own that is rolled back, and answers; findings go to the diags. */
#ifndef POLICY_TRIAL_H
#define POLICY_TRIAL_H

#include <stdbool.h>
#include <stddef.h>

#include "policy/sql.h"

struct arena;
struct catalog;
struct category;
struct diags;
struct policy_set;
struct trials;

/* What a transaction begins with, beside the settings of batches. Whoever tries has to answer
 * others meanwhile: short. */
#define TRIAL_LOCK_TIMEOUT_MS      500
#define TRIAL_STATEMENT_TIMEOUT_MS 3000

/* Where the server refused the statement: its SQLSTATE, and the names that came with it, or NULL.
 * Without sqlstate: how many of the rows kept other values, as text. */
struct trial_answer {
    const char *sqlstate, *constraint, *column;
    const char *unchanged;
};

/* For some categories; those that are not valid are left out. All arguments must live as long as
 * the trials, which live in the arena. */
struct trials *trials_new(struct arena *arena, const struct policy_set *set,
                          const struct catalog *catalog, struct diags *diags);
/* What is found refuses nothing: it is told as a warning. */
void trials_warn(struct trials *trials);
void trials_add(struct trials *trials, const struct category *category);

/* The next statement, and the category it is of; NULL: none is left. Its parameters: PARAM_VALUE,
 * PARAM_RUN_TIME ("now" will do), PARAM_NONCE. */
const struct sql_statement *trials_next(struct trials *trials,
                                        const struct category **ret_category);
void trials_answer(struct trials *trials, const struct trial_answer *answer);

#endif
