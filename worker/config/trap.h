/* Closes libconfig's traps before it reads a text. libconfig 1.5 joins adjacent strings without a
 * word ([ "legal" "vip" ] is "legalvip"), wraps integers beyond 32 bits without an L, follows
 * @include, takes an unclosed comment for the end of the file, keeps unknown escapes, and gives
 * strings in lists the line of what follows them. So every text is scanned first, by a grammar that
 * is no wider than libconfig's. */
#ifndef CONFIG_TRAP_H
#define CONFIG_TRAP_H

#include <stdbool.h>
#include <stddef.h>

#include "base/diag.h"

struct arena;

/* The line of every setting and element, in the order of the text: a group or list comes before
 * what it holds. */
struct trap_lines {
    int *items;
    size_t count;
};

/* Scans the text (NUL-terminated; length without the NUL); `file` names it in messages. Adds an
 * error for each trap, for invalid UTF-8, NUL bytes, names given twice in a group, and the first
 * error of syntax. True if there was none; the lines are then complete, and live in the arena. */
bool trap_scan(struct arena *arena, const char *file, const char *text, size_t length,
               struct trap_lines *ret_lines, struct diags *diags);

#endif
