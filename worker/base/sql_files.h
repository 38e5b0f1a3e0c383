/* The .sql files of sql/, embedded at build time (sql/embed.sh makes sql_files.c). */
#ifndef BASE_SQL_FILES_H
#define BASE_SQL_FILES_H

#include <stddef.h>

/* The text of a file, by its name below sql/ ("catalog/facts.sql"); NULL: no such file. */
const char *sql_file(const char *name);

/* All names, sorted bytewise. */
const char *const *sql_file_names(size_t *ret_count);

#endif
