#include "policy/parse.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/encode.h"
#include "base/text.h"
#include "config/file.h"
#include "policy/definition.h"
#include "policy/quote.h"

static struct policy_set *set_new(void)
{
    struct arena *arena = arena_new();
    struct policy_set *set = arena_alloc(arena, sizeof(*set));
    set->arena = arena;
    return set;
}

static void digest_text(const char *text, char ret_hex[65])
{
    uint8_t digest[EVP_MAX_MD_SIZE];
    unsigned int size = 0;
    if (!EVP_Digest(text, strlen(text), digest, &size, EVP_sha256(), NULL) || size != 32)
        abort(); /* without a digest nothing can be approved */
    hex_encode(ret_hex, digest, size);
}

static void take_category(struct reader *r, config_setting_t *group, struct policy_set *set)
{
    struct category c;
    category_read(r, group, &c);
    struct category *twin = policy_find(set, c.name);
    if (twin) {
        struct diag *d =
            diag_error(r->diags, c.at, "category \"%s\" is defined a second time", c.name);
        diag_hint(r->diags, d, "It is defined in %s, line %d.", twin->at.file, twin->at.line);
        return;
    }
    category_check(r->arena, &c, r->diags);
    set->categories =
        arena_push(r->arena, set->categories, &set->category_count, sizeof(*set->categories));
    set->categories[set->category_count - 1] = c;
}

static void take_setting(struct reader *r, config_setting_t *setting, struct policy_set *set)
{
    const char *name = config_setting_name(setting);
    if (strcmp(name, "ungoverned") == 0) {
        if (type_check(r->diags, r->file, setting, "\"ungoverned\"", TYPE_GROUPS))
            ungoverned_read(r, setting, set);
        return;
    }
    if (type_of(setting) == TYPE_GROUP) {
        take_category(r, setting, set);
        return;
    }
    static const char *const known[] = {"ungoverned"};
    struct diag *d = diag_error(r->diags, position_of(r, setting),
                                "\"%s\" is neither a category nor \"ungoverned\"", name);
    if (text_nearest(name, known, 1))
        diag_hint(r->diags, d, "Did you mean \"ungoverned\"?");
    else
        diag_hint(r->diags, d, "A category is a group: %s: { ... };", name);
}

static bool load_text(const char *file, const char *text, size_t length, struct policy_set *set,
                      struct diags *diags)
{
    struct reader r = {set->arena, arena_strdup(set->arena, file), diags};
    config_t config;
    bool read = config_text_parse(&config, r.file, text, length, diags);
    if (read) {
        config_setting_t *root = config_root_setting(&config);
        if (config_setting_length(root) == 0)
            diag_hint(diags,
                      diag_error(diags, (struct position){r.file, 0}, "file holds no category"),
                      "A category is a group at the top of the file: name: { ... };");
        for (int i = 0; i < config_setting_length(root); i++)
            take_setting(&r, config_setting_get_elem(root, (unsigned int)i), set);
    }
    config_destroy(&config);
    return read;
}

static int compare_categories(const void *a, const void *b)
{
    return strcmp(((const struct category *)a)->name, ((const struct category *)b)->name);
}

static bool reads_children(const struct conditions *only)
{
    bool found = false;
    for (size_t i = 0; i < only->all_count; i++)
        found |= only->all[i].ref.kind == REF_CHILD;
    for (size_t i = 0; i < only->any_count; i++)
        found |= only->any[i].ref.kind == REF_CHILD;
    return found;
}

/* Does it depend on the time zone which rows it takes? By ages, and by moments without a zone. */
static bool reads_clock(const struct condition *c)
{
    bool found = c->op == OP_OLDER_THAN || c->op == OP_YOUNGER_THAN;
    for (size_t i = 0; i < c->value_count; i++)
        found |= c->values[i].type == LITERAL_STRING && c->values[i].text[0] >= '0' &&
                 c->values[i].text[0] <= '9';
    return found;
}

static bool reads_clocks(const struct conditions *only)
{
    bool found = false;
    for (size_t i = 0; i < only->all_count; i++)
        found |= reads_clock(&only->all[i]);
    for (size_t i = 0; i < only->any_count; i++)
        found |= reads_clock(&only->any[i]);
    return found;
}

/* What decides besides the conditions which rows they take. Most have nothing of it, and what was
 * approved before it was looked at stays so. */
static void note_reading(struct text *text, struct arena *arena, const struct category *c,
                         const struct category *rest)
{
    if (!text_equal(c->timezone, rest->timezone) && reads_clocks(&c->only))
        text_printf(text, "timezone %s\n", c->timezone);
    if (c->key_given && reads_children(&c->only))
        for (size_t i = 0; i < c->key.count; i++)
            text_printf(text, "key %s\n", quote_name(arena, c->key.items[i]));
}

/* What the others of the table take decides what is left for the rest. A text that stands alone
 * keeps what it says of them. */
static void note_rest(struct policy_set *set, struct category *rest)
{
    struct text others _cleanup_text_ = {0};
    for (size_t i = 0; i < set->category_count; i++) {
        const struct category *c = &set->categories[i];
        if (c == rest || !c->table.schema || !table_name_equal(c->table, rest->table))
            continue;
        text_printf(&others, "%s\n%s", c->name, conditions_print(set->arena, &c->only));
        note_reading(&others, set->arena, c, rest);
    }
    if (!others.length)
        return;
    char hex[65];
    digest_text(others.data, hex);
    rest->rest_of = arena_strdup(set->arena, hex);
}

static void finish(struct policy_set *set, struct diags *diags)
{
    if (set->category_count)
        qsort(set->categories, set->category_count, sizeof(*set->categories), compare_categories);
    for (size_t i = 0; i < set->category_count; i++) {
        struct category *c = &set->categories[i];
        if (c->only.rest && c->table.schema)
            note_rest(set, c);
        c->normal_text = category_print(set->arena, c);
        digest_text(c->normal_text, c->sha256);
    }
    policy_set_check(set, diags);
    diags_sort(diags);
}

struct policy_set *policy_load_directory(const char *directory, struct diags *diags)
{
    size_t count;
    char **paths = config_directory_list(directory, &count, diags);
    if (!paths)
        return NULL;
    struct policy_set *set = set_new();
    for (size_t i = 0; i < count; i++) {
        size_t length;
        char *text _cleanup_free_ = config_file_read(paths[i], &length, diags);
        if (!text || !load_text(paths[i], text, length, set, diags))
            set->unread_count++;
    }
    config_paths_free(paths, count);
    finish(set, diags);
    return set;
}

struct policy_set *policy_load_text(const char *file, const char *text, struct diags *diags)
{
    struct policy_set *set = set_new();
    load_text(file, text, strlen(text), set, diags);
    finish(set, diags);
    return set;
}
