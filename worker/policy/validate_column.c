/* Columns and what refers to them: starting points, subjects, tenants, conditions, agreements. */
#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "policy/hold_type.h"
#include "policy/quote.h"
#include "policy/validate_internal.h"

const struct catalog_column *check_column(struct check *check, struct position at,
                                          const struct catalog_table *table, const char *name)
{
    const struct catalog_column *column = name ? catalog_column(table, name) : NULL;
    if (column || !name) /* NULL: reported where the policy was read */
        return column;
    struct diag *diag = diag_error(check->diags, at, "table \"%s\" has no column \"%s\"",
                                   check_name(check, table), name);
    const char **names = arena_alloc(check->arena, (table->column_count + 1) * sizeof(*names));
    for (size_t i = 0; i < table->column_count; i++)
        names[i] = table->columns[i].name;
    check_hint_nearest(check, diag, name, names, table->column_count);
    return NULL;
}

static bool is_json(const struct catalog_column *column)
{
    return strcmp(column->base_type, "jsonb") == 0;
}

static bool is_whole(const char *type)
{
    return strcmp(type, "smallint") == 0 || strcmp(type, "integer") == 0 ||
           strcmp(type, "bigint") == 0;
}

static bool is_moment(const char *type)
{
    return strcmp(type, "date") == 0 || text_starts_with(type, "timestamp ");
}

static bool is_text(const char *type)
{
    return strcmp(type, "text") == 0 || strcmp(type, "character varying") == 0 ||
           strcmp(type, "character") == 0 || strcmp(type, "citext") == 0 ||
           (strlen(type) > 7 && strcmp(type + strlen(type) - 7, ".citext") == 0);
}

/* The column itself, or the value inside it. */
static struct value check_value(struct check *check, const struct catalog_table *table,
                                const struct ref *ref)
{
    struct value value = {0};
    const struct catalog_column *column = check_column(check, ref->at, table, ref->column);
    if (!column)
        return value;
    if (ref->path.count && !is_json(column)) {
        struct diag *diag =
            diag_error(check->diags, ref->at,
                       "path needs a jsonb column, but \"%s\" of \"%s\" is of type \"%s\"",
                       column->name, check_name(check, table), column->type);
        if (strcmp(column->base_type, "json") == 0)
            diag_hint(check->diags, diag, "ALTER TABLE %s ALTER COLUMN %s TYPE jsonb;",
                      quote_table(check->arena, table), quote_name(check->arena, column->name));
        else
            diag_hint(check->diags, diag, "Leave path out to use the column itself.");
        return value;
    }
    if (!ref->path.count && (is_json(column) || strcmp(column->base_type, "json") == 0)) {
        struct diag *diag =
            diag_error(check->diags, ref->at, "column \"%s\" of \"%s\" is of type \"%s\"",
                       column->name, check_name(check, table), column->type);
        diag_hint(check->diags, diag,
                  "Say which value in it: { column = \"%s\"; path = [ \"...\" ]; }", column->name);
        return value;
    }
    if (column->type_category == 'A' && !ref->path.count) {
        struct diag *diag = diag_error(check->diags, ref->at, "column \"%s\" of \"%s\" is an array",
                                       column->name, check_name(check, table));
        diag_hint(check->diags, diag,
                  "Refer to a column with one value a row, or to a child table.");
        return value;
    }
    value.column = column;
    value.type = ref->path.count ? "text" : column->base_type;
    value.may_be_null = !column->not_null || ref->path.count;
    return value;
}

static bool check_by_columns(struct check *check, struct position at,
                             const struct catalog_table *table, const struct string_list *by)
{
    bool found = true;
    for (size_t i = 0; i < by->count; i++)
        found &= check_column(check, at, table, by->items[i]) != NULL;
    return found;
}

