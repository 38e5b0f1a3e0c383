#include "policy/definition.h"

#include <ctype.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "config/file.h"
#include "policy/parse.h"

enum { NAME_MOST = 63 }; /* bytes of an identifier in PostgreSQL */

struct position position_of(const struct reader *r, const config_setting_t *setting)
{
    return (struct position){r->file, config_line(setting)};
}

config_setting_t *member(const config_setting_t *group, const char *key)
{
    return config_setting_get_member(group, key);
}

const char *member_string(struct reader *r, const config_setting_t *group, const char *key)
{
    const config_setting_t *setting = member(group, key);
    return setting && type_of(setting) == TYPE_STRING
               ? arena_strdup(r->arena, config_setting_get_string(setting))
               : NULL;
}

size_t element_count(const config_setting_t *setting)
{
    return type_of(setting) == TYPE_LIST ? (size_t)config_setting_length(setting) : 1;
}

config_setting_t *element(config_setting_t *setting, size_t index)
{
    return type_of(setting) == TYPE_LIST ? config_setting_get_elem(setting, (unsigned int)index)
                                         : setting;
}

/* ---- groups ---- */

static const struct field *field_find(const struct definition *definition, const char *key)
{
    for (const struct field *f = definition->fields; f->key; f++)
        if (strcmp(f->key, key) == 0)
            return f;
    return NULL;
}

/* The key that an unknown one probably is, or NULL. */
static const char *key_meant(const struct definition *definition, const char *key)
{
    enum { MOST_KEYS = 64 };
    const char *keys[MOST_KEYS];
    size_t count = 0;
    for (const struct field *f = definition->fields; f->key && count < MOST_KEYS; f++)
        keys[count++] = f->key;
    return text_nearest(key, keys, count);
}

/* A key that is there, but misspelt, is told of once: as unknown. */
static bool is_misspelt(const config_setting_t *group, const struct definition *definition,
                        const char *key)
{
    for (unsigned int i = 0; i < (unsigned int)config_setting_length(group); i++) {
        const char *name = config_setting_name(config_setting_get_elem(group, i));
        if (!field_find(definition, name) && text_equal(key_meant(definition, name), key))
            return true;
    }
    return false;
}

static void refuse_unknown_key(struct reader *r, const config_setting_t *setting,
                               const struct definition *definition)
{
    const char *key = config_setting_name(setting);
    struct text all _cleanup_text_ = {0};
    for (const struct field *f = definition->fields; f->key; f++)
        text_printf(&all, "%s\"%s\"", all.length ? ", " : "", f->key);
    struct diag *d = diag_error(r->diags, position_of(r, setting), "unknown key \"%s\" in %s", key,
                                definition->name);
    const char *nearest = key_meant(definition, key);
    if (nearest) {
        diag_hint(r->diags, d, "Did you mean \"%s\"?", nearest);
        return;
    }
    for (const struct definition *const *other = policy_definitions; *other; other++)
        if (field_find(*other, key)) {
            diag_hint(r->diags, d, "\"%s\" belongs to %s.", key, (*other)->name);
            return;
        }
    diag_hint(r->diags, d, "Known keys are %s.", all.data);
}

void group_read(struct reader *r, config_setting_t *group, const struct definition *definition,
                void *out)
{
    for (unsigned int i = 0; i < (unsigned int)config_setting_length(group); i++) {
        config_setting_t *setting = config_setting_get_elem(group, i);
        const struct field *f = field_find(definition, config_setting_name(setting));
        if (!f)
            refuse_unknown_key(r, setting, definition);
        else if (type_check(r->diags, r->file, setting, arena_printf(r->arena, "\"%s\"", f->key),
                            f->types)) {
            if (f->flags & FIELD_LATER)
                diag_error(r->diags, position_of(r, setting),
                           "\"%s\" is not available in this version", f->key);
            else if (f->read)
                f->read(r, setting, f, out ? (char *)out + f->offset : NULL);
        }
    }
    for (const struct field *f = definition->fields; f->key; f++)
        if (f->flags & FIELD_REQUIRED && !member(group, f->key) &&
            !is_misspelt(group, definition, f->key))
            diag_error(r->diags, position_of(r, group), "%s has no \"%s\"", definition->name,
                       f->key);
}

/* ---- scalars ---- */

