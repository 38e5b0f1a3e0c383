/* The inside of a load, for its own files: loader.c (what is read, checked and tried),
 * loader_write.c (what is written then). */
#ifndef ENGINE_LOADER_INTERNAL_H
#define ENGINE_LOADER_INTERNAL_H

#include "base/error.h"
#include "engine/loader.h"
#include "pg/conn.h"

struct text;

/* One load under way. */
struct load {
    struct worker *worker;
    loader_done_fn *done;
    bool check_only;
    bool knows_timezones; /* the catalog is asked for them */
    bool failed;
    struct error error;
    size_t pending;
    char **fingerprints; /* one a state; owned */
};

struct load_item {
    struct load *load;
    size_t state;
};

/* --- loader.c --- */

/* The load ends as failed, for the first of such reasons, when all that was asked is answered. */
void load_fail(struct load *load, const struct error *error);
/* Asks on the control connection; fn calls load_one_done at its end, whose last call ends the load.
 */
void load_queue(struct load *load, const char *sql, size_t count, const char *const *values,
                pg_result_fn *fn, void *arg);
void load_one_done(struct load *load);
/* An arg for fn: freed by it. */
struct load_item *load_item_of(struct load *load, size_t state);

/* --- loader_write.c --- */

/* The step LOADING. */
void load_write_all(struct load *load);
/* Items as a literal of text[]. */
void load_add_array(struct text *out, const char *const *items, size_t count);

#endif
