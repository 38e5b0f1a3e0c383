/* Are the functions of schema retention in a database those that this program brings?
 *
 * The worker's promises stand in those functions. Whoever may replace one (the owner of the schema,
 * a superuser, the migration of another version) changes the promises, so each is compared with the
 * embedded file: body, language, SECURITY DEFINER, settings, owner. */
#ifndef PG_FUNCTIONS_H
#define PG_FUNCTIONS_H

#include <stddef.h>

struct arena;
struct catalog;

enum function_difference_kind {
    FUNCTION_CHANGED,
    FUNCTION_MISSING,
    FUNCTION_UNKNOWN, /* no file of this program makes it */
};

struct function_difference {
    const char *name; /* without the schema */
    enum function_difference_kind kind;
};

/* What differs, by name, in the arena; NULL with 0 where nothing does. Where the catalog says
 * nothing of the functions of an installed schema, all of them are missing. */
struct function_difference *functions_differ(struct arena *arena, const struct catalog *catalog,
                                             size_t *ret_count);

/* "changed", "missing", "unknown". */
const char *function_difference_word(enum function_difference_kind kind);

#endif
