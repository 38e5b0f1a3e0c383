#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>

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

void log_set_level(enum log_level most)
{
    most_level = most;
}

void log_message(enum log_level level, const char *format, ...)
{
    if (level > most_level)
        return;
    struct text line _cleanup_text_ = {0};
    if (getenv("JOURNAL_STREAM")) {
        text_add(&line, levels[level].priority);
    } else {
        char when[32];
        text_printf(&line, "%s %s: ", clock_format_utc(when, clock_wall_us() / 1000000),
                    levels[level].word);
    }
    va_list args;
    va_start(args, format);
    text_vprintf(&line, format, args);
    va_end(args);
    for (char *p = line.data; *p; p++)
        if (*p == '\n')
            *p = ' ';
    text_add_char(&line, '\n');
    fputs(line.data, stderr);
}

void log_failure(enum log_level level, const struct error *error)
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
    log_message(level, "%s", line.data);
}
