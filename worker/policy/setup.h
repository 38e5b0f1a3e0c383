/* The text of `retentionctl setup --sql`: what the owners of the tables must run, so that the
 * worker's role, which is no superuser and owns nothing, may do its work and finds indexes. */
#ifndef POLICY_SETUP_H
#define POLICY_SETUP_H

#include <stdbool.h>

#include "pg/catalog.h"
#include "policy/model.h"

struct text;

/* Appends the script for psql. Everything in it may be run again; after it policy_validate finds no
 * missing privilege and no missing index. With `remove`: what takes the privileges away again
 * (indexes stay). role_prefix: of the roles that migrate made, "retention_". */
void setup_write(struct text *out, const struct policy_set *set, const struct catalog *catalog,
                 const char *role_prefix, bool remove);

/* Whether the script makes the guard of this category: it wants one, and its policy is valid. */
bool setup_makes_guard(const struct policy_set *set, const struct catalog *catalog,
                       const struct category *category);

#endif
