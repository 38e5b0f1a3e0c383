/* What the service manager is told: that the worker began, reloads, stops; what it does, in words;
 * and, from the loop's timer, that the loop goes round (the watchdog: a loop that is stuck is
 * killed, a batch that takes long is not). Without libsystemd, or without a service manager that
 * listens, nothing. */
#ifndef SERVICE_NOTIFY_H
#define SERVICE_NOTIFY_H

struct notify;
struct worker;
struct worker_view;

struct notify *notify_new(struct worker *worker);
void notify_free(struct notify *notify); /* accepts NULL */

/* READY the first time; afterwards the status line, where it is another one. */
void notify_changed(struct notify *notify, const struct worker_view *view);
void notify_reloading(struct notify *notify);
void notify_reloaded(struct notify *notify);
void notify_stopping(struct notify *notify);

#endif