/* A foreign key may join numeric to bigint; comparing them then depends on how they print. */
bool check_types(struct check *check, struct position at, const struct reference *reference)
{
    for (size_t i = 0; i < reference->by.count; i++) {
        const struct catalog_column *a = catalog_column(reference->from, reference->by.items[i]);
        const struct catalog_column *b = catalog_column(reference->to, reference->columns.items[i]);
        if (!a || !b)
            return false; /* the key's columns: reported with the key */
        if (a->deterministic_collation != b->deterministic_collation) {
            const struct catalog_column *vague = a->deterministic_collation ? b : a;
            diag_hint(check->diags,
                      diag_error(check->diags, at,
                                 "column \"%s\" of \"%s\" has a collation that takes different "
                                 "texts for equal, but \"%s\" of \"%s\" has not: rows would go "
                                 "with others than their own",
                                 vague->name,
                                 check_name(check, vague == a ? reference->from : reference->to),
                                 vague == a ? b->name : a->name,
                                 check_name(check, vague == a ? reference->to : reference->from)),
                      "Columns that refer to each other must have a deterministic collation.");
            return false;
        }
        if (resolve_types_agree(a->base_type, b->base_type))
            continue;
        struct diag *diag = diag_error(
            check->diags, at,
            "column \"%s\" of \"%s\" is of type \"%s\", but \"%s\" of \"%s\" is of type \"%s\"",
            a->name, check_name(check, reference->from), a->type, b->name,
            check_name(check, reference->to), b->type);
        diag_hint(check->diags, diag, "Columns that refer to each other must be of one type.");
        return false;
    }
    return true;
}

bool check_by(struct check *check, struct position at, const struct catalog_table *from,
              const struct string_list *by, const struct catalog_table *to,
              const struct string_list *key, struct reference *ret_reference)
{
    struct reference *reference = ret_reference;
    if (!by->count)
        return false;
    if (!check_by_columns(check, at, from, by))
        return false;
    if (!resolve_reference(check->arena, check->catalog, from, by, to, key, reference)) {
        struct diag *diag;
        if (!key->count)
            diag = diag_error(
                check->diags, at, "no foreign key joins %s of \"%s\" to \"%s\", which has no key",
                check_names(check, by), check_name(check, from), check_name(check, to));
        else
            diag = diag_error(check->diags, at,
                              "%s of \"%s\" cannot hold the key of \"%s\", which is %s",
                              check_names(check, by), check_name(check, from),
                              check_name(check, to), check_names(check, key));
        diag_hint(check->diags, diag, "Name in by the columns that refer to \"%s\", in order.",
                  check_name(check, to));
        return false;
    }
    return check_types(check, at, reference);
}

static void warn_no_foreign_key(struct check *check, struct position at,
                                const struct reference *reference, const char *effect)
{
    if (reference->foreign_key)
        return;
    struct diag *diag =
        diag_warning(check->diags, at, "no foreign key joins %s of \"%s\" to \"%s\"",
                     check_names(check, &reference->by), check_name(check, reference->from),
                     check_name(check, reference->to));
    diag_hint(check->diags, diag, "%s\nALTER TABLE %s ADD FOREIGN KEY (%s) REFERENCES %s (%s);",
              effect, quote_table(check->arena, reference->from),
              quote_names(check->arena, &reference->by), quote_table(check->arena, reference->to),
              quote_names(check->arena, &reference->columns));
}

static struct value check_parent(struct check *check, const struct catalog_table *table,
                                 const struct ref *ref)
{
    const struct value none = {0};
    const struct catalog_table *parent = check_table(check, ref->at, ref->table);
    if (!parent) {
        check_by_columns(check, ref->at, table, &ref->by);
        return none;
    }
    check_read(check, ref->at, parent);
    struct string_list key = resolve_key(check->arena, parent, false, NULL);
    struct reference reference;
    if (!check_by(check, ref->at, table, &ref->by, parent, &key, &reference)) {
        check_value(check, parent, ref);
        return none;
    }
    warn_no_foreign_key(check, ref->at, &reference,
                        "Where the parent is absent its column counts as NULL. To rule that out:");
    struct value value = check_value(check, parent, ref);
    for (size_t i = 0; i < ref->by.count; i++) {
        const struct catalog_column *by = catalog_column(table, ref->by.items[i]);
        value.may_be_null |= !by->not_null;
    }
    value.may_be_null |= !reference.foreign_key;
    return value;
}

/* The key of the category's table that a child's columns hold. */
static struct string_list own_key(struct check *check)
{
    const struct category *category = check->category;
    return resolve_key(check->arena, check->table, category->key_given, &category->key);
}

