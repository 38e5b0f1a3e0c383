#include "pg/function_list.h"

#include <openssl/evp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/encode.h"
#include "base/text.h"
#include "config/file.h"

static const char how_to_make[] =
    "The newer program prints the list: retentionctl migrate --print-functions";

void function_list_hash(char ret_hex[65], const char *text, size_t length)
{
    uint8_t digest[EVP_MAX_MD_SIZE];
    unsigned int size = 0;
    if (!EVP_Digest(text, length, digest, &size, EVP_sha256(), NULL))
        abort();
    hex_encode(ret_hex, digest, 32);
}

static struct listed_function *push(struct function_list *list, const char *name)
{
    list->items = arena_push(list->arena, list->items, &list->count, sizeof(*list->items));
    list->items[list->count - 1].name = name;
    return &list->items[list->count - 1];
}

void function_list_add(struct function_list *list, const char *name, const char *line)
{
    function_list_hash(push(list, name)->sha256, line, strlen(line));
}

void function_list_print(const struct function_list *list, struct text *out)
{
    text_printf(out, "schema: %d\nworkers: %d\nroles: %s\nfunctions: %zu\n", list->schema,
                list->oldest_worker, list->prefix, list->count);
    for (size_t i = 0; i < list->count; i++)
        text_printf(out, "%s %s\n", list->items[i].name, list->items[i].sha256);
}

/* --- reading --- */

enum head { HEAD_SCHEMA, HEAD_WORKERS, HEAD_ROLES, HEAD_FUNCTIONS, HEADS };

static const struct {
    const char *name;
    const char *wanted, *letters; /* NULL: a number */
} heads[HEADS] = {
    [HEAD_SCHEMA] = {"schema", "a number from 1 to 9999", NULL},
    [HEAD_WORKERS] = {"workers", "a number from 1 to 9999", NULL},
    [HEAD_ROLES] = {"roles", "up to 40 lower-case letters, digits and _",
                    "abcdefghijklmnopqrstuvwxyz0123456789_"},
    [HEAD_FUNCTIONS] = {"functions", "a number from 1 to 9999", NULL},
};

struct reader {
    struct function_list *list;
    struct diags *diags;
    int lines[HEADS]; /* where each was seen; 0: nowhere */
    int numbers[HEADS];
    size_t bad; /* function lines that could not be read */
};

static struct diag *refuse(struct reader *r, int line, const char *message)
{
    return diag_error(r->diags, ((struct position){r->list->file, line}), "%s", message);
}

static void take_head(struct reader *r, int line, enum head head, const char *value)
{
    struct arena *arena = r->list->arena;
    const char *name = heads[head].name;
    int number = text_number(value, 0);
    bool good = heads[head].letters
                    ? *value && strlen(value) <= 40 && !value[strspn(value, heads[head].letters)]
                    : number >= 1 && number <= 9999 && value[0] != '+';
    if (r->lines[head])
        refuse(r, line, arena_printf(arena, "\"%s:\" stands in line %d too", name, r->lines[head]));
    else if (!good)
        refuse(r, line,
               arena_printf(arena, "\"%s:\" must be %s, not \"%.80s\"", name, heads[head].wanted,
                            value));
    r->lines[head] = r->lines[head] ? r->lines[head] : line;
    r->numbers[head] = number;
    if (head == HEAD_ROLES)
        r->list->prefix = value;
}

static void take_function(struct reader *r, int line, const char *text)
{
    size_t name = strcspn(text, " ");
    const char *hash = text[name] ? text + name + 1 : "";
    bool good_name =
        name > 0 && name < 64 && strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_") == name;
    if (good_name && strlen(hash) == 64 && strspn(hash, "0123456789abcdef") == 64) {
        memcpy(push(r->list, arena_strndup(r->list->arena, text, name))->sha256, hash, 65);
        return;
    }
    r->bad++;
    diag_hint(
        r->diags,
        refuse(r, line,
               arena_printf(r->list->arena,
                            "cannot be \"%.80s\": a line is a function's name, a space, and 64 "
                            "digits of 0 to 9 and a to f",
                            text)),
        how_to_make);
}

static void take_line(struct reader *r, int line, char *text)
{
    if (!*text || *text == '#')
        return;
    for (enum head head = 0; head < HEADS; head++) {
        size_t n = strlen(heads[head].name);
        if (strncmp(text, heads[head].name, n) != 0 || text[n] != ':')
            continue;
        take_head(r, line, head, text + n + 1 + strspn(text + n + 1, " "));
        return;
    }
    take_function(r, line, text);
}

static void check_whole(struct reader *r)
{
    struct arena *arena = r->list->arena;
    for (enum head head = 0; head < HEADS; head++)
        if (!r->lines[head])
            diag_hint(
                r->diags,
                refuse(r, 0, arena_printf(arena, "there is no line \"%s: ...\"", heads[head].name)),
                how_to_make);
    size_t said = (size_t)r->numbers[HEAD_FUNCTIONS], count = r->list->count + r->bad;
    if (r->lines[HEAD_FUNCTIONS] && said && said != count)
        diag_hint(r->diags,
                  refuse(r, r->lines[HEAD_FUNCTIONS],
                         arena_printf(arena, "the list is not whole: %zu functions, not %zu", count,
                                      said)),
                  how_to_make);
    if (r->numbers[HEAD_WORKERS] > r->numbers[HEAD_SCHEMA] && r->lines[HEAD_SCHEMA])
        refuse(r, r->lines[HEAD_WORKERS], "\"workers:\" cannot be greater than \"schema:\"");
}

struct function_list *function_list_read(const char *path, struct diags *diags)
{
    size_t length, errors = diags->errors;
    char *text _cleanup_free_ = config_file_read(path, &length, diags);
    if (!text) {
        struct diag *diag = &diags->items[diags->count - 1];
        if (!diag->hint)
            diag_hint(diags, diag,
                      "accept_functions names this file: put it there, or take that "
                      "out. %s",
                      how_to_make);
        return NULL;
    }
    struct arena *arena = arena_new();
    struct function_list *list = arena_alloc(arena, sizeof(*list));
    *list = (struct function_list){.arena = arena, .file = arena_strdup(arena, path)};
    function_list_hash(list->sha256, text, length);
    struct reader r = {.list = list, .diags = diags};
    if (strlen(text) != length || !text_is_valid_utf8(text, length)) {
        diag_hint(diags, refuse(&r, 0, "is not a text"), how_to_make);
    } else {
        int line = 0;
        for (char *rest = arena_strdup(arena, text), *next; (next = strsep(&rest, "\n"));)
            take_line(&r, ++line, next);
        check_whole(&r);
    }
    list->schema = r.numbers[HEAD_SCHEMA];
    list->oldest_worker = r.numbers[HEAD_WORKERS];
    if (diags->errors == errors)
        return list;
    function_list_free(list);
    return NULL;
}

void function_list_free(struct function_list *list)
{
    if (list)
        arena_free(list->arena);
}
