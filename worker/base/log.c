#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"

static const struct {
    const char *word;
    const char *priority;
} levels[] = {
    [LOG_LEVEL_ERROR] = {"error", "<3>"},
    [LOG_LEVEL_WARNING] = {"warning", "<4>"},
    [LOG_LEVEL_INFO] = {"info", "<6>"},
    [LOG_LEVEL_DEBUG] = {"debug", "<7>"},
};
static enum log_level most_level = LOG_LEVEL_INFO;
static log_sink_fn *sink;

void log_set_level(enum log_level most)
{
    most_level = most;
}

void log_set_sink(log_sink_fn *wanted)
{
    sink = wanted;
}

static void to_standard_error(enum log_level level, const char *message)
{
    struct text line _cleanup_text_ = {0};
    char when[32];
    if (getenv("JOURNAL_STREAM"))
        text_add(&line, levels[level].priority);
    else
        text_printf(&line, "%s %s: ", clock_format_utc(when, clock_wall_us() / 1000000),
                    levels[level].word);
    text_printf(&line, "%s\n", message);
    fputs(line.data, stderr);
}

_printf_(3, 0) static void write_message(enum log_level level, const struct log_about *about,
                                         const char *format, va_list args)
{
    if (level > most_level)
        return;
    struct text line _cleanup_text_ = {0};
    text_vprintf(&line, format, args);
    for (char *p = line.data; p && *p; p++)
        if (*p == '\n')
            *p = ' ';
    if (sink)
        sink(level, about, text_string(&line));
    else
        to_standard_error(level, text_string(&line));
}

void log_message(enum log_level level, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    write_message(level, &(struct log_about){0}, format, args);
    va_end(args);
}

void log_about(enum log_level level, const struct log_about *about, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    write_message(level, about, format, args);
    va_end(args);
}

void log_failure(enum log_level level, const struct error *error)
{
    log_failure_as(level, LOG_EVENT_NONE, error);
}

void log_failure_as(enum log_level level, enum log_event event, const struct error *error)
{
    struct text line _cleanup_text_ = {0};
    text_add(&line, error->primary ? error->primary : "unknown error");
    if (error->sqlstate[0])
        text_printf(&line, " (SQLSTATE %s)", error->sqlstate);
    if (error->detail)
        text_printf(&line, "; detail: %s", error->detail);
    if (error->context)
        text_printf(&line, "; context: %s", error->context);
    if (error->hint)
        text_printf(&line, "; hint: %s", error->hint);
    log_about(level, &(struct log_about){.event = event, .sqlstate = error->sqlstate}, "%s",
              line.data);
}
