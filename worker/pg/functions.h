/* Are the functions of schema retention in a database those that this program brings?
 *
 * The worker's promises stand in those functions. Whoever may replace one (the owner of the schema,
 * a superuser, the migration of another version) changes the promises, so each is compared with the
 * embedded file: body, language, SECURITY DEFINER, settings, owner. For the time between the
 * migration of a newer version and that of the programs, whoever administers the worker's machine
 * may have it accept those of the newer version: function_list.h. */
#ifndef PG_FUNCTIONS_H
#define PG_FUNCTIONS_H

#include <stddef.h>

struct arena;
struct catalog;
struct function_list;

enum function_difference_kind {
    FUNCTION_CHANGED,
    FUNCTION_MISSING,
    FUNCTION_UNKNOWN, /* no file of this program makes it */
};

struct function_difference {
    const char *name; /* without the schema */
    enum function_difference_kind kind;
};

enum functions_standing {
    FUNCTIONS_OWN,            /* this program's */
    FUNCTIONS_ACCEPTED,       /* those of catalog->accepted */
    FUNCTIONS_DIFFER,         /* neither */
    FUNCTIONS_NOT_LISTED,     /* and from here on: not this program's, and no list, */
    FUNCTIONS_OTHER_SCHEMA,   /* one that is for another version of the schema, */
    FUNCTIONS_WORKER_TOO_OLD, /* whose version wants newer workers than this, */
    FUNCTIONS_OTHER_ROLES,    /* or that is for roles with another prefix */
};

struct functions {
    enum functions_standing standing;
    /* What differs, by name, in the arena: from the list for a newer schema, else from whichever of
     * list and own functions is nearer. None where a newer schema has no list to compare with. */
    struct function_difference *differences;
    size_t count;
};

/* Judges the functions that are installed; the schema must be of this program's version or newer.
 * Where the catalog says nothing of the functions of an installed schema, all of them are missing.
 */
struct functions functions_judge(struct arena *arena, const struct catalog *catalog);

/* Those that this program brings, with the number of its last migration, in the arena; for roles
 * with this prefix, which is borrowed. */
struct function_list functions_own(struct arena *arena, const char *prefix, int newest);

/* What to say of it while the list counts; in the arena. NULL where it does not. */
const char *functions_accepted_words(struct arena *arena, const struct catalog *catalog);

/* "changed", "missing", "unknown". */
const char *function_difference_word(enum function_difference_kind kind);

#endif
