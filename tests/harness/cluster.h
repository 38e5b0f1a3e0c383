/* Real PostgreSQL for tests: one shared throwaway cluster (started when first asked for, before or
 * inside any test), and clusters of a test's own where it wants to kill or configure the server.
 * Servers never run as root. Everything lives under a temporary directory that goes at the end. */
#ifndef HARNESS_CLUSTER_H
#define HARNESS_CLUSTER_H

#include <stdbool.h>

struct cluster;

/* Called by tests/run around all suites. The shared cluster starts on first use. */
void cluster_shared_setup(void);
void cluster_shared_teardown(void);

/* The shared cluster: fsync off, trust over its socket, superuser "postgres". */
struct cluster *cluster_shared(void);

/* A cluster of the test's own, running; `settings` are lines for postgresql.conf (or NULL). */
struct cluster *cluster_new(const char *settings);
/* The same with a system identifier of its own; the others share one, being copies. */
struct cluster *cluster_new_system(const char *settings);
void cluster_stop(struct cluster *cluster, const char *mode); /* "fast", "immediate" */
void cluster_start(struct cluster *cluster);
void cluster_free(struct cluster *cluster); /* stops and removes it; accepts NULL */

/* A copy of a stopped cluster's files beside it, and back: a file-level backup and its restore. */
void cluster_backup(struct cluster *cluster, const char *name);
void cluster_restore(struct cluster *cluster, const char *name);
/* The same of a running one, by pg_basebackup; archived WAL goes beyond it where it is configured.
 */
void cluster_base_backup(struct cluster *cluster, const char *name);
/* A streaming standby with a replication slot of its own, running. Promoted, it is on its own. */
struct cluster *cluster_standby(struct cluster *primary, const char *slot);
void cluster_promote(struct cluster *standby);
/* Lines appended to the configuration of a cluster, for its next start. */
void cluster_configure(struct cluster *cluster, const char *settings);
/* An empty file in the data directory ("recovery.signal"). */
void cluster_touch(struct cluster *cluster, const char *name);

/* "host=... port=... dbname=DB user=USER"; the caller frees. user NULL: postgres. */
char *cluster_conninfo(const struct cluster *cluster, const char *database, const char *user);
const char *cluster_directory(const struct cluster *cluster); /* PGDATA */
const char *cluster_log_file(const struct cluster *cluster);

#endif
