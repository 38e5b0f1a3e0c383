/* The program's own messages (not the deletion log): to standard error, one line each, with the
 * journal's priority prefix (<3> ...) when standard error is the journal; or to a sink, which gets
 * what a message is about beside its text. Never a row's value.
 *
 * Messages that somebody may have to act on have an event: an id by which the journal finds them,
 * and a text of what they mean and what to do (log_event.c). */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdbool.h>
#include <stdio.h>

#include "base/cleanup.h"

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

enum log_event {
    LOG_EVENT_NONE,
    LOG_EVENT_LEADING,
    LOG_EVENT_STANDING_BY,
    LOG_EVENT_CONNECTION,
    LOG_EVENT_RUN_ENDED,
    LOG_EVENT_RUN_STOPPED,
    LOG_EVENT_RUN_FAILED,
    LOG_EVENT_POLICY,
    LOG_EVENT_GUARD,
    LOG_EVENT_LOG,
    LOG_EVENT_ANCHOR,
    LOG_EVENT_RELOADED,
    LOG_EVENT_RELOAD_REFUSED,
    LOG_EVENT_STOPPING,
    LOG_EVENT_STOP_CANCELS,
    LOG_EVENT_COUNT,
};

/* What a message is about; all but `event` may be NULL. */
struct log_about {
    enum log_event event;
    const char *category, *run, *sqlstate;
};

/* Gets each message that is not below the level, in one line without its end. */
typedef void log_sink_fn(enum log_level level, const struct log_about *about, const char *message);

struct error;

void log_set_level(enum log_level most);
void log_set_sink(log_sink_fn *sink); /* NULL: standard error */
void log_message(enum log_level level, const char *format, ...) _printf_(2, 3);
#define log_error(...)   log_message(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warning(...) log_message(LOG_LEVEL_WARNING, __VA_ARGS__)
#define log_info(...)    log_message(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(...)   log_message(LOG_LEVEL_DEBUG, __VA_ARGS__)

void log_about(enum log_level level, const struct log_about *about, const char *format, ...)
    _printf_(3, 4);

/* Logs an error with detail, hint and context, once. */
void log_failure(enum log_level level, const struct error *error);
void log_failure_as(enum log_level level, enum log_event event, const struct error *error);

/* The event's message id, 32 hexadecimal digits; NULL for LOG_EVENT_NONE. */
const char *log_event_id(enum log_event event);
/* The catalog for `journalctl -x`, and the list of messages for the manual page (mdoc). */
void log_print_catalog(FILE *out);
void log_print_man(FILE *out);

#endif
