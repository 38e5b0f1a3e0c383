/* The anchor hook: runs a command with the newest checkpoint on standard input, one at a time,
 * without blocking the loop; again, later and later, where it fails. */
#ifndef ENGINE_ANCHOR_H
#define ENGINE_ANCHOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct anchor;
struct event_base;

/* error NULL: the command exited 0. Called from the loop after each attempt. */
typedef void anchor_result_fn(void *arg, uint64_t size, const char *error);

struct anchor *anchor_new(struct event_base *base, const char *command, anchor_result_fn *result,
                          void *arg);
/* The checkpoint to be anchored next; replaces one that has not been given to the command yet. */
void anchor_send(struct anchor *anchor, uint64_t size, const char *note, size_t length);
/* A command runs, or will be tried again. */
bool anchor_is_busy(const struct anchor *anchor);
/* How often the checkpoint at hand failed so far. */
int anchor_failures(const struct anchor *anchor);
void anchor_forget(struct anchor *anchor); /* ends the command */
void anchor_free(struct anchor *anchor);   /* accepts NULL */

#endif
