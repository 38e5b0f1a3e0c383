/* The key: what identifies a record in the log. A digest is of the key's text, so equal values must
 * print equally, every record must have one, and no two records the same. */
#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "policy/quote.h"
#include "policy/validate_internal.h"

static const char *const key_types[] = {"smallint",
                                        "integer",
                                        "bigint",
                                        "uuid",
                                        "text",
                                        "bytea",
                                        "date",
                                        "numeric",
                                        "character varying",
                                        "timestamp without time zone",
                                        "timestamp with time zone"};

static bool type_prints_one_way(const struct catalog_column *column)
{
    for (size_t i = 0; i < ARRAY_LENGTH(key_types); i++)
        if (strcmp(column->base_type, key_types[i]) == 0)
            return true;
    return false;
}

/* What keeps an index from being a key; NULL: nothing. */
static const char *index_fault(const struct catalog_index *index)
{
    if (!index->unique)
        return "is not unique";
    if (index->partial)
        return "covers only some rows (it has a WHERE clause)";
    if (index->expression)
        return "is over expressions";
    if (!index->immediate)
        return "is deferrable";
    if (!index->valid)
        return "is not valid (its build failed, or a partition lacks it)";
    return NULL;
}

static bool covers(const struct catalog_index *index, const struct string_list *key)
{
    if (index->column_count != key->count)
        return false;
    for (size_t i = 0; i < key->count; i++) {
        bool found = false;
        for (size_t k = 0; k < index->column_count; k++)
            found |= strcmp(index->columns[k], key->items[i]) == 0;
        if (!found)
            return false;
    }
    return true;
}

static struct string_list index_columns(const struct catalog_index *index)
{
    return (struct string_list){index->columns, index->column_count};
}

static bool columns_not_null(const struct catalog_table *table, const struct catalog_index *index)
{
    for (size_t i = 0; i < index->column_count; i++) {
        const struct catalog_column *column = catalog_column(table, index->columns[i]);
        if (!column || !column->not_null || !type_prints_one_way(column))
            return false;
    }
    return true;
}

/* key = [ "a", "b" ] */
static const char *as_setting(struct check *check, const struct string_list *key)
{
    struct text text _cleanup_text_ = {0};
    for (size_t i = 0; i < key->count; i++)
        text_printf(&text, "%s\"%s\"", i ? ", " : "", key->items[i]);
    return arena_printf(check->arena, "key = [ %s ];", text_string(&text));
}

static const struct catalog_index *usable_index(const struct catalog_table *table)
{
    for (size_t i = 0; i < table->index_count; i++)
        if (!index_fault(&table->indexes[i]) && columns_not_null(table, &table->indexes[i]))
            return &table->indexes[i];
    return NULL;
}

static void check_no_primary_key(struct check *check, struct position at,
                                 const struct catalog_table *table)
{
    struct diag *diag =
        diag_error(check->diags, at, "table \"%s\" has no primary key", check_name(check, table));
    const struct catalog_index *other = usable_index(table);
    if (other) {
        struct string_list columns = index_columns(other);
        diag_hint(check->diags, diag, "Unique index \"%s\" can serve: %s", other->name,
                  as_setting(check, &columns));
    } else {
        diag_hint(check->diags, diag,
                  "Give it one. Or, to log only how many rows went: key = []; evidence = "
                  "\"counts\";");
    }
}

/* Is there an index that makes the columns a key? Says what is wrong with the nearest one. */
static void check_index(struct check *check, struct position at, const struct catalog_table *table,
                        const struct string_list *key)
{
    const struct catalog_index *nearest = NULL;
    for (size_t i = 0; i < table->index_count; i++) {
        const struct catalog_index *index = &table->indexes[i];
        if (!covers(index, key))
            continue;
        if (!index_fault(index))
            return;
        if (!nearest || (!nearest->unique && index->unique))
            nearest = index;
    }
    if (nearest) {
        struct diag *diag =
            diag_error(check->diags, at, "%s of \"%s\" %s no key: index \"%s\" %s",
                       check_names(check, key), check_name(check, table),
                       key->count > 1 ? "are" : "is", nearest->name, index_fault(nearest));
        diag_hint(check->diags, diag,
                  "A key needs a unique index that is valid, over all rows, over plain columns and "
                  "not deferrable.");
        return;
    }
    struct diag *diag = diag_error(check->diags, at, "no unique index of \"%s\" is over just %s",
                                   check_name(check, table), check_names(check, key));
    if (table->kind == 'p')
        diag_hint(check->diags, diag, "ALTER TABLE %s ADD UNIQUE (%s);",
                  quote_table(check->arena, table), quote_names(check->arena, key));
    else
        diag_hint(check->diags, diag, "CREATE UNIQUE INDEX CONCURRENTLY ON %s (%s);",
                  quote_table(check->arena, table), quote_names(check->arena, key));
}

static void check_key_column(struct check *check, struct position at,
                             const struct catalog_table *table, const struct catalog_column *column)
{
    if (!column->not_null) {
        struct diag *diag = diag_error(check->diags, at, "key column \"%s\" of \"%s\" may be NULL",
                                       column->name, check_name(check, table));
        diag_hint(check->diags, diag, "ALTER TABLE %s ALTER COLUMN %s SET NOT NULL;",
                  quote_table(check->arena, table), quote_name(check->arena, column->name));
    }
    if (!type_prints_one_way(column)) {
        struct diag *diag = diag_error(
            check->diags, at,
            "key column \"%s\" of \"%s\" has type \"%s\", which may print equal values differently",
            column->name, check_name(check, table), column->type);
        diag_hint(check->diags, diag,
                  "A key is of smallint, integer, bigint, numeric, uuid, text, varchar, bytea, "
                  "date or timestamp. Name another unique key, or use key = []; evidence = "
                  "\"counts\";");
    } else if (!column->deterministic_collation) {
        struct diag *diag = diag_error(
            check->diags, at,
            "key column \"%s\" of \"%s\" has a collation that takes different texts for equal",
            column->name, check_name(check, table));
        diag_hint(check->diags, diag, "Use a key of a deterministic collation.");
    }
}

void check_key(struct check *check, struct position at, const struct catalog_table *table,
               bool given, const struct string_list *key)
{
    if (given && !key->count)
        return;
    if (!given) {
        const struct catalog_index *primary = catalog_primary_key(table);
        if (!primary) {
            check_no_primary_key(check, at, table);
            return;
        }
        if (index_fault(primary)) {
            struct diag *diag = diag_error(check->diags, at,
                                           "the primary key of \"%s\" is no key for the log: it %s",
                                           check_name(check, table), index_fault(primary));
            diag_hint(check->diags, diag, "Name another unique key: key = [ ... ];");
            return;
        }
        struct string_list columns = index_columns(primary);
        for (size_t i = 0; i < columns.count; i++) {
            const struct catalog_column *column = catalog_column(table, columns.items[i]);
            if (column)
                check_key_column(check, at, table, column);
        }
        return;
    }
    bool resolved = true;
    for (size_t i = 0; i < key->count; i++) {
        const struct catalog_column *column = check_column(check, at, table, key->items[i]);
        resolved &= column != NULL;
        if (column)
            check_key_column(check, at, table, column);
    }
    if (resolved)
        check_index(check, at, table, key);
}
