/* `columns` of a stage that de-identifies. Which parameters a transformation has is said by its row
 * (policy/transform.c); how each is read, here. */
#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "policy/definition.h"
#include "policy/transform.h"

static field_read read_as, read_literal, read_bounds, read_flag, read_word;

static const struct choice keep_choices[] = {
    {"country", 0, false}, {"npa", 0, false}, {"npanxx", 0, false}, {"origin", 0, false}, {0}};
static const struct choice unit_choices[] = {{"hour", 0, false},
                                             {"day", 0, false},
                                             {"week", 0, false},
                                             {"month", 0, false},
                                             {"quarter", 0, false},
                                             {"year", 0, false},
                                             {0}};

#define TO(member_) offsetof(struct transform, member_)
static const struct field transform_fields[] = {
    {.key = "name",
     .types = TYPE_STRING,
     .flags = FIELD_REQUIRED,
     .read = read_name,
     .offset = TO(column),
     .value = "column",
     .help = "The column."},
    {.key = "as",
     .types = TYPE_STRING,
     .flags = FIELD_REQUIRED,
     .read = read_as,
     .offset = TO(as),
     .value = "transformation",
     .help = "What becomes of it: see Transformations."},
    {.key = "value",
     .types = TYPE_SCALAR,
     .read = read_literal,
     .offset = TO(value),
     .value = "value",
     .help = "The constant."},
    {.key = "paths",
     .types = TYPE_TEXTS,
     .read = read_strings,
     .offset = TO(paths),
     .value = "[ path, ... ]",
     .help = "Keys of a JSON document, with dots between them. A key that has a dot of its own "
             "is in no path of \"json_keep\"."},
    {.key = "keep",
     .types = TYPE_STRING,
     .read = read_word,
     .offset = TO(keep),
     .choices = keep_choices,
     .value = "country | npa | npanxx | origin",
     .help = "How much of a phone number; \"origin\", the default, of a URL."},
    {.key = "length",
     .types = TYPE_INTEGER,
     .read = read_integer,
     .offset = TO(length),
     .least = 1,
     .most = 64,
     .value = "number",
     .help = "How many characters there are afterwards."},
    {.key = "small",
     .types = TYPE_TEXTS,
     .read = read_strings,
     .offset = TO(small),
     .value = "[ prefix, ... ]",
     .help = "Prefixes of postal codes in which few people live."},
    {.key = "v4",
     .types = TYPE_INTEGER,
     .read = read_integer,
     .offset = TO(v4),
     .least = 0,
     .most = 32,
     .value = "bits",
     .help = "How many bits of an IPv4 address stay. Default 24."},
    {.key = "v6",
     .types = TYPE_INTEGER,
     .read = read_integer,
     .offset = TO(v6),
     .least = 0,
     .most = 128,
     .value = "bits",
     .help = "How many bits of an IPv6 address stay. Default 48."},
    {.key = "unit",
     .types = TYPE_STRING,
     .read = read_word,
     .offset = TO(unit),
     .choices = unit_choices,
     .value = "hour | day | week | month | quarter | year",
     .help = "To whose beginning a moment is moved. Default \"month\"."},
    {.key = "width",
     .types = TYPE_NUMBER,
     .read = read_literal,
     .offset = TO(width),
     .value = "number",
     .help = "The width of all buckets."},
    {.key = "bounds",
     .types = TYPE_LIST,
     .read = read_bounds,
     .value = "[ number, ... ]",
     .help = "The lower bounds of the buckets, ascending."},
    {.key = "clamp",
     .types = TYPE_BOOLEAN,
     .read = read_flag,
     .offset = TO(clamp),
     .value = "true | false",
     .help = "What is below the first bound becomes it, and not NULL."},
    {.key = "min",
     .types = TYPE_NUMBER,
     .read = read_literal,
     .offset = TO(min),
     .value = "number",
     .help = "The least number that stays."},
    {.key = "max",
     .types = TYPE_NUMBER,
     .read = read_literal,
     .offset = TO(max),
     .value = "number",
     .help = "The greatest number that stays."},
    {.key = "allow",
     .types = TYPE_TEXTS,
     .read = read_strings,
     .offset = TO(allow),
     .value = "[ domain, ... ]",
     .help = "Domains so common that they tell nothing of a person."},
    {.key = "first",
     .types = TYPE_INTEGER,
     .read = read_integer,
     .offset = TO(first),
     .least = 0,
     .most = 32,
     .value = "number",
     .help = "How many of the first characters stay. Default 0."},
    {.key = "last",
     .types = TYPE_INTEGER,
     .read = read_integer,
     .offset = TO(last),
     .least = 0,
     .most = 32,
     .value = "number",
     .help = "How many of the last characters stay. Default 0."},
    {.key = "char",
     .types = TYPE_STRING,
     .read = read_string,
     .offset = TO(fill),
     .value = "character",
     .help = "What hides the others. Default \"*\"."},
    {.key = "domain",
     .types = TYPE_STRING,
     .read = read_string,
     .offset = TO(domain),
     .value = "text",
     .help = "Digests of different domains cannot be compared."},
    {0}};
