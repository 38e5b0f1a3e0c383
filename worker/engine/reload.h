/* Reloading: the main file and the policies are read again while the worker goes on. See reload.c.
 */
#ifndef ENGINE_RELOAD_H
#define ENGINE_RELOAD_H

#include <stdbool.h>

struct policy_set;
struct reload;
struct worker;

struct reload *reload_new(void);
void reload_free(struct reload *reload); /* accepts NULL */

/* Reads and checks the files; what is good is used from the next batch on, what is not is refused
 * and told. While another check is under way, what was good is not used yet, or the connection is
 * the loader's, later. */
void reload_ask(struct worker *worker);
/* The connection is free, or gone: what had to wait may begin. */
void reload_go_on(struct worker *worker);
/* Something new waits to be used: hand nothing out any more, load. */
bool reload_is_pending(const struct worker *worker);
/* Is one among what waits that names a time zone, which the catalog is to know then? */
bool reload_names_timezones(const struct worker *worker);
/* Called where nothing uses policies and settings any more but what the loader is about to drop:
 * puts the new ones in their place. The set that was used until now, which the caller frees, or
 * NULL where nothing was pending, or where it names time zones and the catalog that was read does not
 * know them: then it stays for the next load. */
struct policy_set *reload_take(struct worker *worker, bool knows_timezones);
/* This worker leads, or a reload was used or refused: into the database, for `status`. */
void reload_record(struct worker *worker);

#endif