void read_string(struct reader *r, config_setting_t *setting, const struct field *field, void *out)
{
    const char *text = config_setting_get_string(setting);
    if (!text_is_valid_utf8(text, strlen(text)))
        diag_error(r->diags, position_of(r, setting), "\"%s\" is not valid UTF-8", field->key);
    else if (!text[strspn(text, " \t\r\n")])
        diag_error(r->diags, position_of(r, setting), "\"%s\" is empty", field->key);
    *(const char **)out = arena_strdup(r->arena, text);
}

void read_choice(struct reader *r, config_setting_t *setting, const struct field *field, void *out)
{
    enum { MOST_CHOICES = 16 };
    const char *text = config_setting_get_string(setting);
    const char *names[MOST_CHOICES];
    size_t count = 0;
    for (const struct choice *c = field->choices; c->name; c++) {
        names[count++] = c->name;
        if (strcmp(c->name, text) != 0)
            continue;
        if (c->later)
            diag_error(r->diags, position_of(r, setting),
                       "%s \"%s\" is not available in this version", field->key, text);
        *(int *)out = c->value;
        return;
    }
    struct text list _cleanup_text_ = {0};
    for (size_t i = 0; i < count; i++)
        text_printf(&list, "%s\"%s\"", !i ? "" : i + 1 == count ? " or " : ", ", names[i]);
    struct diag *d = diag_error(r->diags, position_of(r, setting), "\"%s\" must be %s, not \"%s\"",
                                field->key, list.data, text);
    const char *nearest = text_nearest(text, names, count);
    if (nearest)
        diag_hint(r->diags, d, "Did you mean \"%s\"?", nearest);
}

void read_integer(struct reader *r, config_setting_t *setting, const struct field *field, void *out)
{
    int64_t value = integer_of(setting);
    if ((double)value < field->least || (double)value > field->most) {
        diag_error(r->diags, position_of(r, setting),
                   "\"%s\" must be between %.0f and %.0f, not %lld", field->key, field->least,
                   field->most, (long long)value);
        return;
    }
    *(int64_t *)out = value;
}

/* A fraction above 0, up to `most`. */
void read_number(struct reader *r, config_setting_t *setting, const struct field *field, void *out)
{
    double value = number_of(setting);
    if (value > field->least && value <= field->most) {
        *(double *)out = value;
        return;
    }
    struct diag *d = diag_error(r->diags, position_of(r, setting),
                                "\"%s\" must be above %g and at most %g, not %g", field->key,
                                field->least, field->most, value);
    if (field->most <= 1 && value > 1 && value <= 100)
        diag_hint(r->diags, d, "%g percent are written as %g.", value, value / 100);
}

bool period_read(struct reader *r, const config_setting_t *setting, struct period *ret)
{
    const char *text = config_setting_get_string(setting);
    const char *reason, *hint;
    if (period_parse(r->arena, text, ret, &reason, &hint))
        return true;
    struct diag *d =
        diag_error(r->diags, position_of(r, setting), "period \"%s\" %s", text, reason);
    if (hint)
        diag_hint(r->diags, d, "%s", hint);
    return false;
}

void read_period(struct reader *r, config_setting_t *setting, const struct field *field, void *out)
{
    (void)field;
    period_read(r, setting, out);
}

/* ---- names ---- */

bool name_check(struct reader *r, struct position at, const char *what, const char *name)
{
    if (!*name)
        diag_error(r->diags, at, "%s is empty", what);
    else if (!text_is_valid_utf8(name, strlen(name)))
        diag_error(r->diags, at, "%s is not valid UTF-8", what);
    else if (strlen(name) > NAME_MOST)
        diag_hint(r->diags,
                  diag_error(r->diags, at, "%s \"%s\" has %zu bytes, PostgreSQL allows %d", what,
                             name, strlen(name), NAME_MOST),
                  "PostgreSQL cuts longer names off when they are created.");
    else
        return true;
    return false;
}

void read_name(struct reader *r, config_setting_t *setting, const struct field *field, void *out)
{
    const char *name = arena_strdup(r->arena, config_setting_get_string(setting));
    name_check(r, position_of(r, setting), arena_printf(r->arena, "\"%s\"", field->key), name);
    *(const char **)out = name;
}

