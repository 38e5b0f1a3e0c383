#include "cli/json.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

json_t *json_text(const char *s)
{
    if (!s)
        return json_null();
    json_t *value = json_string(s);
    if (value)
        return value;
    char *copy _cleanup_free_ = strdup(s);
    for (char *p = copy; p && *p; p++)
        if (*p & 0x80)
            *p = '?';
    return json_string(copy ? copy : "");
}

json_t *json_number(const char *s)
{
    if (!s || !*s)
        return json_null();
    char *end;
    errno = 0;
    long long n = strtoll(s, &end, 10);
    if (!errno && !*end)
        return json_integer(n);
    errno = 0;
    double d = strtod(s, &end);
    return errno || *end ? json_null() : json_real(d);
}

json_t *json_diags(const struct diags *diags)
{
    json_t *list = json_array();
    for (size_t i = 0; i < diags->count; i++) {
        const struct diag *d = &diags->items[i];
        json_array_append_new(
            list, json_pack("{so si ss so so}", "file", json_text(d->at.file), "line", d->at.line,
                            "level", d->level == DIAG_ERROR ? "error" : "warning", "message",
                            json_text(d->message), "hint", json_text(d->hint)));
    }
    return list;
}

static const char *code_word(enum error_code code)
{
    static const char *const words[] = {
        [ERROR_NONE] = "none",      [ERROR_FAILED] = "failed",   [ERROR_USAGE] = "usage",
        [ERROR_CONFIG] = "config",  [ERROR_OVERDUE] = "overdue", [ERROR_STOPPED] = "stopped",
        [ERROR_LOG] = "log-verify",
    };
    return words[code];
}

void json_finish(struct cli *cli, const struct error *error)
{
    if (!cli->document && !error)
        return; /* --help and --version */
    if (!cli->document)
        cli->document = json_object();
    if (cli->diags.count && !json_object_get(cli->document, "diagnostics"))
        json_object_set_new(cli->document, "diagnostics", json_diags(&cli->diags));
    if (error) {
        json_t *sqlstate = json_text(error->sqlstate[0] ? error->sqlstate : NULL);
        json_object_set_new(cli->document, "error",
                            json_pack("{ss si so so so so so}", "code", code_word(error->code),
                                      "exit", error_exit_code(error), "message",
                                      json_text(error->primary), "detail", json_text(error->detail),
                                      "hint", json_text(error->hint), "context",
                                      json_text(error->context), "sqlstate", sqlstate));
    }
    json_dumpf(cli->document, stdout, JSON_INDENT(2));
    putchar('\n');
}
