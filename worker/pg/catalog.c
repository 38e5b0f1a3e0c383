/* From the JSON document of sql/catalog/facts.sql to structs.
 *
 * The document keeps types, functions, columns, indexes and so on apart (lists of lists, flags as
 * letters), and refers to them by oid and attribute number; this resolves the references. Three
 * passes: types and functions; tables with their columns; then what refers to columns of other
 * tables. At the end, what partitions say is summed up in their parents (rows, bytes) and what
 * parents say holds for their partitions (published). */
#include "pg/catalog.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/sql_files.h"
#include "base/text.h"

struct type {
    uint32_t oid;
    const char *name;
    const char *schema;
    char kind, category;
    uint32_t base;
    const char **labels;
    size_t label_count;
    const char *full_base; /* of a domain over a type with a modifier; else "" */
};

struct reader {
    struct arena *arena;
    struct catalog *catalog;
    const json_t *root;
    struct type *types;
    size_t type_count;
};

static const char *string_at(const struct reader *reader, const json_t *array, size_t i)
{
    const char *s = json_string_value(json_array_get(array, i));
    return arena_strdup(reader->arena, s ? s : "");
}

static int64_t number_at(const json_t *array, size_t i)
{
    return json_integer_value(json_array_get(array, i));
}

static uint32_t oid_at(const json_t *array, size_t i)
{
    return (uint32_t)number_at(array, i);
}

static char char_at(const json_t *array, size_t i)
{
    const char *s = json_string_value(json_array_get(array, i));
    return s ? s[0] : '\0';
}

/* The letters of json array element i. */
static const char *flags_at(const json_t *array, size_t i)
{
    const char *s = json_string_value(json_array_get(array, i));
    return s ? s : "";
}

static bool has(const char *flags, char flag)
{
    return strchr(flags, flag) != NULL;
}

static const char *string_of(const struct reader *reader, const json_t *object, const char *key)
{
    const char *s = json_string_value(json_object_get(object, key));
    return arena_strdup(reader->arena, s ? s : "");
}

static const char **strings(const struct reader *reader, const json_t *array, size_t *ret_count)
{
    *ret_count = json_array_size(array);
    const char **list = arena_alloc(reader->arena, (*ret_count + 1) * sizeof(*list));
    for (size_t i = 0; i < *ret_count; i++)
        list[i] = string_at(reader, array, i);
    return list;
}

static void *allocate(const struct reader *reader, const json_t *array, size_t size,
                      size_t *ret_count)
{
    *ret_count = json_array_size(array);
    return *ret_count ? arena_alloc(reader->arena, *ret_count * size) : NULL;
}

static const struct type *find_type(const struct reader *reader, uint32_t oid)
{
    size_t from = 0, to = reader->type_count;
    while (from < to) {
        size_t middle = (from + to) / 2;
        if (reader->types[middle].oid == oid)
            return &reader->types[middle];
        if (reader->types[middle].oid < oid)
            from = middle + 1;
        else
            to = middle;
    }
    return NULL;
}

static int compare_types(const void *a, const void *b)
{
    const struct type *x = a, *y = b;
    return (x->oid > y->oid) - (x->oid < y->oid);
}

static void read_types(struct reader *reader, const json_t *array)
{
    reader->types = allocate(reader, array, sizeof(*reader->types), &reader->type_count);
    for (size_t i = 0; i < reader->type_count; i++) {
        const json_t *item = json_array_get(array, i);
        struct type *type = &reader->types[i];
        type->oid = oid_at(item, 0);
        type->name = string_at(reader, item, 1);
        type->schema = string_at(reader, item, 2);
        type->kind = char_at(item, 3);
        type->category = char_at(item, 4);
        type->base = oid_at(item, 5);
        type->labels = strings(reader, json_array_get(item, 6), &type->label_count);
        type->full_base = string_at(reader, item, 7);
    }
    if (reader->type_count)
        qsort(reader->types, reader->type_count, sizeof(*reader->types), compare_types);
}

static int compare_functions(const void *a, const void *b)
{
    const struct catalog_function *x = a, *y = b;
    return (x->oid > y->oid) - (x->oid < y->oid);
}

