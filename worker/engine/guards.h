/* Guards as the facts of a load show them, for the database to keep (retention.record_guard). */
#ifndef ENGINE_GUARDS_H
#define ENGINE_GUARDS_H

#include "pg/catalog.h"
#include "policy/model.h"

struct arena;

enum { GUARD_VALUES = 8 };

/* The arguments of record_guard after the term, in the arena: name, guard, state, problem,
 * fingerprint, triggers, leaves. The category must have been found valid against the catalog. */
void guards_describe(struct arena *arena, const struct policy_set *set,
                     const struct category *category, const struct catalog *catalog,
                     const char *ret_values[GUARD_VALUES - 1]);

#endif
