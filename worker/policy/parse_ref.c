/* References, starting points and conditions. Their keys share a group, so each kind of group has a
 * table with the keys of a reference and its own; group_read checks the keys and their types, the
 * functions here then look at the members together. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "policy/definition.h"

static const struct choice unit_choices[] = {
    {"epoch_s", UNIT_EPOCH_S, false}, {"epoch_ms", UNIT_EPOCH_MS, false}, {0}};
static const struct choice round_choices[] = {{"day", ROUND_DAY, false},
                                              {"month", ROUND_MONTH, false},
                                              {"quarter", ROUND_QUARTER, false},
                                              {"year", ROUND_YEAR, false},
                                              {0}};
static const struct choice start_null_choices[] = {
    {"ignore", true, false}, {"unknown", false, false}, {0}};
static const struct choice null_choices[] = {
    {"match", ON_NULL_MATCH, false}, {"skip", ON_NULL_SKIP, false}, {0}};
static const struct choice as_choices[] = {{"e164", 0, false}, {"lower", 1, false}, {0}};

/* What the group readers fill before the reference is put together. */
struct ref_group {
    struct ref ref;
    struct start start;
    int nulls, ignore_nulls, unit, round_up, as;
};

#define REF(member) offsetof(struct ref_group, ref.member)

#define FIELDS_OF_REFERENCE                                                                        \
    {.key = "column",                                                                              \
     .types = TYPE_STRING,                                                                         \
     .read = read_name,                                                                            \
     .offset = REF(column),                                                                        \
     .value = "name",                                                                              \
     .help = "A column of the table itself, or of the parent or child."},                          \
        {.key = "path",                                                                            \
         .types = TYPE_TEXTS,                                                                      \
         .read = read_strings,                                                                     \
         .offset = REF(path),                                                                      \
         .value = "[ key, ... ]",                                                                  \
         .help = "The way into a jsonb column, one key after the other."},                         \
        {.key = "parent",                                                                          \
         .types = TYPE_STRING,                                                                     \
         .read = read_table,                                                                       \
         .offset = REF(table),                                                                     \
         .value = "schema.table",                                                                  \
         .help = "The column is the parent's: the row that \"by\" points to by a foreign key."},   \
        {.key = "child",                                                                           \
         .types = TYPE_STRING,                                                                     \
         .read = read_table,                                                                       \
         .offset = REF(table),                                                                     \
         .value = "schema.table",                                                                  \
         .help = "The column is of the rows that point to this one by a foreign key, \"by\"."},    \
    {                                                                                              \
        .key = "by", .types = TYPE_TEXTS, .read = read_names, .offset = REF(by),                   \
        .value = "[ column, ... ]",                                                                \
        .help = "The columns of the foreign key: of this table for a parent, of the child for a "  \
                "child."                                                                           \
    }

#define FIELD_UNIT                                                                                 \
    {                                                                                              \
        .key = "unit", .types = TYPE_STRING, .read = read_choice,                                  \
        .offset = offsetof(struct ref_group, unit), .choices = unit_choices,                       \
        .value = "epoch_s | epoch_ms",                                                             \
        .help = "The column is a number: seconds or milliseconds since 1970-01-01 00:00 UTC."      \
    }

#define FIELDS_OF_PICK(types_, value_, help_)                                                      \
    {.key = "latest", .types = types_, .value = value_, .help = "The latest of " help_},           \
    {                                                                                              \
        .key = "earliest", .types = types_, .value = value_, .help = "The earliest of " help_      \
    }

#define FIELD_NONE                                                                                 \
    {                                                                                              \
        .key = "none", .types = TYPE_STRING | TYPE_GROUP, .value = "reference",                    \
        .help = "What counts where there is no child. Without it such rows have not started."      \
    }