static void read_functions(struct reader *reader, const json_t *array)
{
    struct catalog *catalog = reader->catalog;
    catalog->functions =
        allocate(reader, array, sizeof(*catalog->functions), &catalog->function_count);
    for (size_t i = 0; i < catalog->function_count; i++) {
        const json_t *item = json_array_get(array, i);
        struct catalog_function *function = &catalog->functions[i];
        function->oid = oid_at(item, 0);
        function->name = string_at(reader, item, 1);
        function->language = string_at(reader, item, 2);
        function->sha256 = string_at(reader, item, 3);
    }
    if (catalog->function_count)
        qsort(catalog->functions, catalog->function_count, sizeof(*catalog->functions),
              compare_functions);
}

static const struct catalog_function *find_function(const struct reader *reader, uint32_t oid)
{
    const struct catalog_function key = {.oid = oid};
    return reader->catalog->function_count
               ? bsearch(&key, reader->catalog->functions, reader->catalog->function_count,
                         sizeof(key), compare_functions)
               : NULL;
}

/* The list that stands under an oid, or under a letter and an oid, in one of the document's
 * objects; NULL where there is none. */
static const json_t *list_of(const struct reader *reader, const char *object, const char *letter,
                             int64_t oid)
{
    char key[32];
    snprintf(key, sizeof(key), "%s%" PRId64, letter, oid);
    return json_object_get(json_object_get(reader->root, object), key);
}

/* What a constraint ("c") or an index ("i") calls. */
static const char **function_names(const struct reader *reader, const char *letter, int64_t oid,
                                   size_t *ret_count)
{
    const json_t *oids = list_of(reader, "called", letter, oid);
    const char **names = allocate(reader, oids, sizeof(*names), ret_count);
    for (size_t i = 0; i < *ret_count; i++) {
        const struct catalog_function *function = find_function(reader, oid_at(oids, i));
        names[i] = function ? function->name : "?";
    }
    return names;
}

static void read_columns(const struct reader *reader, struct catalog_table *table,
                         const json_t *array)
{
    table->columns = allocate(reader, array, sizeof(*table->columns), &table->column_count);
    for (size_t i = 0; i < table->column_count; i++) {
        const json_t *item = json_array_get(array, i);
        struct catalog_column *column = &table->columns[i];
        column->name = string_at(reader, item, 0);
        column->attnum = (int)number_at(item, 1);
        const char *flags = flags_at(item, 3);
        column->not_null = has(flags, 'n');
        column->generated = has(flags, 'g');
        column->identity = has(flags, 'i');
        column->has_default = has(flags, 'd');
        column->deterministic_collation = !has(flags, 'c');
        column->may_update = has(flags, 'u');
        const struct type *type = find_type(reader, oid_at(item, 2));
        column->type = column->base_type = type ? type->name : "?";
        const char *full = string_at(reader, item, 4);
        column->full_type = column->limited_type = *full ? full : column->type;
        column->type_schema = type ? type->schema : "?";
        column->is_builtin = type && oid_at(item, 2) < CATALOG_FIRST_OTHER_OID;
        column->type_kind = type ? type->kind : 'p';
        column->type_category = type ? type->category : 'U';
        for (; type && type->kind == 'd'; type = find_type(reader, type->base))
            if (*type->full_base)
                column->limited_type = type->full_base;
        if (type) {
            column->base_type = type->name;
            column->enum_labels = type->labels;
            column->enum_label_count = type->label_count;
        }
    }
}

static struct catalog_column *column_by_number(const struct catalog_table *table, int attnum)
{
    for (size_t i = 0; i < table->column_count; i++)
        if (table->columns[i].attnum == attnum)
            return &table->columns[i];
    return NULL;
}

static void read_copies(const struct reader *reader, struct catalog_table *table,
                        const json_t *array)
{
    table->copies = allocate(reader, array, sizeof(*table->copies), &table->copy_count);
    for (size_t i = 0; i < table->copy_count; i++) {
        const json_t *item = json_array_get(array, i);
        table->copies[i] = (struct catalog_copy){
            .attnum = (int)number_at(item, 0),
            .kind = *string_at(reader, item, 1),
            .name = string_at(reader, item, 2),
        };
    }
}

