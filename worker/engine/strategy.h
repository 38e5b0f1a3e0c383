/* Which way a leaf goes: by an index under the starting point, or block by block; or, where the
 * policy asks for it, as a whole.
 *
 * The planner is asked how it would read what may be due (sql_leaf's `choose`): it knows how much
 * of the table that is, as of the last ANALYZE, and whether rows that begin together stand
 * together. What it would read through the index, a run takes in slices of starting points. */
#ifndef ENGINE_STRATEGY_H
#define ENGINE_STRATEGY_H

#include <libpq-fe.h>
#include <stdbool.h>

#include "policy/model.h"

struct arena;

/* json: what EXPLAIN (FORMAT JSON) said. */
bool strategy_is_index(const char *json);
/* For people: "index record_at_idx, about 30,000 rows" or "sweep, about 1,500,000 of its rows". */
const char *strategy_text(struct arena *arena, const char *json);

/* What the server is to be told before it is asked for a proof, in the same transaction, and before
 * the leaf is counted: its other processes are the application's. */
const char *strategy_proof_settings(void);
/* json: of sql_leaf.whole_proof: does the planner rule out that there is such a row? */
bool strategy_is_proven(const char *json);
/* The relations that the plan reads, as "schema.name", in the arena; EXPLAIN was VERBOSE. */
struct string_list strategy_relations(struct arena *arena, const char *json);

/* Strategy `partition`: what stands against emptying a leaf as a whole? $1: the leaf as regclass
 * reads it, $2: the role that would, NULL: the current one. One row: (text or NULL, blocks). */
const char *strategy_whole_sql(void);
/* The reason in its answer, or in that of sql_leaf.whole_stays; NULL: nothing does. */
const char *strategy_not_whole(const PGresult *result);
const char *strategy_stays(const PGresult *result);

#endif