static const struct field tenant_fields[] = {FIELDS_OF_REFERENCE, {0}};
const struct definition definition_tenant = {
    .name = "a tenant",
    .title = "References",
    .help = "Wherever a column stands, it may be written as its name, or as a group with these "
            "keys.",
    .fields = tenant_fields,
};

static const struct field subject_fields[] = {
    FIELDS_OF_REFERENCE,
    {.key = "kind",
     .types = TYPE_STRING,
     .read = read_string,
     .offset = REF(subject_kind),
     .value = "text",
     .help = "What identifies the person: \"phone\", \"email\", \"user\"."},
    {.key = "as",
     .types = TYPE_STRING,
     .read = read_choice,
     .offset = offsetof(struct ref_group, as),
     .choices = as_choices,
     .value = "e164 | lower",
     .help = "How the value is made comparable: as a telephone number, or in lower case."},
    {0}};
const struct definition definition_subject = {
    .name = "a subject",
    .title = "Subjects",
    .help = "The persons a record is about, as a list; a record is about each of them. Keys of a "
            "reference, and:",
    .fields = subject_fields,
};

static const struct field start_part_fields[] = {
    FIELDS_OF_REFERENCE,
    FIELDS_OF_PICK(TYPE_STRING, "column", "the child's rows, by this column."),
    FIELD_NONE,
    FIELD_UNIT,
    {0}};
const struct definition definition_start_part = {
    .name = "a part of a starting point",
    .title = NULL,
    .fields = start_part_fields,
};

static const struct field start_fields[] = {
    FIELDS_OF_REFERENCE,
    FIELDS_OF_PICK(TYPE_TEXTS, "column | ( reference, ... )",
                   "the child's rows by this column; or, without a child, of these references."),
    FIELD_NONE,
    FIELD_UNIT,
    {.key = "nulls",
     .types = TYPE_STRING,
     .read = read_choice,
     .offset = offsetof(struct ref_group, ignore_nulls),
     .choices = start_null_choices,
     .value = "ignore | unknown",
     .help = "With a list: \"ignore\" leaves out parts that have no value. By default the starting "
             "point is unknown if any part is; infinite, unreadable or too early parts always make "
             "it so."},
    {.key = "round_up",
     .types = TYPE_STRING,
     .read = read_choice,
     .offset = offsetof(struct ref_group, round_up),
     .choices = round_choices,
     .value = "day | month | quarter | year",
     .help = "The period runs from the end of that day, month, quarter or year."},
    {.key = "not_before",
     .types = TYPE_STRING,
     .read = read_string,
     .offset = offsetof(struct ref_group, start.not_before),
     .value = "date",
     .help = "Starting points before it are placeholders: not started. Default 1970-01-02."},
    {0}};
const struct definition definition_start = {
    .name = "a starting point",
    .title = "Starting points",
    .help = "The moment from which a period runs. Keys of a reference, and:",
    .fields = start_fields,
};

static const struct {
    const char *key;
    enum condition_op op;
} operators[] = {{"eq", OP_EQ},
                 {"ne", OP_NE},
                 {"lt", OP_LT},
                 {"le", OP_LE},
                 {"gt", OP_GT},
                 {"ge", OP_GE},
                 {"in", OP_IN},
                 {"not_in", OP_NOT_IN},
                 {"is_null", OP_IS_NULL},
                 {"older_than", OP_OLDER_THAN},
                 {"younger_than", OP_YOUNGER_THAN}};

#define FIELD_OPERATOR(key_, types_, value_, help_)                                                \
    {                                                                                              \
        .key = key_, .types = types_, .value = value_, .help = help_                               \
    }