static void read_generated(const struct reader *reader, const struct catalog_table *table,
                           const json_t *array)
{
    for (size_t i = 0; i < json_array_size(array); i++) {
        const json_t *item = json_array_get(array, i);
        struct catalog_column *column = column_by_number(table, (int)number_at(item, 0));
        const struct catalog_function *function = find_function(reader, oid_at(item, 1));
        if (!column || !function)
            continue;
        column->functions = arena_push(reader->arena, column->functions, &column->function_count,
                                       sizeof(*column->functions));
        column->functions[column->function_count - 1] = function->name;
    }
}

/* Names for attribute numbers; "" for an expression (0) and for system columns. */
static const char **column_names(const struct reader *reader, const struct catalog_table *table,
                                 const json_t *numbers, size_t *ret_count)
{
    const char **names = allocate(reader, numbers, sizeof(*names), ret_count);
    for (size_t i = 0; i < *ret_count; i++) {
        const struct catalog_column *column =
            table ? column_by_number(table, (int)number_at(numbers, i)) : NULL;
        names[i] = column ? column->name : "";
    }
    return names;
}

static void read_constraints(const struct reader *reader, struct catalog_table *table,
                             const json_t *array)
{
    table->constraints =
        allocate(reader, array, sizeof(*table->constraints), &table->constraint_count);
    for (size_t i = 0; i < table->constraint_count; i++) {
        const json_t *item = json_array_get(array, i);
        struct catalog_constraint *constraint = &table->constraints[i];
        constraint->name = string_at(reader, item, 0);
        constraint->type = char_at(item, 1);
        constraint->deferrable = has(flags_at(item, 2), 'd');
        constraint->validated = has(flags_at(item, 2), 'v');
        constraint->columns =
            column_names(reader, table, json_array_get(item, 3), &constraint->column_count);
        constraint->foreign_table = oid_at(item, 4);
        constraint->foreign_columns =
            column_names(reader, catalog_by_oid(reader->catalog, constraint->foreign_table),
                         json_array_get(item, 5), &constraint->foreign_column_count);
        constraint->delete_action = char_at(item, 6);
        constraint->update_action = char_at(item, 7);
        constraint->definition = string_at(reader, item, 8);
        constraint->functions =
            function_names(reader, "c", number_at(item, 9), &constraint->function_count);
    }
}

static void read_indexes(const struct reader *reader, struct catalog_table *table,
                         const json_t *array)
{
    table->indexes = allocate(reader, array, sizeof(*table->indexes), &table->index_count);
    for (size_t i = 0; i < table->index_count; i++) {
        const json_t *item = json_array_get(array, i);
        struct catalog_index *index = &table->indexes[i];
        const char *flags = flags_at(item, 2);
        index->name = string_at(reader, item, 0);
        index->method = string_at(reader, item, 1);
        index->unique = has(flags, 'u');
        index->primary = has(flags, 'p');
        index->valid = has(flags, 'v');
        index->immediate = has(flags, 'i');
        index->partial = has(flags, 'w');
        index->expression = has(flags, 'e');
        index->nulls_equal = has(flags, 'n');
        index->columns = column_names(reader, table, json_array_get(item, 4), &index->column_count);
        size_t keys = (size_t)number_at(item, 3); /* the rest are INCLUDE columns */
        if (index->column_count > keys)
            index->column_count = keys;
        index->functions = function_names(reader, "i", number_at(item, 5), &index->function_count);
    }
}

