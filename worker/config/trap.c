/* A lexer for libconfig's tokens and a stack for its grammar:
 *
 *   settings: (NAME ("=" | ":") value [";" | ","])*
 *   value:    scalar | "{" settings "}" | "[" [scalar ("," scalar)*] "]" | "(" [value ("," value)*]
 * ")"
 *
 * After the first error of syntax only the lexer goes on: a trap further down is still named. */
#include "config/trap.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/text.h"

enum token { END, NAME, STRING, SCALAR, PUNCTUATION, BROKEN };

/* What may come next. */
enum expect {
    EXPECT_NAME,   /* a setting's name, or the end of the group */
    EXPECT_ASSIGN, /* "=" or ":" */
    EXPECT_VALUE,
    EXPECT_ELEMENT,   /* the first element, or the end of the list or array */
    EXPECT_SEPARATOR, /* "," or the end of the list or array; ";" or "," or a name in a group */
};

enum { DEEPEST = 32 };

struct name {
    const char *text;
    int line;
};

struct scope {
    char close; /* '}', ']', ')', or 0 for the file */
    int line;   /* where it was opened */
    struct name *names;
    size_t name_count;
};

struct scanner {
    struct arena *arena;
    const char *file;
    const char *p;
    int line;

    enum token token;
    const char *from; /* the token, with its quotes */
    size_t length;
    int token_line;

    struct scope scopes[DEEPEST];
    size_t depth; /* the innermost is scopes[depth] */
    enum expect expect;
    bool broken; /* a syntax error was reported */
    bool joined; /* the token is a string that libconfig would append to the one before */
    struct trap_lines lines;
    struct diags *diags;
};

static struct position at(const struct scanner *s, int line)
{
    return (struct position){s->file, line};
}

/* The token as a message can show it. */
static const char *token_text(const struct scanner *s)
{
    if (s->token == END)
        return "the end of the file";
    if (s->token == STRING)
        return "a string";
    int n = s->length > 40 ? 40 : (int)s->length;
    return arena_printf(s->arena, "\"%.*s\"", n, s->from);
}

static struct diag *syntax_error(struct scanner *s, const char *expected)
{
    s->broken = true;
    return diag_error(s->diags, at(s, s->token_line), "syntax error: expected %s, found %s",
                      expected, token_text(s));
}

/* ---- the lexer ---- */

static bool skip_block_comment(struct scanner *s)
{
    int line = s->line;
    const char *end = strstr(s->p + 2, "*/");
    if (!end) {
        struct diag *d = diag_error(s->diags, at(s, line), "comment is not closed");
        diag_hint(s->diags, d, "Close it with \"*/\"; everything below would be left out.");
        s->p += strlen(s->p);
        s->broken = true;
        return false;
    }
    for (; s->p < end + 2; s->p++)
        s->line += *s->p == '\n';
    return true;
}

static void skip_blank(struct scanner *s)
{
    for (;;) {
        while (*s->p == ' ' || *s->p == '\t' || *s->p == '\r' || *s->p == '\n')
            s->line += *s->p++ == '\n';
        if (*s->p == '#' || (s->p[0] == '/' && s->p[1] == '/'))
            s->p += strcspn(s->p, "\n");
        else if (s->p[0] != '/' || s->p[1] != '*' || !skip_block_comment(s))
            return;
    }
}

