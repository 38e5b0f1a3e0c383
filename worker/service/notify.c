#include "service/notify.h"

#include "config.h"

#ifdef HAVE_LIBSYSTEMD

#include <event2/event.h>
#include <stdint.h>
#include <stdlib.h>
#include <systemd/sd-daemon.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/text.h"
#include "engine/worker.h"
#include "service/words.h"

/* A run tells its progress after each batch; nobody reads more than this. */
enum { STATUS_EVERY_US = 250000 };

struct notify {
    struct event *watchdog; /* NULL: not watched */
    struct event *late;     /* the last change was not told yet */
    struct text status;     /* told last */
    struct text next;       /* to be told */
    int64_t told_us;
    bool ready;
};

static void on_watchdog(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    (void)arg;
    sd_notify(0, "WATCHDOG=1");
}

static void tell(struct notify *notify)
{
    if (text_equal(text_string(&notify->status), text_string(&notify->next)))
        return;
    text_clear(&notify->status);
    text_add(&notify->status, text_string(&notify->next));
    notify->told_us = clock_monotonic_us();
    sd_notifyf(0, "STATUS=%s", text_string(&notify->status));
}

static void on_late(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    tell(arg);
}

struct notify *notify_new(struct worker *worker)
{
    struct notify *notify = xcalloc(1, sizeof(*notify));
    uint64_t interval_us;
    notify->late = evtimer_new(worker_loop(worker), on_late, notify);
    if (sd_watchdog_enabled(0, &interval_us) > 0) {
        const struct timeval half = {(time_t)(interval_us / 2 / 1000000),
                                     (suseconds_t)(interval_us / 2 % 1000000)};
        notify->watchdog = event_new(worker_loop(worker), -1, EV_PERSIST, on_watchdog, NULL);
        event_add(notify->watchdog, &half);
    }
    return notify;
}

void notify_free(struct notify *notify)
{
    if (!notify)
        return;
    if (notify->watchdog)
        event_free(notify->watchdog);
    event_free(notify->late);
    text_free(&notify->status);
    text_free(&notify->next);
    free(notify);
}

void notify_changed(struct notify *notify, const struct worker_view *view)
{
    text_clear(&notify->next);
    words_describe(view, &notify->next);
    if (!notify->ready) {
        notify->ready = true;
        sd_notify(0, "READY=1");
    }
    int64_t since_us = clock_monotonic_us() - notify->told_us;
    if (since_us >= STATUS_EVERY_US) {
        tell(notify);
    } else if (!evtimer_pending(notify->late, NULL)) {
        const struct timeval rest = {0, (suseconds_t)(STATUS_EVERY_US - since_us)};
        evtimer_add(notify->late, &rest);
    }
}

void notify_reloading(struct notify *notify)
{
    (void)notify;
    sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%lld", (long long)clock_monotonic_us());
}

void notify_reloaded(struct notify *notify)
{
    (void)notify;
    sd_notify(0, "READY=1");
}

void notify_stopping(struct notify *notify)
{
    (void)notify;
    sd_notify(0, "STOPPING=1");
}

#else

#include <stddef.h>

struct notify *notify_new(struct worker *worker)
{
    (void)worker;
    return NULL;
}

void notify_free(struct notify *notify)
{
    (void)notify;
}

void notify_changed(struct notify *notify, const struct worker_view *view)
{
    (void)notify, (void)view;
}

void notify_reloading(struct notify *notify)
{
    (void)notify;
}

void notify_reloaded(struct notify *notify)
{
    (void)notify;
}

void notify_stopping(struct notify *notify)
{
    (void)notify;
}

#endif