const struct definition definition_transform = {
    .name = "a column to de-identify",
    .title = "Columns that are de-identified",
    .help = "The groups of the list \"columns\" of a stage with do = \"deidentify\". Which keys go "
            "with which transformation is said below.",
    .fields = transform_fields,
};

static void read_as(struct reader *r, config_setting_t *setting, const struct field *field,
                    void *out)
{
    enum { MOST = 32 };
    const char *names[MOST], *text = config_setting_get_string(setting);
    const struct transformation *found = transformation_find(text);
    (void)field;
    *(const struct transformation **)out = found;
    if (found)
        return;
    struct text list _cleanup_text_ = {0};
    for (size_t i = 0; i < transformation_count && i < MOST; i++) {
        names[i] = transformations[i].name;
        text_printf(&list, "%s\"%s\"", i ? ", " : "", names[i]);
    }
    struct diag *d =
        diag_error(r->diags, position_of(r, setting), "there is no transformation \"%s\"", text);
    const char *nearest = text_nearest(text, names, transformation_count);
    if (nearest)
        diag_hint(r->diags, d, "Did you mean \"%s\"?", nearest);
    else
        diag_hint(r->diags, d, "There are %s.", list.data);
}

static void read_literal(struct reader *r, config_setting_t *setting, const struct field *field,
                         void *out)
{
    literal_read(r, setting, field->key, out);
}

static void read_flag(struct reader *r, config_setting_t *setting, const struct field *field,
                      void *out)
{
    (void)r;
    (void)field;
    *(bool *)out = config_setting_get_bool(setting) != 0;
}

/* A choice that is kept as its word. */
static void read_word(struct reader *r, config_setting_t *setting, const struct field *field,
                      void *out)
{
    int ignored = 0;
    read_choice(r, setting, field, &ignored);
    *(const char **)out = arena_strdup(r->arena, config_setting_get_string(setting));
}

static void read_bounds(struct reader *r, config_setting_t *setting, const struct field *field,
                        void *out)
{
    struct transform *t = out;
    for (size_t i = 0; i < element_count(setting); i++) {
        config_setting_t *item = element(setting, i);
        struct literal literal = {0};
        if (!type_check(r->diags, r->file, item, "an element of \"bounds\"", TYPE_NUMBER) ||
            !literal_read(r, item, field->key, &literal))
            continue;
        t->bounds = arena_push(r->arena, t->bounds, &t->bound_count, sizeof(*t->bounds));
        t->bounds[t->bound_count - 1] = literal;
    }
    if (!element_count(setting))
        diag_error(r->diags, position_of(r, setting), "\"bounds\" is empty");
}

/* ---- what goes with what ---- */

static const char *words(struct arena *arena, const char *parameters)
{
    struct text text _cleanup_text_ = {0};
    char *copy = arena_strdup(arena, parameters), *rest = copy, *word;
    while ((word = strtok_r(rest, " ", &rest)))
        text_printf(&text, "%s\"%.*s\"", text.length ? ", " : "", (int)strcspn(word, "!"), word);
    return arena_strdup(arena, text_string(&text));
}