static void read_triggers(const struct reader *reader, struct catalog_table *table,
                          const json_t *array)
{
    table->triggers = allocate(reader, array, sizeof(*table->triggers), &table->trigger_count);
    for (size_t i = 0; i < table->trigger_count; i++) {
        const json_t *item = json_array_get(array, i);
        struct catalog_trigger *trigger = &table->triggers[i];
        int64_t type = number_at(item, 1); /* bits of pg_trigger.h */
        const char *flags = flags_at(item, 3);
        const struct catalog_function *function = find_function(reader, oid_at(item, 4));
        trigger->name = string_at(reader, item, 0);
        trigger->row = type & 1;
        trigger->before = type & 2;
        trigger->on_insert = type & 4;
        trigger->on_delete = type & 8;
        trigger->on_update = type & 16;
        trigger->on_truncate = type & 32;
        trigger->instead = type & 64;
        trigger->enabled = char_at(item, 2);
        trigger->constraint = has(flags, 'c');
        trigger->deferrable = has(flags, 'd');
        trigger->internal = has(flags, 'i');
        trigger->inherited = has(flags, 'h');
        trigger->function = function ? function->name : "?";
        trigger->language = function ? function->language : "?";
        trigger->sha256 = string_at(reader, item, 5);
        trigger->definition = string_at(reader, item, 6);
        trigger->function_sha256 = string_at(reader, item, 7);
        trigger->definer = has(flags, 'o');
    }
}

static void read_rules(const struct reader *reader, struct catalog_table *table,
                       const json_t *array)
{
    table->rules = allocate(reader, array, sizeof(*table->rules), &table->rule_count);
    for (size_t i = 0; i < table->rule_count; i++) {
        const json_t *item = json_array_get(array, i);
        table->rules[i].name = string_at(reader, item, 0);
        table->rules[i].event = char_at(item, 1);
    }
}

static char letter_of(const json_t *object, const char *key)
{
    const char *s = json_string_value(json_object_get(object, key));
    return s ? s[0] : '\0';
}

static void read_table(const struct reader *reader, struct catalog_table *table,
                       const json_t *object)
{
    const char *flags = json_string_value(json_object_get(object, "flags"));
    if (!flags)
        flags = "";
    table->oid = (uint32_t)json_integer_value(json_object_get(object, "oid"));
    table->schema = string_of(reader, object, "schema");
    table->name = string_of(reader, object, "name");
    table->kind = letter_of(object, "kind");
    table->persistence = letter_of(object, "persistence");
    table->replica_identity = letter_of(object, "replica_identity");
    table->parent = (uint32_t)json_integer_value(json_object_get(object, "parent"));
    table->owner = string_of(reader, object, "owner");
    table->rows = json_number_value(json_object_get(object, "rows"));
    table->bytes = json_integer_value(json_object_get(object, "bytes"));
    table->is_partition = has(flags, 'p');
    table->inherits = has(flags, 'i');
    table->row_security = has(flags, 'r');
    table->owner_is_worker = has(flags, 'o');
    table->published_delete = has(flags, 'D');
    table->published_update = has(flags, 'U');
    table->may_use_schema = has(flags, 'S');
    table->may_select = has(flags, 's');
    table->may_delete = has(flags, 'd');
    table->may_update = has(flags, 'u');
    table->may_truncate = has(flags, 't');
    table->may_insert = has(flags, 'n');
    table->may_lock_rows = has(flags, 'l');
    table->may_be_counted = has(flags, 'c');
    table->hides_rows = has(flags, 'h');
    read_columns(reader, table, list_of(reader, "columns", "", table->oid));
    read_generated(reader, table, list_of(reader, "generated", "", table->oid));
    read_copies(reader, table, list_of(reader, "copies", "", table->oid));
}

static struct catalog_table *table_by_oid(const struct catalog *catalog, uint32_t oid)
{
    size_t from = 0, to = catalog->table_count;
    while (from < to) {
        size_t middle = (from + to) / 2;
        struct catalog_table *table = &catalog->tables[catalog->places[middle].index];
        if (table->oid == oid)
            return table;
        if (table->oid < oid)
            from = middle + 1;
        else
            to = middle;
    }
    return NULL;
}

static int compare_places(const void *a, const void *b)
{
    const struct catalog_place *x = a, *y = b;
    return (x->oid > y->oid) - (x->oid < y->oid);
}

