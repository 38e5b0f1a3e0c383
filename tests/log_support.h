/* A site (engine_support.h) whose log is signed: one table, one category, a log directory. */
#ifndef TESTS_LOG_SUPPORT_H
#define TESTS_LOG_SUPPORT_H

#include "engine_support.h"

struct log_site {
    struct site site;
    char *log;      /* the log directory */
    char *anchored; /* what the anchor command writes to, where it is set */
    char *vkey;     /* a file with the key, as the auditor has it */
};

/* Table public.t of `rows` due rows, category "t" approved. `log`: lines for the group log of the
 * main file, or NULL. */
struct log_site log_site_new(struct cluster *cluster, int rows, const char *log);
void log_site_free(struct log_site *site);
/* Writes the main file anew: another cluster, directory (below the site's), key file, lines. NULL:
 * as it was at first. */
void log_site_config(struct log_site *site, struct cluster *cluster, const char *directory,
                     const char *key, const char *log);
/* The same, with both clusters for the worker to look for the one that can be written. */
void log_site_hosts(struct log_site *site, struct cluster *first, struct cluster *second,
                    const char *log);
/* Connects the site's admin (and approver) to another cluster or the same, started again. */
void log_site_reconnect(struct log_site *site, struct cluster *cluster);
/* More due rows. */
void log_site_rows(struct log_site *site, int from, int to);

/* The size of the last checkpoint; 0: none. */
int64_t log_site_size(const struct log_site *site);
/* `log verify` finds nothing wrong, of the directory alone and with the database, and nothing waits
 * for its place. */
void log_site_verify(const struct log_site *site);
/* Remembers every checkpoint that is there; later ones of the same size must be the same bytes. */
void log_site_no_fork(const struct log_site *site);

/* retentionctl -c CONFIG [-d as postgres] WORDS...: must end with this code; standard output and
 * error together, caller frees. */
char *log_site_ctl(const struct log_site *site, int exit_code, const char *const *words);
/* retentiond --once: must end with this code; what it said, caller frees. */
char *log_site_once(const struct log_site *site, const char *fault, int exit_code);

#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

#endif
