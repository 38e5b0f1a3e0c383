#include "expect.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

char *diags_text(struct diags *diags)
{
    struct text text = {0};
    diags_sort(diags);
    for (size_t i = 0; i < diags->count; i++) {
        const struct diag *d = &diags->items[i];
        text_printf(&text, "%d: %s%s\n", d->at.line, d->level == DIAG_WARNING ? "warning: " : "",
                    d->message);
        const char *prefix = "    hint: ";
        for (const char *line = d->hint; line && *line; prefix = "          ") {
            size_t n = strcspn(line, "\n");
            text_printf(&text, "%s%.*s\n", prefix, (int)n, line);
            line += n + (line[n] == '\n');
        }
    }
    return text_steal(&text);
}

void expect_diags(struct diags *diags, const char *expected)
{
    char *text _cleanup_free_ = diags_text(diags);
    ck_assert_msg(strcmp(text, expected) == 0, "expected:\n%s\ngot:\n%s", expected, text);
}