/* Where it is not the category's but that of another child: its primary key. */
static struct string_list key_of(struct check *check, const struct catalog_table *table)
{
    return table == check->table ? own_key(check) : resolve_key(check->arena, table, false, NULL);
}

static struct value check_child(struct check *check, const struct catalog_table *table,
                                const struct ref *ref)
{
    const struct value none = {0};
    const struct catalog_table *child = check_table(check, ref->at, ref->table);
    if (!child)
        return none;
    check_read(check, ref->at, child);
    struct string_list key = key_of(check, table);
    struct reference reference;
    bool joined = check_by(check, ref->at, child, &ref->by, table, &key, &reference);
    struct value value = check_value(check, child, ref);
    return joined ? value : none;
}

static void check_as(struct check *check, const struct ref *ref, const struct value *value)
{
    if (!ref->as || !value->column || is_text(value->type))
        return;
    struct diag *diag =
        diag_error(check->diags, ref->at, "as = \"%s\" needs text, but \"%s\" is of type \"%s\"",
                   ref->as, value->column->name, value->column->type);
    diag_hint(check->diags, diag, "Leave as out.");
}

struct value check_ref(struct check *check, const struct catalog_table *table,
                       const struct ref *ref)
{
    struct value value;
    switch (ref->kind) {
    case REF_PARENT:
        value = check_parent(check, table, ref);
        break;
    case REF_CHILD:
        value = check_child(check, table, ref);
        break;
    case REF_COLUMN:
    default:
        value = check_value(check, table, ref);
        break;
    }
    check_as(check, ref, &value);
    return value;
}

/* Is it a moment, or a number that counts from 1970? */
static void check_moment(struct check *check, const struct ref *ref, const struct value *value,
                         const char *what)
{
    if (!value->column || ref->path.count)
        return;
    const char *type = value->type;
    if (ref->unit == UNIT_NONE) {
        if (is_moment(type))
            return;
        struct diag *diag =
            diag_error(check->diags, ref->at, "%s \"%s\" is of type \"%s\", which is no moment",
                       what, value->column->name, value->column->type);
        if (is_whole(type) || strcmp(type, "numeric") == 0 || strcmp(type, "double precision") == 0)
            diag_hint(check->diags, diag,
                      "If it counts seconds since 1970, add unit = \"epoch_s\"; if milliseconds, "
                      "unit = \"epoch_ms\".");
        else
            diag_hint(check->diags, diag, "Use a column of type date, timestamp or timestamptz.");
        return;
    }
    if (is_whole(type) || strcmp(type, "numeric") == 0 || strcmp(type, "double precision") == 0)
        return;
    struct diag *diag =
        diag_error(check->diags, ref->at, "unit needs a number, but %s \"%s\" is of type \"%s\"",
                   what, value->column->name, value->column->type);
    if (is_moment(type))
        diag_hint(check->diags, diag, "Leave unit out.");
    else
        diag_hint(check->diags, diag,
                  "Use an integer, bigint, numeric or double precision column.");
}

void check_start(struct check *check, const struct catalog_table *table, const struct start *start)
{
    for (size_t i = 0; i < start->ref_count; i++) {
        const struct ref *ref = &start->refs[i];
        struct value value = check_ref(check, table, ref);
        check_moment(check, ref, &value, "starting point");
        if (ref->kind == REF_CHILD && ref->none) {
            struct value none = check_ref(check, table, ref->none);
            check_moment(check, ref->none, &none, "starting point");
        }
    }
}

/* A label that is not there equals nothing; but before or after which labels would it be? */
static void check_label(struct check *check, struct position at, const struct value *value,
                        const struct literal *literal, bool ordered)
{
    const struct catalog_column *column = value->column;
    for (size_t i = 0; i < column->enum_label_count; i++)
        if (strcmp(column->enum_labels[i], literal->text) == 0)
            return;
    struct diag *diag = diag_add(check->diags, ordered ? DIAG_ERROR : DIAG_WARNING, at,
                                 "\"%s\" is no label of \"%s\", the type of \"%s\"", literal->text,
                                 column->type, column->name);
    const char *nearest =
        text_nearest(literal->text, column->enum_labels, column->enum_label_count);
    struct string_list labels = {column->enum_labels, column->enum_label_count};
    if (nearest)
        diag_hint(check->diags, diag, "No row can have it. Did you mean \"%s\"?", nearest);
    else
        diag_hint(check->diags, diag, "No row can have it. There are %s.",
                  check_names(check, &labels));
}