static void lex_string(struct scanner *s)
{
    const char *q = s->p + 1;
    for (; *q && *q != '"'; q++) {
        if (*q == '\n') {
            s->line++;
            continue;
        }
        if (*q != '\\')
            continue;
        q++;
        if (*q == 'x' && isxdigit((unsigned char)q[1]) && isxdigit((unsigned char)q[2])) {
            if (q[1] == '0' && q[2] == '0') {
                struct diag *d =
                    diag_error(s->diags, at(s, s->line), "string holds a NUL character");
                diag_hint(s->diags, d, "Leave \"\\x00\" out.");
            }
            q += 2;
        } else if (!*q || !strchr("nrtf\\\"", *q)) {
            struct diag *d = diag_error(s->diags, at(s, s->line), "unknown escape in a string");
            diag_hint(s->diags, d,
                      "Known are \\\\, \\\", \\n, \\r, \\t, \\f and \\xHH; a backslash itself is "
                      "written \\\\.");
            if (*q != '\n')
                q += *q != '\0';
            q--;
        }
        if (!*q)
            break;
    }
    if (!*q) {
        struct diag *d = diag_error(s->diags, at(s, s->token_line), "string is not closed");
        diag_hint(s->diags, d, "Close it with a double quote.");
        s->broken = true;
        s->token = BROKEN;
        s->p = q;
        return;
    }
    s->p = q + 1;
    s->token = STRING;
}

static bool is_name(const char *w, size_t n)
{
    if (!isalpha((unsigned char)w[0]) && w[0] != '*')
        return false;
    for (size_t i = 1; i < n; i++)
        if (!isalnum((unsigned char)w[i]) && !strchr("-_*", w[i]))
            return false;
    return true;
}

static void check_integer(struct scanner *s, const char *word, int base)
{
    size_t n = strlen(word);
    bool wide = n > 1 && word[n - 1] == 'L';
    errno = 0;
    long long value = strtoll(word, NULL, base);
    if (errno == ERANGE) {
        diag_error(s->diags, at(s, s->token_line), "integer %s does not fit in 64 bits", word);
    } else if (!wide && (value < INT32_MIN || value > INT32_MAX)) {
        struct diag *d =
            diag_error(s->diags, at(s, s->token_line), "integer %s does not fit in 32 bits", word);
        diag_hint(s->diags, d, "Write it with an L at its end: %sL.", word);
    }
}

/* Integer, hexadecimal integer or float, each as libconfig reads it. */
static bool is_number(struct scanner *s, const char *word)
{
    const char *w = word + (*word == '+' || *word == '-');
    if (w == word && w[0] == '0' && (w[1] == 'x' || w[1] == 'X')) {
        size_t digits = strspn(w + 2, "0123456789abcdefABCDEF");
        const char *rest = w + 2 + digits;
        if (!digits || (strcmp(rest, "") != 0 && strcmp(rest, "L") != 0 && strcmp(rest, "LL") != 0))
            return false;
        check_integer(s, word, 16);
        return true;
    }
    size_t whole = strspn(w, "0123456789");
    const char *rest = w + whole;
    if (whole && (strcmp(rest, "") == 0 || strcmp(rest, "L") == 0 || strcmp(rest, "LL") == 0)) {
        check_integer(s, word, 10);
        return true;
    }
    size_t decimals = 0;
    if (*rest == '.') {
        decimals = strspn(rest + 1, "0123456789");
        rest += 1 + decimals;
    }
    if (whole + decimals == 0)
        return false;
    if (*rest == 'e' || *rest == 'E') {
        rest += 1 + (rest[1] == '+' || rest[1] == '-');
        size_t digits = strspn(rest, "0123456789");
        if (!digits)
            return false;
        rest += digits;
    }
    if (*rest)
        return false;
    if (!isfinite(strtod(word, NULL)))
        diag_error(s->diags, at(s, s->token_line), "number %s is too large", word);
    return true;
}

static void lex_word(struct scanner *s)
{
    size_t n = 0;
    while (isalnum((unsigned char)s->p[n]) || (s->p[n] && strchr("_.+-*", s->p[n])))
        n++;
    const char *word = arena_strndup(s->arena, s->p, n);
    s->p += n;
    if (strcasecmp(word, "true") == 0 || strcasecmp(word, "false") == 0 || is_number(s, word))
        s->token = SCALAR;
    else
        s->token = is_name(word, n) ? NAME : BROKEN;
}

