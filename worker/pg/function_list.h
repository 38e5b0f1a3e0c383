/* Lists of the functions of schema retention that a version of this program brings.
 *
 * `retentionctl migrate --print-functions` of a newer version prints one, accept_functions in the
 * main file of an older worker names it: that worker goes on when the newer version was migrated
 * to, until it is replaced itself. So it is the administrator of the worker's machine, who could
 * replace the worker too, that vouches for the functions, and not whoever owns the schema.
 *
 *   # any comment
 *   schema: 38           number of the last migration
 *   workers: 35          the oldest worker that may act, by its last migration
 *   roles: retention_    what the names of roles begin with
 *   functions: 2         how many lines follow
 *   lead 9f86d08...      name and SHA-256 of the line that functions.c makes of one
 *   renew 60303ae... */
#ifndef PG_FUNCTION_LIST_H
#define PG_FUNCTION_LIST_H

#include <stddef.h>

#include "base/diag.h"

struct arena;
struct text;

struct listed_function {
    const char *name;
    char sha256[65];
};

struct function_list {
    struct arena *arena;
    const char *file; /* NULL: not read from one */
    int schema, oldest_worker;
    const char *prefix;
    struct listed_function *items;
    size_t count;
    char sha256[65]; /* of the file */
};

/* Reads a file; NULL, and all errors in diags, if it cannot be read, may be written by others, or a
 * line of it is wrong. The caller frees it. */
struct function_list *function_list_read(const char *path, struct diags *diags);
void function_list_free(struct function_list *list); /* accepts NULL */

/* As it is read. */
void function_list_print(const struct function_list *list, struct text *out);

/* The name is borrowed. */
void function_list_add(struct function_list *list, const char *name, const char *line);
void function_list_hash(char ret_hex[65], const char *text, size_t length);

#endif