static bool is_ordering(enum condition_op op)
{
    return op == OP_LT || op == OP_LE || op == OP_GT || op == OP_GE;
}

static void check_literal(struct check *check, const struct condition *condition,
                          const struct value *value, const struct literal *literal)
{
    const struct catalog_column *column = value->column;
    struct position at = condition->at;
    if (!literal->text)
        return;
    if (strcmp(value->type, column->base_type) == 0 && column->enum_label_count) {
        check_label(check, at, value, literal, is_ordering(condition->op));
        return;
    }
    bool is_number = literal->type == LITERAL_INTEGER || literal->type == LITERAL_FLOAT;
    if (is_number && is_ordering(condition->op) && !condition->ref.path.count &&
        is_text(value->type)) { /* as texts, "9" is more than "10" */
        struct diag *diag =
            diag_error(check->diags, at,
                       "\"%s\" is of type \"%s\", whose values are not less or greater than the "
                       "number %s",
                       column->name, column->type, literal->text);
        diag_hint(check->diags, diag,
                  "Use a column of numbers; or write \"%s\", in quotes, where texts are to be "
                  "compared.",
                  literal->text);
        return;
    }
    const char *expected = literal_expected(value->type, literal);
    if (!expected)
        return;
    struct diag *diag =
        diag_error(check->diags, at, "\"%s\" does not fit \"%s\", which is of type \"%s\"",
                   literal->text, column->name, column->type);
    diag_hint(check->diags, diag, "Write %s.", expected);
}

/* Of types that others define, max and min would be sought in vain with an empty search_path. */
static bool has_latest(const struct check *check, const struct catalog_column *column)
{
    static const char *const types[] = {"smallint",
                                        "integer",
                                        "bigint",
                                        "real",
                                        "double precision",
                                        "numeric",
                                        "money",
                                        "oid",
                                        "text",
                                        "character varying",
                                        "character",
                                        "\"char\"",
                                        "name",
                                        "date",
                                        "time without time zone",
                                        "time with time zone",
                                        "timestamp without time zone",
                                        "timestamp with time zone",
                                        "interval",
                                        "inet",
                                        "cidr",
                                        "pg_lsn",
                                        "tid"};
    enum { UUID_SINCE = 180000 };
    if (column->type_kind == 'e')
        return true;
    for (size_t i = 0; i < ARRAY_LENGTH(types); i++)
        if (strcmp(column->base_type, types[i]) == 0)
            return true;
    return strcmp(column->base_type, "uuid") == 0 && check->catalog->server_version >= UUID_SINCE;
}

static void check_condition(struct check *check, const struct catalog_table *table,
                            const struct condition *condition)
{
    struct value value = check_ref(check, table, &condition->ref);
    if (!value.column)
        return;
    const char *type = value.type;
    if (condition->ref.kind == REF_CHILD && !condition->ref.path.count &&
        !has_latest(check, value.column)) {
        struct diag *diag = diag_error(
            check->diags, condition->at,
            "column \"%s\" of \"%s\" is of type \"%s\", of whose values none is latest or earliest",
            value.column->name, table_name_text(check->arena, condition->ref.table),
            value.column->type);
        diag_hint(check->diags, diag, "Use a column of numbers, moments or text.");
        return;
    }
    if (condition->op == OP_OLDER_THAN || condition->op == OP_YOUNGER_THAN) {
        check_moment(check, &condition->ref, &value, "column");
    } else if (condition->op != OP_IS_NULL) {
        bool comparable = value.column->type_category != 'G' && strcmp(type, "xml") != 0 &&
                          value.column->type_kind != 'c';
        if (!comparable) {
            struct diag *diag =
                diag_error(check->diags, condition->at,
                           "column \"%s\" is of type \"%s\", which cannot be compared",
                           value.column->name, value.column->type);
            diag_hint(check->diags, diag, "Only is_null can be asked of it.");
            return;
        }
        for (size_t i = 0; i < condition->value_count; i++)
            check_literal(check, condition, &value, &condition->values[i]);
    }
    bool always_warned = condition->op == OP_NE || condition->op == OP_NOT_IN; /* when read */
    if (value.may_be_null && condition->op != OP_IS_NULL && !always_warned &&
        condition->on_null == ON_NULL_UNSAID) {
        struct diag *diag = diag_warning(check->diags, condition->at,
                                         "\"%s\" may be NULL, and the condition then skips the row",
                                         value.column->name);
        diag_hint(check->diags, diag,
                  "Say so with nulls = \"skip\", or take such rows with nulls = \"match\".");
    }
}