static bool is_required(const struct transformation *as, const char *key)
{
    struct text mark _cleanup_text_ = {0};
    text_printf(&mark, " %s! ", key);
    return strstr(as->parameters, mark.data) != NULL;
}

static void check_parameters(struct reader *r, config_setting_t *group, const struct transform *t)
{
    for (const struct field *f = transform_fields + 2; f->key; f++) {
        const config_setting_t *given = member(group, f->key);
        if (given && !transformation_takes(t->as, f->key)) {
            struct diag *d =
                diag_error(r->diags, position_of(r, given),
                           "\"%s\" does not go with transformation \"%s\"", f->key, t->as->name);
            if (t->as->parameters[1])
                diag_hint(r->diags, d, "Its keys are %s.", words(r->arena, t->as->parameters));
            else
                diag_hint(r->diags, d, "It has no keys of its own.");
        } else if (!given && is_required(t->as, f->key)) {
            diag_error(r->diags, t->at, "\"%s\" of column \"%s\" needs \"%s\"", t->as->name,
                       t->column, f->key);
        } else if (given && type_of(given) == TYPE_LIST && !config_setting_length(given) &&
                   f->read == read_strings) {
            diag_error(r->diags, position_of(r, given), "\"%s\" is empty", f->key);
        }
    }
}

/* What a word may be depends on who asks. */
static void check_keep(struct reader *r, const struct transform *t)
{
    bool is_url = text_equal(t->as->name, "url_strip");
    if (t->keep && text_equal(t->keep, "origin") != is_url)
        diag_error(r->diags, t->at, "\"keep\" of \"%s\" must be %s, not \"%s\"", t->as->name,
                   is_url ? "\"origin\"" : "\"country\", \"npa\" or \"npanxx\"", t->keep);
}

static void take_defaults(struct transform *t)
{
    static const struct {
        const char *name;
        int64_t length;
    } lengths[] = {{"random_token", 16}, {"zip_prefix", 3}, {"mask", 8}};
    for (size_t i = 0; i < ARRAY_LENGTH(lengths); i++)
        if (t->length < 0 && text_equal(t->as->name, lengths[i].name))
            t->length = lengths[i].length;
    if (t->v4 < 0)
        t->v4 = 24;
    if (t->v6 < 0)
        t->v6 = 48;
    if (t->first < 0)
        t->first = 0;
    if (t->last < 0)
        t->last = 0;
    if (!t->fill)
        t->fill = "*";
    if (!t->unit)
        t->unit = "month";
    if (!t->keep && text_equal(t->as->name, "url_strip"))
        t->keep = "origin";
}

void read_transforms(struct reader *r, config_setting_t *setting, const struct field *field,
                     void *out)
{
    struct stage *stage = out;
    (void)field;
    for (size_t i = 0; i < element_count(setting); i++) {
        config_setting_t *group = element(setting, i);
        if (!type_check(r->diags, r->file, group, definition_transform.name, TYPE_GROUP))
            continue;
        struct transform t = {
            .at = position_of(r, group), .length = -1, .v4 = -1, .v6 = -1, .first = -1, .last = -1};
        size_t errors = r->diags->errors;
        group_read(r, group, &definition_transform, &t);
        if (t.as && t.column) {
            check_parameters(r, group, &t);
            check_keep(r, &t);
            take_defaults(&t);
            if (t.as->check && r->diags->errors == errors)
                t.as->check(&t, r->diags);
            if (text_equal(t.as->name, "random_token") && t.length < 8)
                diag_error(r->diags, t.at, "\"length\" of \"random_token\" must be at least 8");
        }
        for (size_t k = 0; k < stage->column_count; k++)
            if (t.column && text_equal(stage->columns[k].column, t.column))
                diag_error(r->diags, t.at, "column \"%s\" stands twice in \"columns\"", t.column);
        stage->columns =
            arena_push(r->arena, stage->columns, &stage->column_count, sizeof(*stage->columns));
        stage->columns[stage->column_count - 1] = t;
    }
}
