/* Which way a leaf goes: by an index under the starting point, or block by block.
 *
 * The planner is asked how it would read what may be due (sql_leaf's `choose`): it knows how much
 * of the table that is, as of the last ANALYZE, and whether rows that begin together stand
 * together. What it would read through the index, a run takes in slices of starting points. */
#ifndef ENGINE_STRATEGY_H
#define ENGINE_STRATEGY_H

#include <stdbool.h>

struct arena;

/* json: what EXPLAIN (FORMAT JSON) said. */
bool strategy_is_index(const char *json);
/* For people: "index record_at_idx, about 30,000 rows" or "sweep, about 1,500,000 of its rows". */
const char *strategy_text(struct arena *arena, const char *json);

#endif
