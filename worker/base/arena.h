/* An arena: memory for things that die together. Nothing is freed singly; arena_free frees all.
 * Out of memory ends the process (nothing is committed without its log entry, so that is safe). */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stdarg.h>
#include <stddef.h>

#include "base/cleanup.h"

struct arena;

/* Makes an empty arena; the caller owns it. */
struct arena *arena_new(void);

/* Frees the arena and all it holds. Accepts NULL. */
void arena_free(struct arena *arena);

/* Forgets all allocations but keeps a first block for reuse. */
void arena_reset(struct arena *arena);

/* Returns size zeroed bytes aligned for any type. */
void *arena_alloc(struct arena *arena, size_t size);

/* Copies; NULL gives NULL. */
char *arena_strdup(struct arena *arena, const char *s);
char *arena_strndup(struct arena *arena, const char *s, size_t n);
char *arena_printf(struct arena *arena, const char *format, ...) _printf_(2, 3);
char *arena_vprintf(struct arena *arena, const char *format, va_list args) _printf_(2, 0);

/* Grows an arena array by one zeroed element: p = arena_push(arena, p, &count, sizeof *p); the new
 * element is p[count - 1]. The array may move. */
void *arena_push(struct arena *arena, void *items, size_t *count, size_t item_size);

/* Bytes taken from the system, for tests of constant memory. */
size_t arena_size(const struct arena *arena);

/* malloc family that ends the process when memory is out; result owned by the caller. */
void *xmalloc(size_t size);
void *xcalloc(size_t count, size_t size);
void *xrealloc(void *p, size_t size);
char *xstrdup(const char *s);

static inline void arena_cleanup(struct arena **arena)
{
    arena_free(*arena);
}
#define _cleanup_arena_ _cleanup_(arena_cleanup)

#endif