static void strings_read(struct reader *r, config_setting_t *setting, const char *what,
                         bool are_names, struct string_list *ret)
{
    struct string_list list = {0};
    for (size_t i = 0; i < element_count(setting); i++) {
        config_setting_t *item = element(setting, i);
        if (!type_check(r->diags, r->file, item,
                        arena_printf(r->arena, "an element of \"%s\"", what), TYPE_STRING))
            continue;
        const char *text = arena_strdup(r->arena, config_setting_get_string(item));
        if (are_names)
            name_check(r, position_of(r, item), arena_printf(r->arena, "a name in \"%s\"", what),
                       text);
        for (size_t j = 0; j < list.count && are_names; j++)
            if (strcmp(list.items[j], text) == 0)
                diag_error(r->diags, position_of(r, item), "\"%s\" stands twice in \"%s\"", text,
                           what);
        list.items = arena_push(r->arena, list.items, &list.count, sizeof(*list.items));
        list.items[list.count - 1] = text;
    }
    *ret = list;
}

void read_strings(struct reader *r, config_setting_t *setting, const struct field *field, void *out)
{
    strings_read(r, setting, field->key, false, out);
}

void read_names(struct reader *r, config_setting_t *setting, const struct field *field, void *out)
{
    strings_read(r, setting, field->key, true, out);
}

/* One part of a table's name, quoted or not; NULL and a reason if it is none. */
static const char *table_part(struct arena *arena, const char **p, const char **ret_reason)
{
    struct text part _cleanup_text_ = {0};
    const char *q = *p;
    if (*q == '"') {
        for (q++; *q && (*q != '"' || q[1] == '"'); q++) {
            text_add_char(&part, *q);
            q += *q == '"';
        }
        if (*q++ != '"') {
            *ret_reason = "has a double quote that is not closed";
            return NULL;
        }
    } else {
        for (; *q && *q != '.' && *q != '"'; q++) {
            unsigned char c = (unsigned char)*q;
            bool good = c >= 0x80 || islower(c) || c == '_' || (q > *p && (isdigit(c) || c == '$'));
            if (!good) {
                *ret_reason = isupper(c) ? "has capitals outside double quotes"
                                         : "has a part that needs double quotes";
                return NULL;
            }
            text_add_char(&part, *q);
        }
    }
    *p = q;
    if (!part.length) {
        *ret_reason = "has an empty part";
        return NULL;
    }
    return arena_strdup(arena, part.data);
}

static bool table_parse(struct arena *arena, const char *text, bool star, struct table_name *ret,
                        const char **ret_reason)
{
    const char *p = text;
    if (star && strcmp(text, "*") == 0) {
        *ret_reason = "does not name its schema";
        return false;
    }
    if (!(ret->schema = table_part(arena, &p, ret_reason)))
        return false;
    if (*p != '.') {
        *ret_reason = *p ? "is not a table's name" : "does not name its schema";
        return false;
    }
    p++;
    if (star && strcmp(p, "*") == 0) {
        ret->name = "*";
        return true;
    }
    if (!(ret->name = table_part(arena, &p, ret_reason)))
        return false;
    if (*p) {
        *ret_reason = *p == '.' ? "has more than two parts" : "is not a table's name";
        return false;
    }
    return true;
}

bool table_read(struct reader *r, const config_setting_t *setting, bool star,
                struct table_name *ret)
{
    const char *text = config_setting_get_string(setting), *reason = NULL;
    struct position at = position_of(r, setting);
    struct table_name name = {0};
    if (!table_parse(r->arena, text, star, &name, &reason)) {
        struct diag *d = diag_error(r->diags, at, "table name \"%s\" %s", text, reason);
        if (strcmp(reason, "does not name its schema") == 0)
            diag_hint(r->diags, d, "Write it with its schema: \"public.%s\".", text);
        else if (strstr(reason, "double quotes"))
            diag_hint(r->diags, d,
                      "Unquoted names are lower case; write others as "
                      "\"schema.\\\"Weird Table\\\"\".");
        else
            diag_hint(r->diags, d, "A table is written as \"schema.table\".");
        return false;
    }
    if (!name_check(r, at, "schema name", name.schema) ||
        !name_check(r, at, "table name", name.name))
        return false;
    *ret = name;
    if (text_starts_with(name.schema, "pg_") || strcmp(name.schema, "information_schema") == 0 ||
        strcmp(name.schema, "retention") == 0 || strcmp(name.schema, "retention_guard") == 0)
        diag_error(r->diags, at, "schema \"%s\" is not for policies", name.schema);
    return true;
}

void read_table(struct reader *r, config_setting_t *setting, const struct field *field, void *out)
{
    (void)field;
    table_read(r, setting, false, out);
}
