#!/bin/sh
# embed.sh SQLDIR FILE... > sql_files.c: a C table of the files (names relative to SQLDIR), sorted.
set -eu
sqldir=$1
shift
cat <<'HEAD'
/* Made by sql/embed.sh; do not edit. */
#include "base/sql_files.h"

#include <string.h>

static const struct {
    const char *name;
    const char *text;
} files[] = {
HEAD
for file in $(printf '%s\n' "$@" | LC_ALL=C sort); do
  printf '    {"%s",\n' "$file"
  sed -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e 's/?/\\?/g' -e 's/\t/\\t/g' -e 's/^/     "/' -e 's/$/\\n"/' "$sqldir/$file"
  printf '     ""},\n'
done
cat <<'TAIL'
};

enum { FILE_COUNT = sizeof(files) / sizeof(files[0]) };

const char *sql_file(const char *name)
{
    for (size_t i = 0; i < FILE_COUNT; i++)
        if (strcmp(files[i].name, name) == 0)
            return files[i].text;
    return NULL;
}

const char *const *sql_file_names(size_t *ret_count)
{
    static const char *names[FILE_COUNT];
    for (size_t i = 0; i < FILE_COUNT; i++)
        names[i] = files[i].name;
    *ret_count = FILE_COUNT;
    return names;
}
TAIL