/* A parent lists its partitions; plain inheritance marks both sides. */
static void link_partitions(const struct reader *reader)
{
    struct catalog *catalog = reader->catalog;
    for (size_t i = 0; i < catalog->table_count; i++) {
        struct catalog_table *table = &catalog->tables[i];
        struct catalog_table *parent = table->parent ? table_by_oid(catalog, table->parent) : NULL;
        if (!parent)
            continue;
        if (!table->is_partition) {
            parent->inherits = true;
            continue;
        }
        parent->partitions = arena_push(reader->arena, parent->partitions, &parent->partition_count,
                                        sizeof(*parent->partitions));
        parent->partitions[parent->partition_count - 1] = table->oid;
    }
}

/* Sums rows and bytes up, hands publications down. A partitioned table's own reltuples counts its
 * rows at the last ANALYZE of the parent itself, which may be long ago: the leaves' are better. */
static void settle_partitions(const struct catalog *catalog, struct catalog_table *table)
{
    if (table->kind != 'p')
        return;
    table->rows = -1;
    table->bytes = 0;
    for (size_t i = 0; i < table->partition_count; i++) {
        struct catalog_table *partition = table_by_oid(catalog, table->partitions[i]);
        partition->published_delete |= table->published_delete;
        partition->published_update |= table->published_update;
        settle_partitions(catalog, partition);
        if (partition->rows >= 0)
            table->rows = (table->rows < 0 ? 0 : table->rows) + partition->rows;
        table->bytes += partition->bytes;
    }
}

static void read_tables(struct reader *reader, const json_t *array)
{
    struct catalog *catalog = reader->catalog;
    catalog->tables = allocate(reader, array, sizeof(*catalog->tables), &catalog->table_count);
    catalog->places =
        arena_alloc(reader->arena, (catalog->table_count + 1) * sizeof(*catalog->places));
    for (size_t i = 0; i < catalog->table_count; i++) {
        read_table(reader, &catalog->tables[i], json_array_get(array, i));
        catalog->places[i] = (struct catalog_place){catalog->tables[i].oid, (uint32_t)i};
    }
    qsort(catalog->places, catalog->table_count, sizeof(*catalog->places), compare_places);
    for (size_t i = 0; i < catalog->table_count; i++) {
        struct catalog_table *table = &catalog->tables[i];
        read_constraints(reader, table, list_of(reader, "constraints", "", table->oid));
        read_indexes(reader, table, list_of(reader, "indexes", "", table->oid));
        read_triggers(reader, table, list_of(reader, "triggers", "", table->oid));
        read_rules(reader, table, list_of(reader, "rules", "", table->oid));
    }
    link_partitions(reader);
    for (size_t i = 0; i < catalog->table_count; i++)
        if (!catalog->tables[i].is_partition)
            settle_partitions(catalog, &catalog->tables[i]);
}

static void read_own_functions(struct reader *reader, const json_t *array)
{
    struct catalog *catalog = reader->catalog;
    catalog->own_functions =
        allocate(reader, array, sizeof(*catalog->own_functions), &catalog->own_function_count);
    for (size_t i = 0; i < catalog->own_function_count; i++) {
        const json_t *item = json_array_get(array, i);
        catalog->own_functions[i] =
            (struct catalog_own_function){string_at(reader, item, 0), string_at(reader, item, 1)};
    }
}

/* The number of the last "migrations/NNNN_name.sql" that is embedded. */
static int newest_migration(void)
{
    size_t count;
    const char *const *names = sql_file_names(&count);
    int newest = 0;
    for (size_t i = 0; i < count; i++) {
        int number =
            text_starts_with(names[i], "migrations/") ? (int)strtol(names[i] + 11, NULL, 10) : 0;
        newest = number > newest ? number : newest;
    }
    return newest;
}