static const struct field condition_fields[] = {
    FIELDS_OF_REFERENCE,
    FIELDS_OF_PICK(TYPE_STRING, "column", "the child's rows, by this column."),
    FIELD_UNIT,
    FIELD_OPERATOR("eq", TYPE_SCALAR, "value", "Equal."),
    FIELD_OPERATOR("ne", TYPE_SCALAR, "value", "Not equal."),
    FIELD_OPERATOR("lt", TYPE_STRING | TYPE_NUMBER, "value", "Less."),
    FIELD_OPERATOR("le", TYPE_STRING | TYPE_NUMBER, "value", "Less or equal."),
    FIELD_OPERATOR("gt", TYPE_STRING | TYPE_NUMBER, "value", "Greater."),
    FIELD_OPERATOR("ge", TYPE_STRING | TYPE_NUMBER, "value", "Greater or equal."),
    FIELD_OPERATOR("in", TYPE_LIST, "[ value, ... ]", "One of these."),
    FIELD_OPERATOR("not_in", TYPE_LIST, "[ value, ... ]", "None of these."),
    FIELD_OPERATOR("is_null", TYPE_BOOLEAN, "true | false", "Has no value, or has one."),
    FIELD_OPERATOR("older_than", TYPE_STRING, "period",
                   "At least this long before the run's time."),
    FIELD_OPERATOR("younger_than", TYPE_STRING, "period",
                   "Less than this long before the run's time."),
    {.key = "nulls",
     .types = TYPE_STRING,
     .read = read_choice,
     .offset = offsetof(struct ref_group, nulls),
     .choices = null_choices,
     .value = "match | skip",
     .help = "Whether a row without a value is taken. Unsaid, it is not, and a warning says so. A "
             "value that is there but cannot be read as a moment or a number, one of a child's "
             "among them, is unknown: it is not taken, but by \"keep_while\"."},
    {0}};
const struct definition definition_condition = {
    .name = "a condition",
    .title = "Conditions",
    .help = "A list of groups, each with a reference and at least one operator; \"only\" takes the "
            "rows that fulfil all of them, \"any\" those that fulfil at least one. Keys of a "
            "reference, and:",
    .fields = condition_fields,
};

/* ---- references ---- */

static void error_at(struct reader *r, const config_setting_t *at, const char *message,
                     const char *hint)
{
    struct diag *d = diag_error(r->diags, position_of(r, at), "%s", message);
    if (hint)
        diag_hint(r->diags, d, "%s", hint);
}

static bool ref_read(struct reader *r, config_setting_t *setting,
                     const struct definition *definition, struct ref *ret);

static void ref_of_column(struct reader *r, config_setting_t *setting, struct ref *ret)
{
    const char *name = arena_strdup(r->arena, config_setting_get_string(setting));
    name_check(r, position_of(r, setting), "column name", name);
    *ret = (struct ref){.at = position_of(r, setting), .column = name};
}

/* `latest` or `earliest` of a child, or `column`. */
static void pick_read(struct reader *r, config_setting_t *group,
                      const struct definition *definition, struct ref *ref)
{
    bool one_value = definition != &definition_tenant && definition != &definition_subject;
    static const char *const keys[] = {"column", "latest", "earliest"};
    static const enum child_pick picks[] = {PICK_EACH, PICK_LATEST, PICK_EARLIEST};
    size_t given = 0;
    for (size_t i = 0; i < ARRAY_LENGTH(keys); i++) {
        const config_setting_t *setting = member(group, keys[i]);
        if (!setting)
            continue;
        given++;
        ref->pick = picks[i];
        if (type_of(setting) == TYPE_LIST)
            error_at(r, setting, "a child is compared by one column, not by a list",
                     "Give the column's name.");
        else if (i && type_of(setting) == TYPE_STRING) {
            ref->column = member_string(r, group, keys[i]);
            name_check(r, position_of(r, setting), "column name", ref->column);
        }
    }
    if (given > 1)
        error_at(r, group,
                 "a reference to a child has more than one of \"column\", \"latest\" and "
                 "\"earliest\"",
                 NULL);
    else if (!given)
        error_at(r, group, "a reference to a child names no column",
                 one_value ? "Add \"latest\" or \"earliest\"." : "Add \"column\".");
    else if (one_value && ref->pick == PICK_EACH)
        error_at(r, group, "a child has many rows, and one value is needed",
                 definition == &definition_condition
                     ? "Write \"latest\" or \"earliest\"; or use keep_while, which keeps records "
                       "while a child fulfils conditions."
                     : "Write \"latest\" or \"earliest\" instead of \"column\".");
}

