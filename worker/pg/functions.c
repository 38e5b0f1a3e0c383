/* Each function becomes one line, the same here and in sql/catalog/facts.sql: "LANGUAGE FLAGS
 * SHA256 SETTINGS", with the hash of the body. Overloads of one name are told apart by their lines
 * alone. */
#include "pg/functions.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/encode.h"
#include "base/sql_files.h"
#include "base/text.h"
#include "pg/catalog.h"
#include "pg/role_prefix.h"

struct embedded {
    struct arena *arena;
    struct catalog_own_function *items;
    size_t count;
};

/* The word that stands in the head of a function ("SECURITY DEFINER"), or not. */
static bool head_has(const char *head, const char *word)
{
    size_t n = strlen(word);
    for (const char *p = head; (p = strstr(p, word)); p += n)
        if ((p[-1] == ' ' || p[-1] == '\n') && (p[n] == ' ' || p[n] == '\n'))
            return true;
    return false;
}

/* As proconfig has it: "SET lock_timeout = '10s'" -> "lock_timeout=10s". */
static void add_settings(struct text *out, const char *head)
{
    static const char set[] = "\nSET ";
    const char *between = "";
    for (const char *p = head; (p = strstr(p, set));) {
        p += strlen(set);
        size_t line = strcspn(p, "\n"), name = strcspn(p, " =");
        const char *value = p + name + strspn(p + name, " =");
        size_t length = (size_t)(p + line - value);
        if (length > 1 && *value == '\'') {
            value++;
            length -= 2;
        }
        text_add(out, between);
        text_add_n(out, p, name);
        text_add_char(out, '=');
        text_add_n(out, value, length);
        between = ";";
    }
}

static void add_hash(struct text *out, const char *body, size_t length)
{
    uint8_t digest[EVP_MAX_MD_SIZE];
    char hex[65];
    unsigned int size = 0;
    if (!EVP_Digest(body, length, digest, &size, EVP_sha256(), NULL))
        abort();
    hex_encode(hex, digest, 32);
    text_add(out, hex);
}

/* What follows a function's body gives it to the reader, where it is not the owner's. */
static bool goes_to_reader(const char *rest)
{
    const char *owner = strstr(rest, " OWNER TO "), *next = strstr(rest, "\nCREATE ");
    return owner && (!next || owner < next);
}

/* From "LANGUAGE" on: head, then the body between dollar quotes. Returns what follows, or NULL. */
static const char *describe(struct embedded *all, const char *name, size_t name_length,
                            const char *rest)
{
    const char *quote = strstr(rest, "\nAS $");
    if (!quote)
        return NULL;
    struct text head _cleanup_text_ = {0}, tag _cleanup_text_ = {0}, line _cleanup_text_ = {0};
    text_add_n(&head, rest, (size_t)(quote + 1 - rest));
    const char *opening = quote + strlen("\nAS ");
    text_add_n(&tag, opening, strcspn(opening + 1, "$") + 2);
    const char *body = opening + tag.length, *end = strstr(body, tag.data);
    const char *language = strstr(head.data, "LANGUAGE ");
    if (!end || !language)
        return NULL;
    language += strlen("LANGUAGE ");
    text_add_n(&line, language, strcspn(language, " \n"));
    text_add_char(&line, ' ');
    text_add_char(&line, head_has(head.data, "IMMUTABLE") ? 'i'
                         : head_has(head.data, "STABLE")  ? 's'
                                                          : 'v');
    text_add(&line, head_has(head.data, "SECURITY DEFINER") ? "d" : "");
    text_add(&line, head_has(head.data, "STRICT") ? "t" : "");
    text_add(&line, goes_to_reader(end) ? "r " : "o ");
    add_hash(&line, body, (size_t)(end - body));
    text_add_char(&line, ' ');
    add_settings(&line, head.data);
    all->items = arena_push(all->arena, all->items, &all->count, sizeof(*all->items));
    all->items[all->count - 1] = (struct catalog_own_function){
        arena_strndup(all->arena, name, name_length), arena_strdup(all->arena, line.data)};
    return end + tag.length;
}

static void read_file(struct embedded *all, const char *sql)
{
    static const char create[] = "CREATE OR REPLACE FUNCTION retention.";
    for (const char *p = sql; p && (p = strstr(p, create));) {
        const char *name = p + strlen(create);
        p = describe(all, name, strcspn(name, "("), name);
    }
}

static struct embedded read_embedded(struct arena *arena, const char *prefix)
{
    struct embedded all = {.arena = arena};
    size_t count;
    const char *const *names = sql_file_names(&count);
    for (size_t i = 0; i < count; i++) {
        if (!text_starts_with(names[i], "functions/"))
            continue;
        char *sql _cleanup_free_ = role_prefix_fill_in(sql_file(names[i]), prefix, NULL);
        read_file(&all, sql ? sql : sql_file(names[i]));
    }
    return all;
}

static void add(struct arena *arena, struct function_difference **list, size_t *count,
                const char *name, enum function_difference_kind kind)
{
    for (size_t i = 0; i < *count; i++)
        if (strcmp((*list)[i].name, name) == 0) {
            (*list)[i].kind = FUNCTION_CHANGED; /* one is missing, another is unknown */
            return;
        }
    *list = arena_push(arena, *list, count, sizeof(**list));
    (*list)[*count - 1] = (struct function_difference){name, kind};
}

static int by_name(const void *a, const void *b)
{
    const struct function_difference *x = a, *y = b;
    return strcmp(x->name, y->name);
}

struct function_difference *functions_differ(struct arena *arena, const struct catalog *catalog,
                                             size_t *ret_count)
{
    struct embedded all = read_embedded(arena, catalog->own_prefix);
    struct function_difference *list = NULL;
    bool *found = arena_alloc(arena, catalog->own_function_count + 1);
    *ret_count = 0;
    for (size_t i = 0; i < all.count; i++) {
        size_t k = 0;
        while (k < catalog->own_function_count &&
               (found[k] || strcmp(catalog->own_functions[k].name, all.items[i].name) != 0 ||
                strcmp(catalog->own_functions[k].line, all.items[i].line) != 0))
            k++;
        if (k < catalog->own_function_count)
            found[k] = true;
        else
            add(arena, &list, ret_count, all.items[i].name, FUNCTION_MISSING);
    }
    for (size_t k = 0; k < catalog->own_function_count; k++)
        if (!found[k])
            add(arena, &list, ret_count, catalog->own_functions[k].name, FUNCTION_UNKNOWN);
    if (list)
        qsort(list, *ret_count, sizeof(*list), by_name);
    return list;
}

const char *function_difference_word(enum function_difference_kind kind)
{
    static const char *const words[] = {
        [FUNCTION_CHANGED] = "changed",
        [FUNCTION_MISSING] = "missing",
        [FUNCTION_UNKNOWN] = "unknown",
    };
    return words[kind];
}