static void refuse_include(struct scanner *s)
{
    struct diag *d = diag_error(s->diags, at(s, s->line), "\"@include\" is not allowed");
    diag_hint(s->diags, d,
              "It would pull in text that nobody approved; put the text into this file.");
    s->p += strcspn(s->p, "\n");
}

static void next_token(struct scanner *s)
{
    enum token before = s->token;
    skip_blank(s);
    while (text_starts_with(s->p, "@include")) {
        refuse_include(s);
        skip_blank(s);
    }
    s->from = s->p;
    s->token_line = s->line;
    unsigned char c = (unsigned char)*s->p;
    if (!c) {
        s->token = END;
    } else if (c == '"') {
        lex_string(s);
    } else if (strchr("={}[]();:,", c)) {
        s->token = PUNCTUATION;
        s->p++;
    } else if (isalnum(c) || strchr("_.+-*", c)) {
        lex_word(s);
    } else {
        s->token = BROKEN;
        s->p++;
        while (((unsigned char)*s->p & 0xC0) == 0x80)
            s->p++; /* the whole of a character of UTF-8 */
    }
    s->length = (size_t)(s->p - s->from);
    s->joined = before == STRING && s->token == STRING;
    if (s->joined) {
        struct diag *d = diag_error(s->diags, at(s, s->token_line),
                                    "two strings stand side by side and would be joined silently");
        diag_hint(s->diags, d, "Put a comma between them, or write them as one string.");
    }
}

/* ---- the grammar ---- */

static void note_line(struct scanner *s)
{
    s->lines.items = arena_push(s->arena, s->lines.items, &s->lines.count, sizeof(*s->lines.items));
    s->lines.items[s->lines.count - 1] = s->token_line;
}

static void note_name(struct scanner *s)
{
    struct scope *scope = &s->scopes[s->depth];
    const char *text = arena_strndup(s->arena, s->from, s->length);
    for (size_t i = 0; i < scope->name_count; i++)
        if (strcmp(scope->names[i].text, text) == 0) {
            struct diag *d =
                diag_error(s->diags, at(s, s->token_line), "\"%s\" is given twice", text);
            diag_hint(s->diags, d, "It stands in line %d already.", scope->names[i].line);
            return;
        }
    scope->names = arena_push(s->arena, scope->names, &scope->name_count, sizeof(*scope->names));
    scope->names[scope->name_count - 1] = (struct name){text, s->token_line};
}

static void open_scope(struct scanner *s, char close)
{
    if (s->depth + 1 >= DEEPEST) {
        s->broken = true;
        diag_error(s->diags, at(s, s->token_line), "nested more than %d deep", DEEPEST - 1);
        return;
    }
    s->scopes[++s->depth] = (struct scope){.close = close, .line = s->token_line};
    s->expect = close == '}' ? EXPECT_NAME : EXPECT_ELEMENT;
}

static void unexpected_word(struct scanner *s, const char *expected)
{
    struct diag *d = syntax_error(s, expected);
    if (s->token == NAME || (s->token == BROKEN && isalnum((unsigned char)*s->from)))
        diag_hint(s->diags, d, "Text is written in double quotes: \"%.*s\".", (int)s->length,
                  s->from);
}

static void take_value(struct scanner *s)
{
    char c = s->token == PUNCTUATION ? *s->from : '\0';
    bool in_array = s->scopes[s->depth].close == ']';
    if (s->token == STRING || s->token == SCALAR)
        s->expect = EXPECT_SEPARATOR;
    else if (in_array && (c == '{' || c == '(' || c == '['))
        diag_hint(s->diags, syntax_error(s, "a string, a number or a boolean"),
                  "Lists of groups stand in round brackets: ( { ... }, { ... } ).");
    else if (c == '{')
        open_scope(s, '}');
    else if (c == '[')
        open_scope(s, ']');
    else if (c == '(')
        open_scope(s, ')');
    else
        unexpected_word(s, "a value");
}