void check_conditions(struct check *check, const struct catalog_table *table,
                      const struct conditions *only)
{
    for (size_t i = 0; i < only->all_count; i++)
        check_condition(check, table, &only->all[i]);
    for (size_t i = 0; i < only->any_count; i++)
        check_condition(check, table, &only->any[i]);
}

static void check_keep_while(struct check *check, const struct keep_while *keep)
{
    const struct catalog_table *table = check->table;
    if (keep->has_child) {
        table = check_table(check, keep->at, keep->child);
        if (!table)
            return;
        check_read(check, keep->at, table);
        struct string_list key = own_key(check);
        struct reference reference;
        check_by(check, keep->at, table, &keep->by, check->table, &key, &reference);
    }
    check_conditions(check, table, &keep->only);
}

static void check_agreement_period(struct check *check, const struct agreement_table *agreements,
                                   const struct catalog_table *table)
{
    const struct catalog_column *period =
        check_column(check, agreements->at, table, agreements->period);
    if (!period)
        return;
    bool is_interval = strcmp(period->base_type, "interval") == 0;
    if (agreements->unit == UNIT_NONE && is_interval)
        return;
    if (agreements->unit != UNIT_NONE && is_whole(period->base_type))
        return;
    struct diag *diag = diag_error(
        check->diags, agreements->at, "period column \"%s\" of \"%s\" is of type \"%s\"%s",
        period->name, check_name(check, table), period->type,
        agreements->unit == UNIT_NONE ? "" : ", but unit counts whole numbers");
    if (is_interval)
        diag_hint(check->diags, diag, "Leave unit out.");
    else if (is_whole(period->base_type))
        diag_hint(check->diags, diag, "Say what it counts: unit = \"days\" or \"months\".");
    else
        diag_hint(check->diags, diag, "Use an interval column, or an integer one with a unit.");
}

/* Tenants of agreements are compared as text. How a value of these types is printed depends on the
 * session, so that one tenant could have two texts. */
static bool prints_by_session(const char *type)
{
    return strcmp(type, "date") == 0 || text_starts_with(type, "timestamp") ||
           strcmp(type, "bytea") == 0;
}

static const char tenant_types[] =
    "The tenant can be a whole number, numeric, text, uuid, boolean or an enum.";

/* Tenants of the list are compared as text: as PostgreSQL prints the column. One that is written
 * otherwise would never be found, and its records would go by the stage's own period. */
static void check_listed_tenant(struct check *check, const struct agreement *agreement,
                                const struct value *tenant)
{
    const struct literal literal = {LITERAL_STRING, agreement->tenant};
    if (strcmp(tenant->type, tenant->column->base_type) == 0 && tenant->column->enum_label_count) {
        check_label(check, agreement->at, tenant, &literal, true);
        return;
    }
    const char *expected = literal_expected(tenant->type, &literal);
    const char *printed =
        expected ? NULL : literal_printed(check->arena, tenant->type, agreement->tenant);
    if (printed && strcmp(printed, agreement->tenant) == 0)
        return;
    if (prints_by_session(tenant->type) ||
        (!expected && !printed && strcmp(tenant->type, "numeric") != 0)) {
        struct diag *diag =
            diag_error(check->diags, agreement->at,
                       "an agreement cannot name a tenant of \"%s\", which is of type \"%s\"",
                       tenant->column->name, tenant->column->type);
        diag_hint(check->diags, diag, "%s", tenant_types);
        return;
    }
    struct diag *diag = diag_error(check->diags, agreement->at,
                                   "tenant \"%s\" does not fit \"%s\", which is of type \"%s\"",
                                   agreement->tenant, tenant->column->name, tenant->column->type);
    if (expected)
        diag_hint(check->diags, diag, "Write %s.", expected);
    else if (!printed)
        diag_hint(check->diags, diag, "Write its digits, without an exponent.");
    else if (strcmp(tenant->type, "numeric") == 0)
        diag_hint(check->diags, diag, "Write \"%s\": without zeros that say nothing.", printed);
    else
        diag_hint(check->diags, diag, "Write it as PostgreSQL does: \"%s\".", printed);
}

