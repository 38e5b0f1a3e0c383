#include "pg/role_prefix.h"

#include <string.h>

#include "base/error.h"
#include "base/text.h"

enum { ROLE_NAME_MOST = 63 };

bool role_prefix_check(const char *prefix, struct error *error)
{
    const char *longest = "operator";
    if (!text_is_valid_utf8(prefix, strlen(prefix)) || !*prefix)
        return error_set(error, ERROR_CONFIG, "the prefix of the roles is empty or not UTF-8");
    for (const char *p = prefix; *p; p++)
        if ((unsigned char)*p < ' ' || *p == 0x7f || *p == '\\' || *p == '$' || *p == '@')
            return error_set(error, ERROR_CONFIG,
                             "the prefix of the roles holds a character that it may not hold");
    if (strlen(prefix) + strlen(longest) > ROLE_NAME_MOST)
        return error_set(error, ERROR_CONFIG,
                         "the prefix of the roles is too long: at most %zu bytes",
                         ROLE_NAME_MOST - strlen(longest));
    return true;
}

static void add_doubled(struct text *out, const char *s, size_t n, char quote)
{
    for (size_t i = 0; i < n; i++) {
        text_add_char(out, s[i]);
        if (s[i] == quote)
            text_add_char(out, quote);
    }
}

char *role_prefix_fill_in(const char *sql, const char *prefix, struct error *error)
{
    static const char mark[] = "@prefix@";
    enum { CODE, LITERAL, IDENTIFIER, LINE_COMMENT, BLOCK_COMMENT } in = CODE;
    if (!role_prefix_check(prefix, error))
        return NULL;
    struct text out = {0};
    for (const char *p = sql; *p; p++) {
        if (*p == '@' && text_starts_with(p, mark) && in <= IDENTIFIER) {
            const char *word = p + strlen(mark);
            size_t n = strspn(word, "abcdefghijklmnopqrstuvwxyz_");
            if (in == CODE) {
                text_add_char(&out, '"');
                add_doubled(&out, prefix, strlen(prefix), '"');
                text_add_n(&out, word, n);
                text_add_char(&out, '"');
            } else {
                add_doubled(&out, prefix, strlen(prefix), in == LITERAL ? '\'' : '"');
                text_add_n(&out, word, n);
            }
            p = word + n - 1;
            continue;
        }
        text_add_char(&out, *p);
        if (in == CODE) {
            if (*p == '\'')
                in = LITERAL;
            else if (*p == '"')
                in = IDENTIFIER;
            else if (*p == '-' && p[1] == '-')
                in = LINE_COMMENT;
            else if (*p == '/' && p[1] == '*')
                in = BLOCK_COMMENT;
        } else if ((in == LITERAL && *p == '\'') || (in == IDENTIFIER && *p == '"') ||
                   (in == LINE_COMMENT && *p == '\n') ||
                   (in == BLOCK_COMMENT && *p == '/' && p[-1] == '*')) {
            in = CODE; /* a doubled quote enters it again at once */
        }
    }
    return text_steal(&out);
}
