/* Reads a policy directory into the model. No database. */
#ifndef POLICY_PARSE_H
#define POLICY_PARSE_H

#include "policy/model.h"

/* Reads every *.cfg of the directory. Everything that is wrong is added to diags; the set returned
 * holds what could be read (NULL only where the directory itself could not be). The caller frees
 * it. Refuses directories and files that others than the owner may write, files over 1 MiB, and
 * libconfig's traps (joined strings, wrapped integers, @include) before libconfig reads them.
 *
 * A category in which something is wrong may have NULL strings and empty names where the model
 * promises none: look at policy_category_is_valid (policy/validate.h) before using one. */
struct policy_set *policy_load_directory(const char *directory, struct diags *diags);

/* The same for one text; `file` is the name for positions. Used for approved texts in the database
 * and by tests. */
struct policy_set *policy_load_text(const char *file, const char *text, struct diags *diags);

/* PostgreSQL interval syntax, the part that policies use: "13 months", "1 year 2 days 03:00:00",
 * "P1Y2M". False with a reason and a hint (both in the arena, hint may be NULL). Negative, empty,
 * absurd (> 1000 years) and mixed-sign periods are refused. */
bool period_parse(struct arena *arena, const char *text, struct period *ret_period,
                  const char **ret_reason, const char **ret_hint);

#endif
