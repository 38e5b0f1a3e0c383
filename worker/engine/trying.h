/* The trials of policy/trial.h on the worker's control connection. */
#ifndef ENGINE_TRYING_H
#define ENGINE_TRYING_H

#include <stdbool.h>

#include "pg/conn.h"

struct arena;
struct error;
struct trials;
struct worker;

/* False: the connection was lost (error). */
typedef void trying_done_fn(struct worker *worker, bool done, const struct error *error, void *arg);

/* One trial after the other, each with its transaction in one piece, so that leadership is renewed
 * between them. `done` is called once, at once where there is nothing to try. arena: the trials'.
 */
void trying_begin(struct worker *worker, struct arena *arena, struct trials *trials,
                  trying_done_fn *done, void *arg);

#endif
