/* What people asked to be run: the requests that the leader took and that are not done yet. */
#ifndef ENGINE_REQUESTS_H
#define ENGINE_REQUESTS_H

#include <libpq-fe.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"

struct policies;
struct worker;

struct request {
    char id[37];
    char *categories; /* one a line, or NULL: all */
    struct text runs; /* uuids, as members of an array literal */
};

struct requests {
    struct request *items; /* owned */
    size_t count;
};

/* Adds what engine/take_requests.sql answered (NULL: nothing), and marks the categories that are
 * asked for: those of the new ones, and those that are to go on for an older one. */
void requests_take(struct requests *requests, const PGresult *result, struct policies *policies);
/* A run of this category is theirs. */
void requests_note_run(struct requests *requests, const char *category, const char *run);
/* The round is over: so are those requests of which no category has to go on (turn_over). */
void requests_finish(struct requests *requests, struct worker *worker);
void requests_forget(struct requests *requests);

#endif