static bool take_close(struct scanner *s)
{
    if (s->token != PUNCTUATION || !s->depth || *s->from != s->scopes[s->depth].close)
        return false;
    s->depth--;
    s->expect = EXPECT_SEPARATOR;
    return true;
}

static void unclosed(struct scanner *s, const char *expected)
{
    const struct scope *scope = &s->scopes[s->depth];
    struct diag *d = syntax_error(s, expected);
    if (s->depth && scope->line != s->token_line)
        diag_hint(s->diags, d, "The \"%c\" of line %d is still open.",
                  scope->close == '}'   ? '{'
                  : scope->close == ']' ? '['
                                        : '(',
                  scope->line);
}

static void take_token(struct scanner *s)
{
    struct scope *scope = &s->scopes[s->depth];
    bool in_group = !scope->close || scope->close == '}';
    char c = s->token == PUNCTUATION ? *s->from : '\0';
    if (s->expect == EXPECT_SEPARATOR && in_group) {
        s->expect = EXPECT_NAME;
        if (c == ';' || c == ',')
            return;
    }
    switch (s->expect) {
    case EXPECT_NAME:
        if (s->token == NAME) {
            note_name(s);
            note_line(s);
            s->expect = EXPECT_ASSIGN;
        } else if (!take_close(s) && (s->token != END || s->depth)) {
            unclosed(s, s->depth ? "a name or \"}\"" : "a name");
        }
        break;
    case EXPECT_ASSIGN:
        if (c != '=' && c != ':')
            syntax_error(s, "\"=\" or \":\"");
        s->expect = EXPECT_VALUE;
        break;
    case EXPECT_ELEMENT:
        if (take_close(s))
            break;
        note_line(s);
        take_value(s);
        break;
    case EXPECT_VALUE:
        if (!in_group)
            note_line(s);
        take_value(s);
        break;
    case EXPECT_SEPARATOR:
        if (c == ',')
            s->expect = EXPECT_VALUE;
        else if (!take_close(s))
            unclosed(s, scope->close == ']' ? "\",\" or \"]\"" : "\",\" or \")\"");
        break;
    }
}

static void check_bytes(struct scanner *s, const char *text, size_t length)
{
    enum { MOST_LINES = 65535 };
    int line = 1;
    for (const char *p = text, *end = text + length; p < end; line++) {
        const char *newline = memchr(p, '\n', (size_t)(end - p));
        size_t n = (size_t)((newline ? newline : end) - p);
        if (memchr(p, '\0', n)) {
            diag_error(s->diags, at(s, line), "file holds a NUL byte");
            return;
        }
        if (!text_is_valid_utf8(p, n)) {
            struct diag *d = diag_error(s->diags, at(s, line), "file is not valid UTF-8");
            diag_hint(s->diags, d, "Save it in UTF-8.");
            return;
        }
        p += n + 1;
    }
    if (length >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0) {
        struct diag *d = diag_error(s->diags, at(s, 1), "file starts with a byte order mark");
        diag_hint(s->diags, d, "Save it in UTF-8 without a byte order mark.");
    }
    if (line > MOST_LINES)
        diag_error(s->diags, at(s, MOST_LINES), "file has more than %d lines", MOST_LINES);
}

bool trap_scan(struct arena *arena, const char *file, const char *text, size_t length,
               struct trap_lines *ret_lines, struct diags *diags)
{
    size_t errors = diags->errors;
    struct scanner s = {
        .arena = arena, .file = file, .p = text, .line = 1, .diags = diags, .token = PUNCTUATION};
    check_bytes(&s, text, length);
    if (diags->errors > errors)
        return false;
    do {
        next_token(&s);
        if (!s.broken && !s.joined)
            take_token(&s);
    } while (s.token != END);
    *ret_lines = s.lines;
    return diags->errors == errors;
}