/* Puts together what group_read has left in `ref`. */
static void ref_finish(struct reader *r, config_setting_t *group,
                       const struct definition *definition, struct ref *ref)
{
    bool parent = member(group, "parent"), child = member(group, "child");
    bool has_pick = member(group, "latest") || member(group, "earliest");
    ref->at = position_of(r, group);
    ref->kind = child ? REF_CHILD : parent ? REF_PARENT : REF_COLUMN;
    if (parent && child)
        error_at(r, group, "a reference goes to a parent or to a child, not to both", NULL);
    if ((parent || child) && !member(group, "by"))
        error_at(r, group,
                 child ? "a reference to a child has no \"by\""
                       : "a reference to a parent has no \"by\"",
                 child ? "Name the child's columns that point to this table."
                       : "Name this table's columns that point to the parent.");
    if (!parent && !child && member(group, "by"))
        error_at(r, member(group, "by"), "\"by\" needs \"parent\" or \"child\"", NULL);
    if (child)
        pick_read(r, group, definition, ref);
    else if (has_pick)
        error_at(r, group, "\"latest\" and \"earliest\" with one column need a \"child\"",
                 "Name the child, or give a list of references.");
    else if (!member(group, "column"))
        error_at(r, group, "a reference has no \"column\"", NULL);
    config_setting_t *path = member(group, "path"), *none = member(group, "none");
    if (path && type_of(path) == TYPE_LIST && !config_setting_length(path))
        error_at(r, path, "\"path\" is empty", NULL);
    if (!none)
        return;
    if (!child)
        error_at(r, none, "\"none\" needs a \"child\"", NULL);
    ref->none = arena_alloc(r->arena, sizeof(*ref->none));
    if (type_of(none) == TYPE_STRING || type_of(none) == TYPE_GROUP)
        ref_read(r, none, &definition_start_part, ref->none);
}

static void ref_take_choices(struct ref_group *g)
{
    g->ref.unit = (enum unit)g->unit;
    g->start.round_up = (enum round_up)g->round_up;
    g->start.ignore_nulls = g->ignore_nulls != 0;
}

static bool ref_read(struct reader *r, config_setting_t *setting,
                     const struct definition *definition, struct ref *ret)
{
    if (!type_check(r->diags, r->file, setting, definition->name, TYPE_STRING | TYPE_GROUP))
        return false;
    if (type_of(setting) == TYPE_STRING) {
        ref_of_column(r, setting, ret);
        return true;
    }
    struct ref_group g = {.as = -1};
    group_read(r, setting, definition, &g);
    ref_take_choices(&g);
    if (g.as >= 0)
        g.ref.as = as_choices[g.as].name;
    ref_finish(r, setting, definition, &g.ref);
    *ret = g.ref;
    return true;
}

void read_tenant(struct reader *r, config_setting_t *setting, const struct field *field, void *out)
{
    (void)field;
    struct category *c = out;
    c->has_tenant = ref_read(r, setting, &definition_tenant, &c->tenant);
}

void read_subjects(struct reader *r, config_setting_t *setting, const struct field *field,
                   void *out)
{
    (void)field;
    struct category *c = out;
    for (size_t i = 0; i < element_count(setting); i++) {
        struct ref ref;
        if (!ref_read(r, element(setting, i), &definition_subject, &ref))
            continue;
        c->subjects = arena_push(r->arena, c->subjects, &c->subject_count, sizeof(*c->subjects));
        c->subjects[c->subject_count - 1] = ref;
    }
}

/* ---- starting points ---- */