struct catalog *catalog_parse(const char *json, struct error *error)
{
    json_error_t reason;
    json_t *root = json_loads(json, 0, &reason);
    if (!root || !json_is_object(root) || !json_is_string(json_object_get(root, "encoding"))) {
        error_set(error, ERROR_FAILED, "could not read the catalog's facts: %s",
                  root ? "not the document expected" : reason.text);
        json_decref(root);
        return NULL;
    }
    struct arena *arena = arena_new();
    struct catalog *catalog = arena_alloc(arena, sizeof(*catalog));
    struct reader reader = {.arena = arena, .catalog = catalog, .root = root};
    catalog->arena = arena;
    catalog->server_version = (int)json_integer_value(json_object_get(root, "server_version"));
    catalog->database = string_of(&reader, root, "database");
    catalog->encoding = string_of(&reader, root, "encoding");
    catalog->in_recovery = json_is_true(json_object_get(root, "in_recovery"));
    catalog->system_identifier = string_of(&reader, root, "system_identifier");
    catalog->timeline = json_integer_value(json_object_get(root, "timeline"));
    catalog->worker_role = string_of(&reader, root, "worker_role");
    catalog->worker_exists = json_is_true(json_object_get(root, "worker_exists"));
    catalog->worker_is_superuser = json_is_true(json_object_get(root, "worker_is_superuser"));
    catalog->worker_can_be_ended = json_is_true(json_object_get(root, "worker_can_be_ended"));
    catalog->worker_bypasses_rls = json_is_true(json_object_get(root, "worker_bypasses_rls"));
    const json_t *logged = json_object_get(root, "log_parameters");
    catalog->log_parameter_max_length = string_of(&reader, logged, "log_parameter_max_length");
    catalog->log_parameter_max_length_on_error =
        string_of(&reader, logged, "log_parameter_max_length_on_error");
    catalog->schema_version = (int)json_integer_value(json_object_get(root, "schema_version"));
    catalog->schema_newest = newest_migration();
    catalog->own_prefix = string_of(&reader, root, "own_prefix");
    read_own_functions(&reader, json_object_get(root, "own_functions"));
    catalog->schemas = strings(&reader, json_object_get(root, "schemas"), &catalog->schema_count);
    catalog->timezones =
        strings(&reader, json_object_get(root, "timezones"), &catalog->timezone_count);
    read_types(&reader, json_object_get(root, "types"));
    read_functions(&reader, json_object_get(root, "functions"));
    read_tables(&reader, json_object_get(root, "tables"));
    json_decref(root);
    return catalog;
}

void catalog_free(struct catalog *catalog)
{
    if (catalog)
        arena_free(catalog->arena);
}

const struct catalog_table *catalog_find(const struct catalog *catalog, const char *schema,
                                         const char *name)
{
    /* sorted by the server's collation of type name, which is C: as strcmp */
    size_t from = 0, to = catalog->table_count;
    while (from < to) {
        size_t middle = (from + to) / 2;
        const struct catalog_table *table = &catalog->tables[middle];
        int order = strcmp(table->schema, schema);
        if (!order)
            order = strcmp(table->name, name);
        if (!order)
            return table;
        if (order < 0)
            from = middle + 1;
        else
            to = middle;
    }
    return NULL;
}

const struct catalog_table *catalog_by_oid(const struct catalog *catalog, uint32_t oid)
{
    return table_by_oid(catalog, oid);
}

const struct catalog_column *catalog_column(const struct catalog_table *table, const char *name)
{
    for (size_t i = 0; i < table->column_count; i++)
        if (strcmp(table->columns[i].name, name) == 0)
            return &table->columns[i];
    return NULL;
}

const struct catalog_function *catalog_function(const struct catalog *catalog, const char *name)
{
    for (size_t i = 0; i < catalog->function_count; i++)
        if (strcmp(catalog->functions[i].name, name) == 0)
            return &catalog->functions[i];
    return NULL;
}

const struct catalog_index *catalog_primary_key(const struct catalog_table *table)
{
    for (size_t i = 0; i < table->index_count; i++)
        if (table->indexes[i].primary)
            return &table->indexes[i];
    return NULL;
}

bool catalog_has_timezone(const struct catalog *catalog, const char *name)
{
    if (strcmp(name, "UTC") == 0)
        return true;
    for (size_t i = 0; i < catalog->timezone_count; i++)
        if (strcmp(catalog->timezones[i], name) == 0)
            return true;
    return false;
}
