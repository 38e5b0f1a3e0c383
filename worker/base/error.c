#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/text.h"

_printf_(2, 0) static void set_text(char **field, const char *format, va_list args)
{
    struct text text = {0};
    text_vprintf(&text, format, args);
    free(*field);
    *field = text_steal(&text);
}

bool error_set(struct error *error, enum error_code code, const char *format, ...)
{
    if (!error)
        return false;
    error_clear(error);
    error->code = code;
    va_list args;
    va_start(args, format);
    set_text(&error->primary, format, args);
    va_end(args);
    return false;
}

void error_set_sqlstate(struct error *error, const char *sqlstate)
{
    if (error)
        snprintf(error->sqlstate, sizeof(error->sqlstate), "%s", sqlstate ? sqlstate : "");
}

void error_detail(struct error *error, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    if (error)
        set_text(&error->detail, format, args);
    va_end(args);
}

void error_hint(struct error *error, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    if (error)
        set_text(&error->hint, format, args);
    va_end(args);
}

void error_context(struct error *error, const char *format, ...)
{
    if (!error)
        return;
    struct text text = {0};
    if (error->context) {
        text_add(&text, error->context);
        text_add_char(&text, '\n');
    }
    va_list args;
    va_start(args, format);
    text_vprintf(&text, format, args);
    va_end(args);
    free(error->context);
    error->context = text_steal(&text);
}

void error_clear(struct error *error)
{
    free(error->primary);
    free(error->detail);
    free(error->hint);
    free(error->context);
    *error = (struct error){0};
}

void error_move(struct error *to, struct error *from)
{
    if (to) {
        error_clear(to);
        *to = *from;
    } else {
        error_clear(from);
    }
    *from = (struct error){0};
}

int error_exit_code(const struct error *error)
{
    static const int codes[] = {
        [ERROR_NONE] = 0,    [ERROR_FAILED] = 1,  [ERROR_USAGE] = 2, [ERROR_CONFIG] = 3,
        [ERROR_OVERDUE] = 4, [ERROR_STOPPED] = 5, [ERROR_LOG] = 6,
    };
    return codes[error->code];
}

/* A message may name what somebody else wrote, a file say: that steers no terminal. */
static void print_lines(const char *label, const char *s)
{
    fputs(label, stderr);
    while (*s) {
        size_t n = strcspn(s, "\n");
        char *line _cleanup_free_ = xmalloc(n + 1);
        memcpy(line, s, n);
        line[n] = '\0';
        text_print_safe(stderr, line);
        s += n;
        if (*s == '\n')
            fputc(*s++, stderr);
    }
    fputc('\n', stderr);
}

void error_print(const char *program, const struct error *error)
{
    fprintf(stderr, "%s: ", program);
    text_print_safe(stderr, error->primary ? error->primary : "unknown error"); /* of one line */
    if (error->sqlstate[0])
        fprintf(stderr, " (SQLSTATE %s)", error->sqlstate);
    fputc('\n', stderr);
    if (error->detail)
        print_lines("DETAIL:  ", error->detail);
    if (error->context)
        print_lines("CONTEXT:  ", error->context);
    if (error->hint)
        print_lines("HINT:  ", error->hint);
}