/* "2020-01-31", with or without a time and an offset. */
static bool is_moment(const char *s)
{
    int year, month, day, n = 0;
    if (strspn(s, "0123456789-") < 10 || sscanf(s, "%4d-%2d-%2d%n", &year, &month, &day, &n) != 3 ||
        n != 10)
        return false;
    static const int days[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    if (year < 1 || month < 1 || month > 12 || day < 1 || day > days[month - 1] ||
        (month == 2 && day == 29 && !leap))
        return false;
    s += n;
    if (!*s)
        return true;
    int hour, minute, second = 0;
    n = 0;
    if ((*s != ' ' && *s != 'T') || strspn(s + 1, "0123456789:") < 5 ||
        sscanf(s + 1, "%2d:%2d%n", &hour, &minute, &n) != 2 || n != 5)
        return false;
    s += 1 + n;
    if (*s == ':') {
        n = 0;
        if (strspn(s + 1, "0123456789") != 2 || sscanf(s + 1, "%2d%n", &second, &n) != 1)
            return false;
        s += 1 + n;
    }
    if (hour > 23 || minute > 59 || second > 59)
        return false;
    if (!*s || strcmp(s, "Z") == 0)
        return true;
    int offset_hour, offset_minute = 0;
    n = 0;
    if ((*s != '+' && *s != '-') || strspn(s + 1, "0123456789") != 2 ||
        sscanf(s + 1, "%2d%n", &offset_hour, &n) != 1)
        return false;
    s += 1 + n;
    if (*s == ':') {
        n = 0;
        if (strspn(s + 1, "0123456789") != 2 || sscanf(s + 1, "%2d%n", &offset_minute, &n) != 1)
            return false;
        s += 1 + n;
    }
    return !*s && offset_hour < 16 && offset_minute < 60;
}

static void start_list_read(struct reader *r, config_setting_t *group, const char *key,
                            struct start *start)
{
    static const char *const single[] = {"column", "path", "parent", "child", "by", "none", "unit"};
    config_setting_t *list = member(group, key);
    for (size_t i = 0; i < ARRAY_LENGTH(single); i++)
        if (member(group, single[i]))
            error_at(
                r, member(group, single[i]),
                arena_printf(r->arena, "\"%s\" does not go with a list of references", single[i]),
                "Write it in the element of the list that it belongs to.");
    if (member(group, "latest") && member(group, "earliest"))
        error_at(r, group, "a starting point is the latest or the earliest, not both", NULL);
    if (config_setting_length(list) == 0)
        error_at(r, list, arena_printf(r->arena, "\"%s\" is empty", key), NULL);
    start->form = strcmp(key, "latest") == 0 ? START_LATEST : START_EARLIEST;
    for (size_t i = 0; i < element_count(list); i++) {
        struct ref ref;
        if (!ref_read(r, element(list, i), &definition_start_part, &ref))
            continue;
        start->refs = arena_push(r->arena, start->refs, &start->ref_count, sizeof(*start->refs));
        start->refs[start->ref_count - 1] = ref;
    }
}

void read_start(struct reader *r, config_setting_t *setting, const struct field *field, void *out)
{
    (void)field;
    struct start *start = out;
    struct ref_group g = {.start.not_before = "1970-01-02"};
    if (type_of(setting) == TYPE_STRING) {
        ref_of_column(r, setting, &g.ref);
    } else {
        group_read(r, setting, &definition_start, &g);
        ref_take_choices(&g);
        if (member(setting, "not_before") && !is_moment(g.start.not_before))
            error_at(
                r, member(setting, "not_before"),
                arena_printf(r->arena, "\"not_before\" is no date: \"%s\"", g.start.not_before),
                "Write \"2000-01-31\" or \"2000-01-31 12:00:00\".");
        static const char *const keys[] = {"latest", "earliest"};
        for (size_t i = 0; i < ARRAY_LENGTH(keys); i++) {
            const config_setting_t *pick = member(setting, keys[i]);
            if (pick && type_of(pick) == TYPE_LIST && !member(setting, "child")) {
                start_list_read(r, setting, keys[i], &g.start);
                g.start.at = position_of(r, setting);
                *start = g.start;
                return;
            }
        }
        if (member(setting, "nulls"))
            error_at(r, member(setting, "nulls"),
                     "\"nulls\" needs a list in \"latest\" or \"earliest\"", NULL);
        ref_finish(r, setting, &definition_start, &g.ref);
    }
    g.start.at = position_of(r, setting);
    g.start.refs = arena_alloc(r->arena, sizeof(*g.start.refs));
    g.start.refs[0] = g.ref;
    g.start.ref_count = 1;
    *start = g.start;
}

/* ---- conditions ---- */

/* The shortest text that reads back as the same number, and is no integer. */
static const char *float_text(struct arena *arena, double value)
{
    char text[40];
    for (int digits = 1; digits <= 17; digits++) {
        snprintf(text, sizeof(text), "%.*g", digits, value);
        double back;
        if (sscanf(text, "%lf", &back) == 1 && back == value)
            break;
    }
    return arena_printf(arena, "%s%s", text, strpbrk(text, ".e") ? "" : ".0");
}

bool literal_read(struct reader *r, config_setting_t *setting, const char *key, struct literal *ret)
{
    if (!type_check(r->diags, r->file, setting, arena_printf(r->arena, "a value of \"%s\"", key),
                    TYPE_SCALAR))
        return false;
    struct literal literal = {0};
    switch (type_of(setting)) {
    case TYPE_STRING:
        literal.type = LITERAL_STRING;
        literal.text = arena_strdup(r->arena, config_setting_get_string(setting));
        if (!text_is_valid_utf8(literal.text, strlen(literal.text)))
            error_at(r, setting,
                     arena_printf(r->arena, "a value of \"%s\" is not valid UTF-8", key), NULL);
        break;
    case TYPE_INTEGER:
        literal.type = LITERAL_INTEGER;
        literal.text = arena_printf(r->arena, "%lld", (long long)integer_of(setting));
        break;
    case TYPE_FLOAT:
        literal.type = LITERAL_FLOAT;
        literal.text = float_text(r->arena, config_setting_get_float(setting));
        break;
    default:
        literal.type = LITERAL_BOOLEAN;
        literal.text = config_setting_get_bool(setting) ? "true" : "false";
    }
    *ret = literal;
    return true;
}

static void value_read(struct reader *r, config_setting_t *setting, const char *key,
                       struct condition *c)
{
    struct literal literal;
    if (!literal_read(r, setting, key, &literal))
        return;
    for (size_t i = 0; i < c->value_count; i++) {
        if (c->values[i].type != literal.type) {
            error_at(r, setting,
                     arena_printf(r->arena, "the values of \"%s\" have different types", key),
                     NULL);
            return;
        }
        if (strcmp(c->values[i].text, literal.text) == 0)
            error_at(r, setting,
                     arena_printf(r->arena, "\"%s\" stands twice in \"%s\"", literal.text, key),
                     NULL);
    }
    c->values = arena_push(r->arena, c->values, &c->value_count, sizeof(*c->values));
    c->values[c->value_count - 1] = literal;
}

static void condition_read(struct reader *r, config_setting_t *group, struct condition **items,
                           size_t *count)
{
    if (!type_check(r->diags, r->file, group, "a condition", TYPE_GROUP))
        return;
    struct ref_group g = {.nulls = ON_NULL_UNSAID};
    group_read(r, group, &definition_condition, &g);
    ref_take_choices(&g);
    ref_finish(r, group, &definition_condition, &g.ref);
    size_t before = *count;
    for (size_t i = 0; i < ARRAY_LENGTH(operators); i++) {
        config_setting_t *value = member(group, operators[i].key);
        if (!value)
            continue;
        struct condition c = {.at = position_of(r, group), .ref = g.ref, .op = operators[i].op};
        c.on_null = c.op == OP_IS_NULL ? ON_NULL_UNSAID : (enum on_null)g.nulls;
        if (c.op == OP_IS_NULL) {
            c.is_null = config_setting_get_bool(value);
            if (member(group, "nulls"))
                error_at(r, member(group, "nulls"), "\"nulls\" does not go with \"is_null\"", NULL);
        } else if (c.op == OP_OLDER_THAN || c.op == OP_YOUNGER_THAN) {
            if (type_of(value) == TYPE_STRING)
                period_read(r, value, &c.period);
        } else if (c.op == OP_IN || c.op == OP_NOT_IN) {
            if (type_of(value) == TYPE_LIST && !config_setting_length(value))
                error_at(r, value, arena_printf(r->arena, "\"%s\" is empty", operators[i].key),
                         NULL);
            for (size_t j = 0; type_of(value) == TYPE_LIST && j < element_count(value); j++)
                value_read(r, element(value, j), operators[i].key, &c);
        } else if (type_of(value) & TYPE_SCALAR) {
            value_read(r, value, operators[i].key, &c);
        }
        *items = arena_push(r->arena, *items, count, sizeof(**items));
        (*items)[*count - 1] = c;
        if ((c.op == OP_NE || c.op == OP_NOT_IN) && c.on_null == ON_NULL_UNSAID) {
            struct diag *d = diag_warning(r->diags, position_of(r, value),
                                          "\"%s\" skips rows without a value", operators[i].key);
            diag_hint(r->diags, d, "Say which is meant: nulls = \"match\" or nulls = \"skip\".");
        }
    }
    if (*count == before)
        error_at(
            r, group, "a condition has no operator",
            "Add one of eq, ne, lt, le, gt, ge, in, not_in, is_null, older_than, younger_than.");
}

static void condition_list_read(struct reader *r, config_setting_t *list, const char *key,
                                struct condition **items, size_t *count)
{
    if (element_count(list) == 0)
        error_at(r, list, arena_printf(r->arena, "\"%s\" is empty", key),
                 "Leave it out to take all rows.");
    for (size_t i = 0; i < element_count(list); i++) {
        size_t before = *count;
        condition_read(r, element(list, i), items, count);
        if (*count > before + 1 && strcmp(key, "any") == 0)
            error_at(r, element(list, i), "a condition in \"any\" has more than one operator",
                     "Each of them would be an alternative of its own.");
    }
}

void conditions_read(struct reader *r, config_setting_t *group, bool may_be_rest,
                     struct conditions *ret)
{
    config_setting_t *only = member(group, "only"), *any = member(group, "any");
    struct conditions c = {0};
    if (only || any)
        c.at = position_of(r, only ? only : any);
    if (only && type_of(only) == TYPE_STRING) {
        const char *text = config_setting_get_string(only);
        c.rest = strcmp(text, "rest") == 0;
        if (!c.rest)
            error_at(r, only,
                     arena_printf(r->arena, "\"only\" must be a list of conditions%s, not \"%s\"",
                                  may_be_rest ? " or \"rest\"" : "", text),
                     "A policy states facts, never SQL: "
                     "only = ( { column = \"kind\"; eq = \"call\"; } ).");
        else if (!may_be_rest)
            error_at(r, only, "\"rest\" belongs to a category's data only", NULL);
        if (c.rest && any)
            error_at(r, any, "\"any\" does not go with \"rest\"", NULL);
    } else if (only && type_of(only) & TYPE_GROUPS) {
        condition_list_read(r, only, "only", &c.all, &c.all_count);
    }
    if (any && type_of(any) & TYPE_GROUPS)
        condition_list_read(r, any, "any", &c.any, &c.any_count);
    *ret = c;
}