static void check_agreements(struct check *check, const struct value *tenant)
{
    const struct category *category = check->category;
    for (size_t i = 0; i < category->agreement_count && tenant->column; i++)
        if (category->agreements[i].tenant)
            check_listed_tenant(check, &category->agreements[i], tenant);
    const struct agreement_table *agreements = &category->agreement_table;
    if (!agreements->at.file)
        return;
    const struct catalog_table *table = check_table(check, agreements->at, agreements->table);
    if (!table)
        return;
    check_read(check, agreements->at, table);
    const struct catalog_column *column =
        check_column(check, agreements->at, table, agreements->tenant);
    if (column && tenant->column && !resolve_types_agree(column->base_type, tenant->type)) {
        struct diag *diag =
            diag_error(check->diags, agreements->at,
                       "tenant column \"%s\" of \"%s\" is of type \"%s\", but the tenant \"%s\" is "
                       "of type \"%s\"",
                       column->name, check_name(check, table), column->type, tenant->column->name,
                       tenant->type);
        diag_hint(check->diags, diag, "Both must be of one type.");
    } else if (column && prints_by_session(column->base_type)) {
        struct diag *diag = diag_error(
            check->diags, agreements->at,
            "tenant column \"%s\" of \"%s\" is of type \"%s\", by which a tenant's agreement would "
            "not always be found",
            column->name, check_name(check, table), column->type);
        diag_hint(check->diags, diag, "%s", tenant_types);
    } else if (column && !column->deterministic_collation) {
        struct diag *diag = diag_error(
            check->diags, agreements->at,
            "tenant column \"%s\" of \"%s\" has a collation that takes different texts for equal",
            column->name, check_name(check, table));
        diag_hint(check->diags, diag, "Use a column of a deterministic collation.");
    }
    check_agreement_period(check, agreements, table);
}

/* A subject or the tenant: holds find records by it. */
static struct value check_held_by(struct check *check, const struct ref *ref, const char *what)
{
    struct value value = check_ref(check, check->table, ref);
    if (!value.column || ref->path.count || hold_type(value.column))
        return value;
    struct diag *diag = diag_error(
        check->diags, ref->at,
        value.column->deterministic_collation
            ? "%s column \"%s\" is of type \"%s\", by which a legal hold would not find every "
              "record"
            : "%s column \"%s\" of type \"%s\" has a collation that takes different texts for "
              "equal: a legal hold would not find every record by it",
        what, value.column->name, value.column->type);
    diag_hint(check->diags, diag, "It can be of these types: %s.", hold_types_text);
    return value;
}

void check_references(struct check *check)
{
    const struct category *category = check->category;
    check_start(check, check->table, &category->start);
    for (size_t i = 0; i < category->subject_count; i++)
        check_held_by(check, &category->subjects[i], "subject");
    struct value tenant = {0};
    if (category->has_tenant)
        tenant = check_held_by(check, &category->tenant, "tenant");
    check_conditions(check, check->table, &category->only);
    for (size_t i = 0; i < category->floor_count; i++)
        check_start(check, check->table, &category->floors[i].start);
    if (category->cap)
        check_start(check, check->table, &category->cap->start);
    for (size_t i = 0; i < category->stage_count; i++) {
        check_start(check, check->table, &category->stages[i].start);
        check_conditions(check, check->table, &category->stages[i].only);
    }
    for (size_t i = 0; i < category->keep_while_count; i++)
        check_keep_while(check, &category->keep_while[i]);
    check_agreements(check, &tenant);
}
