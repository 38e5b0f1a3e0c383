/* Each function becomes one line, the same here and in sql/catalog/facts.sql: "LANGUAGE FLAGS
 * SHA256 SETTINGS", with the hash of the body; and what is compared is the hash of that line.
 * Overloads of one name are told apart by their lines alone. */
#include "pg/functions.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/sql_files.h"
#include "base/text.h"
#include "pg/catalog.h"
#include "pg/function_list.h"
#include "pg/role_prefix.h"

/* The last migration that was looked at for this, and the oldest worker, by the last migration that
 * it brings, that acts rightly on a schema with that one: whose calls the functions still take, and
 * for which the tables still say what they said. A newer migration that nobody looked at serves no
 * older worker. */
enum { LOOKED_AT = 45, OLDEST_WORKER = 45 };

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
    char hex[65];
    function_list_hash(hex, body, length);
    text_add(out, hex);
}

/* What follows a function's body gives it to the reader, where it is not the owner's. */
static bool goes_to_reader(const char *rest)
{
    const char *owner = strstr(rest, " OWNER TO "), *next = strstr(rest, "\nCREATE ");
    return owner && (!next || owner < next);
}

/* From "LANGUAGE" on: head, then the body between dollar quotes. Returns what follows, or NULL. */
static const char *describe(struct function_list *all, const char *name, size_t name_length,
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
    function_list_add(all, arena_strndup(all->arena, name, name_length), line.data);
    return end + tag.length;
}

static void read_file(struct function_list *all, const char *sql)
{
    static const char create[] = "CREATE OR REPLACE FUNCTION retention.";
    for (const char *p = sql; p && (p = strstr(p, create));) {
        const char *name = p + strlen(create);
        p = describe(all, name, strcspn(name, "("), name);
    }
}

struct function_list functions_own(struct arena *arena, const char *prefix, int newest)
{
    struct function_list all = {
        .arena = arena,
        .schema = newest,
        .oldest_worker = newest == LOOKED_AT ? OLDEST_WORKER : newest,
        .prefix = prefix,
    };
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

static struct function_difference *compare(struct arena *arena, const struct function_list *wanted,
                                           const struct function_list *installed, size_t *ret_count)
{
    struct function_difference *list = NULL;
    bool *found = arena_alloc(arena, installed->count + 1);
    *ret_count = 0;
    for (size_t i = 0; i < wanted->count; i++) {
        size_t k = 0;
        while (k < installed->count &&
               (found[k] || strcmp(installed->items[k].name, wanted->items[i].name) != 0 ||
                strcmp(installed->items[k].sha256, wanted->items[i].sha256) != 0))
            k++;
        if (k < installed->count)
            found[k] = true;
        else
            add(arena, &list, ret_count, wanted->items[i].name, FUNCTION_MISSING);
    }
    for (size_t k = 0; k < installed->count; k++)
        if (!found[k])
            add(arena, &list, ret_count, installed->items[k].name, FUNCTION_UNKNOWN);
    if (list)
        qsort(list, *ret_count, sizeof(*list), by_name);
    return list;
}

/* A schema of this program's version is its own, or all of it as the list has it; a newer one is as
 * the list has it. Never some of this and some of that: no migration leaves such a thing behind. */
struct functions functions_judge(struct arena *arena, const struct catalog *catalog)
{
    const struct function_list *list = catalog->accepted;
    struct function_list own = functions_own(arena, catalog->own_prefix, catalog->schema_newest);
    struct function_list installed = {.arena = arena};
    struct functions judged = {.standing = FUNCTIONS_OWN};
    bool newer = catalog->schema_version > catalog->schema_newest;
    for (size_t i = 0; i < catalog->own_function_count; i++)
        function_list_add(&installed, catalog->own_functions[i].name,
                          catalog->own_functions[i].line);
    if (!newer) {
        judged.differences = compare(arena, &own, &installed, &judged.count);
        if (!judged.count)
            return judged;
    }
    judged.standing = !list                                            ? FUNCTIONS_NOT_LISTED
                      : list->schema != catalog->schema_version        ? FUNCTIONS_OTHER_SCHEMA
                      : list->oldest_worker > catalog->schema_newest   ? FUNCTIONS_WORKER_TOO_OLD
                      : strcmp(list->prefix, catalog->own_prefix) != 0 ? FUNCTIONS_OTHER_ROLES
                                                                       : FUNCTIONS_ACCEPTED;
    if (judged.standing != FUNCTIONS_ACCEPTED)
        return judged;
    size_t count;
    struct function_difference *differences = compare(arena, list, &installed, &count);
    if (!count) {
        judged.differences = NULL;
        judged.count = 0;
        return judged;
    }
    judged.standing = FUNCTIONS_DIFFER;
    if (newer || count < judged.count) {
        judged.differences = differences;
        judged.count = count;
    }
    return judged;
}

const char *functions_accepted_words(struct arena *arena, const struct catalog *catalog)
{
    if (!catalog->accepted || catalog->schema_version < catalog->schema_newest ||
        functions_judge(arena, catalog).standing != FUNCTIONS_ACCEPTED)
        return NULL;
    return catalog->schema_version > catalog->schema_newest
               ? arena_printf(arena,
                              "schema \"retention\" is at version %d, newer than this program's "
                              "%d, and as \"%s\" accepts it",
                              catalog->schema_version, catalog->schema_newest,
                              catalog->accepted->file)
               : arena_printf(arena,
                              "functions of schema \"retention\" are those of a newer program, "
                              "as \"%s\" accepts them",
                              catalog->accepted->file);
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
