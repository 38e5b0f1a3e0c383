/* A worker around which things go wrong: table "event" with a thousand due rows, category "events"
 * that deletes them, and what must be true when all is well again. */
#ifndef TESTS_UP_SUPPORT_H
#define TESTS_UP_SUPPORT_H

#include "engine_support.h"

struct proxy;

/* Short batches and a short lease. `settings`: more lines for the main file, or NULL. Approved. */
struct site up_site(struct cluster *cluster, const char *settings);
/* Writes the main file anew, with this connection string, and perhaps more lines for its group
 * database; the lines of up_site as before. */
void up_conninfo(const struct site *site, const char *conninfo, const char *database,
                 const char *settings);
/* From now on the worker reaches the server through a proxy; the caller frees it. */
struct proxy *up_between(const struct site *site, const char *database);
/* Ten more due rows, and a run is asked for. */
void up_ask_for_run(const struct site *site);
/* The daemon ends in order, and all of `rows` rows went once. Frees the site. */
void up_end(struct site *site, pid_t pid, int64_t rows);

/* retentionctl status, as a superuser, must contain this. */
void up_status_says(const struct site *site, const char *what);
/* retentiond --check must end with this code and say this. */
void up_check_says(const struct site *site, int exit_code, const char *what);

#endif
