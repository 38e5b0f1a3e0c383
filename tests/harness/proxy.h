/* A proxy between worker and server, of the tests' own: it cuts and holds up the protocol. A
 * process beside the test, which ends with it. */
#ifndef HARNESS_PROXY_H
#define HARNESS_PROXY_H

struct cluster;
struct proxy;

struct proxy *proxy_new(const struct cluster *cluster);
void proxy_free(struct proxy *proxy);

/* "host=127.0.0.1 port=... dbname=DB user=USER"; the caller frees. */
char *proxy_conninfo(const struct proxy *proxy, const char *database, const char *user);

/* Every connection is closed at once, both ends. When it returns, they are. */
void proxy_cut(struct proxy *proxy);
/* From now on nothing passes on the connections there are, which stay open: a dead network, as far
 * as either end can see. New ones work. */
void proxy_hold(struct proxy *proxy);
/* The same of the oldest connection there is alone (a worker's control connection), and of all but
 * that. */
void proxy_hold_oldest(struct proxy *proxy);
void proxy_hold_others(struct proxy *proxy);

#endif
