#include "policy/setup.h"

#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "policy/needs.h"
#include "policy/quote.h"
#include "policy/resolve.h"
#include "policy/setup_internal.h"

const char *setup_shown_table(struct script *s, const struct catalog_table *table)
{
    return quote_shown(s->arena, quote_table(s->arena, table));
}

const char *setup_shown_owner(struct script *s, const struct catalog_table *table)
{
    return quote_shown(s->arena, quote_name(s->arena, table->owner));
}

static void write_head(struct script *s)
{
    text_printf(
        s->out,
        "-- %s role %s in database %s.\n"
        "-- Run it with psql, not in one transaction, as the owner of the tables; what others "
        "must run is\n"
        "-- marked. It may be run again.\n"
        "SET search_path = pg_catalog, pg_temp;\n"
        "SET standard_conforming_strings = on;\n",
        s->remove ? "Takes away the privileges of" : "What is needed for",
        quote_shown(s->arena, s->role),
        quote_shown(s->arena, quote_name(s->arena, s->catalog->database)));
}

static void write_role(struct script *s)
{
    if (strcmp(s->role, s->worker_role) == 0)
        return;
    const char *role = quote_shown(s->arena, s->role),
               *worker = quote_shown(s->arena, s->worker_role),
               *owner = quote_shown(s->arena, s->owner_role);
    if (s->remove) {
        text_printf(s->out,
                    "\n-- By whoever administers roles:\n"
                    "-- REVOKE %s FROM %s;\n"
                    "-- REVOKE %s FROM %s;\n",
                    worker, role, role, owner);
        return;
    }
    text_printf(
        s->out,
        "\n-- By whoever administers roles: the worker's functions, and that an emergency stop "
        "may end its\n"
        "-- sessions.\n"
        "-- GRANT %s TO %s;\n"
        "-- GRANT %s TO %s;\n"
        "-- By a superuser: values of statements, which may be people's data, stay out of the "
        "server's log.\n"
        "-- ALTER ROLE %s SET log_parameter_max_length = 0;\n"
        "-- ALTER ROLE %s SET log_parameter_max_length_on_error = 0;\n",
        worker, role, role, owner, role, role);
    for (size_t i = 0; i < s->needs.table_count; i++)
        if (s->needs.tables[i].table->row_security) {
            text_printf(s->out,
                        "-- By a superuser: %s has row-level security, which would hide rows.\n"
                        "-- ALTER ROLE %s BYPASSRLS;\n",
                        setup_shown_table(s, s->needs.tables[i].table), role);
            break;
        }
}

static void write_schemas(struct script *s)
{
    struct string_list done = {0};
    text_add(s->out, "\n");
    for (size_t i = 0; i < s->needs.table_count; i++) {
        const char *schema = s->needs.tables[i].table->schema;
        bool seen = false;
        for (size_t k = 0; k < done.count; k++)
            seen |= strcmp(done.items[k], schema) == 0;
        if (seen)
            continue;
        done.items = arena_push(s->arena, done.items, &done.count, sizeof(*done.items));
        done.items[done.count - 1] = schema;
        text_printf(s->out, "%s USAGE ON SCHEMA %s %s %s, %s;\n", s->remove ? "REVOKE" : "GRANT",
                    quote_name(s->arena, schema), s->remove ? "FROM" : "TO", s->role,
                    s->reader_role);
    }
}

static const char *privileges(struct script *s, const struct table_need *need)
{
    const char *names = need->privileges & NEED_DELETE ? "SELECT, DELETE" : "SELECT";
    struct string_list columns = {0};
    if (need->privileges & NEED_LOCK && need->lock_column) {
        columns.items = arena_push(s->arena, columns.items, &columns.count, sizeof(char *));
        columns.items[0] = need->lock_column;
    }
    for (size_t i = 0; i < need->change.count; i++) {
        if (columns.count && strcmp(columns.items[0], need->change.items[i]) == 0)
            continue;
        columns.items = arena_push(s->arena, columns.items, &columns.count, sizeof(char *));
        columns.items[columns.count - 1] = need->change.items[i];
    }
    if (!columns.count)
        return names;
    return arena_printf(s->arena, "%s, UPDATE (%s)", names, quote_names(s->arena, &columns));
}

static const char *why_update(const struct script *s, const struct table_need *need)
{
    if (!(need->privileges & NEED_LOCK) || s->remove)
        return "";
    if (need->change.count)
        return "; UPDATE is what de-identifying needs, and locking rows";
    if (need->privileges & NEED_DELETE)
        return "; UPDATE is only what locking rows needs";
    return "; UPDATE is only what SELECT ... FOR SHARE needs:\n"
           "-- what decides about a record must not change until its deletion is committed";
}

/* Strategy `partition`: of the leaves alone, which is all that is emptied as a whole. */
static void write_truncate(struct script *s, const struct catalog_table *const *leaves,
                           size_t count)
{
    if (!s->remove)
        text_add(s->out, "-- strategy = \"partition\": partitions of which all records go are "
                         "emptied as a whole\n");
    for (size_t i = 0; i < count; i++)
        text_printf(s->out, "%s%s",
                    i           ? ",\n    "
                    : s->remove ? "REVOKE TRUNCATE ON TABLE "
                                : "GRANT TRUNCATE ON TABLE ",
                    quote_table(s->arena, leaves[i]));
    text_printf(s->out, " %s %s;\n", s->remove ? "FROM" : "TO", s->role);
}

static void write_table(struct script *s, const struct table_need *need)
{
    const struct catalog_table *table = need->table;
    bool leaves_too = table->kind == 'p' && need->privileges & NEED_ACT;
    size_t count = 0;
    const struct catalog_table **leaves =
        leaves_too ? resolve_leaves(s->arena, s->catalog, table, &count) : NULL;
    const char *owner = setup_shown_owner(s, table);
    text_printf(s->out, "\n-- %s, owned by %s%s\n", setup_shown_table(s, table), owner,
                why_update(s, need));
    text_printf(s->out, "%s %s ON TABLE %s", s->remove ? "REVOKE" : "GRANT", privileges(s, need),
                quote_table(s->arena, table));
    for (size_t i = 0; i < count; i++)
        text_printf(s->out, ",\n    %s", quote_table(s->arena, leaves[i]));
    text_printf(s->out, " %s %s;\n", s->remove ? "FROM" : "TO", s->role);
    if (need->privileges & NEED_TRUNCATE && count)
        write_truncate(s, leaves, count);
    text_printf(s->out, "%s SELECT ON TABLE %s %s %s;\n", s->remove ? "REVOKE" : "GRANT",
                quote_table(s->arena, table), s->remove ? "FROM" : "TO", s->reader_role);
    if (leaves_too && !s->remove)
        text_printf(
            s->out,
            "-- New partitions need the same, and PostgreSQL cannot grant for one table's "
            "partitions to come:\n"
            "-- let what makes them grant it too, or run this again for each; until then "
            "their records stay, and\n"
            "-- \"retentionctl check\" and \"status\" say so. What follows would do, but it "
            "gives the worker every\n"
            "-- new table that %s makes in the schema:\n"
            "-- ALTER DEFAULT PRIVILEGES FOR ROLE %s IN SCHEMA %s\n"
            "--     GRANT SELECT, DELETE, UPDATE ON TABLES TO %s;\n",
            owner, owner, quote_shown(s->arena, quote_name(s->arena, table->schema)),
            quote_shown(s->arena, s->role));
}

/* An index over exactly these columns, in order, that can serve once it is valid. */
static const struct catalog_index *find_exact(const struct catalog_table *table,
                                              const struct string_list *columns)
{
    for (size_t i = 0; i < table->index_count; i++) {
        const struct catalog_index *index = &table->indexes[i];
        bool same = index->column_count == columns->count && !index->partial && !index->unique &&
                    strcmp(index->method, "btree") == 0;
        for (size_t k = 0; same && k < columns->count; k++)
            same = strcmp(index->columns[k], columns->items[k]) == 0;
        if (same)
            return index;
    }
    return NULL;
}

static const char *new_index_name(struct script *s, const struct catalog_table *table,
                                  const struct string_list *columns)
{
    const char *base = needs_index_name(s->arena, s->catalog, table, columns);
    const char *name = base;
    for (int n = 1;; n++) {
        const char *full = arena_printf(s->arena, "%s.%s", table->schema, name);
        bool taken = false;
        for (size_t i = 0; i < s->index_names.count; i++)
            taken |= strcmp(s->index_names.items[i], full) == 0;
        if (!taken) {
            s->index_names.items =
                arena_push(s->arena, s->index_names.items, &s->index_names.count, sizeof(char *));
            s->index_names.items[s->index_names.count - 1] = full;
            return name;
        }
        name = arena_printf(s->arena, "%s_%d", base, n);
    }
}

/* Writes what makes the index on this table and on all below it; returns its name. A partitioned
 * table's index is made empty, the partitions' concurrently, then they are put together: that
 * never blocks writes. What an earlier, broken-off run left behind is used or replaced. */
static const char *write_index(struct script *s, const struct catalog_table *table,
                               const struct string_list *columns)
{
    const struct catalog_index *exact = find_exact(table, columns);
    const char *list = quote_names(s->arena, columns);
    const char *where = quote_table(s->arena, table);
    const char *schema = quote_name(s->arena, table->schema);
    if (exact && exact->valid)
        return exact->name;
    const char *name = exact ? exact->name : new_index_name(s, table, columns);
    if (table->kind != 'p') {
        if (exact)
            text_printf(s->out, "DROP INDEX CONCURRENTLY IF EXISTS %s.%s;\n", schema,
                        quote_name(s->arena, name));
        text_printf(s->out, "CREATE INDEX CONCURRENTLY IF NOT EXISTS %s ON %s (%s);\n",
                    quote_name(s->arena, name), where, list);
        return name;
    }
    text_printf(s->out, "CREATE INDEX IF NOT EXISTS %s ON ONLY %s (%s);\n",
                quote_name(s->arena, name), where, list);
    for (size_t i = 0; i < table->partition_count; i++) {
        const struct catalog_table *partition = catalog_by_oid(s->catalog, table->partitions[i]);
        if (!partition || partition->kind == 'f')
            continue;
        const char *part = write_index(s, partition, columns);
        text_printf(s->out, "ALTER INDEX %s.%s ATTACH PARTITION %s.%s;\n", schema,
                    quote_name(s->arena, name), quote_name(s->arena, partition->schema),
                    quote_name(s->arena, part));
    }
    return name;
}

void setup_write_hidden(struct script *s, const struct catalog_table *table)
{
    if (!table->hides_rows || s->remove || s->told_hidden)
        return;
    s->told_hidden = true;
    text_printf(
        s->out,
        "-- By a superuser, before a hold is placed: %s has row-level security, which would "
        "hide records from\n"
        "-- this role. Guards would fail, and the application's DELETE and UPDATE with "
        "them.\n"
        "-- ALTER ROLE %s BYPASSRLS;\n",
        setup_shown_table(s, table), quote_shown(s->arena, s->reader_role));
}

/* What a hold covers is counted by a role of its own, which may read nothing else. */
static void write_reader(struct script *s, const char *reader)
{
    struct string_list schemas = {0}, tables = {0};
    for (size_t i = 0; i < s->needs.table_count; i++) {
        const struct catalog_table *table = s->needs.tables[i].table;
        if (!(s->needs.tables[i].privileges & NEED_COUNT))
            continue;
        bool seen = false;
        for (size_t k = 0; k < schemas.count; k++)
            seen |= strcmp(schemas.items[k], table->schema) == 0;
        if (!seen) {
            schemas.items =
                arena_push(s->arena, schemas.items, &schemas.count, sizeof(*schemas.items));
            schemas.items[schemas.count - 1] = table->schema;
        }
        tables.items = arena_push(s->arena, tables.items, &tables.count, sizeof(*tables.items));
        tables.items[tables.count - 1] = quote_table(s->arena, table);
    }
    if (!tables.count)
        return;
    const char *how = s->remove ? "REVOKE" : "GRANT", *whom = s->remove ? "FROM" : "TO";
    text_printf(s->out, "\n-- What legal holds cover is counted by role %s%s.\n",
                quote_shown(s->arena, reader),
                s->remove ? "" : ", which may read this and do nothing");
    text_printf(s->out, "%s USAGE ON SCHEMA %s %s %s;\n", how, quote_names(s->arena, &schemas),
                whom, reader);
    text_printf(s->out, "%s SELECT ON TABLE ", how);
    for (size_t i = 0; i < tables.count; i++)
        text_printf(s->out, "%s%s", i ? ",\n    " : "", tables.items[i]);
    text_printf(s->out, " %s %s;\n", whom, reader);
    for (size_t i = 0; i < s->needs.table_count; i++)
        if (s->needs.tables[i].privileges & NEED_COUNT)
            setup_write_hidden(s, s->needs.tables[i].table);
}

static void write_indexes(struct script *s)
{
    for (size_t i = 0; i < s->needs.index_count; i++) {
        const struct index_need *need = &s->needs.indexes[i];
        if (needs_index_exists(s->arena, s->catalog, need))
            continue;
        text_printf(s->out, "\n-- No index of %s is under %s.\n", setup_shown_table(s, need->table),
                    quote_shown(s->arena, need->why));
        write_index(s, need->table, &need->columns);
    }
}

void setup_write(struct text *out, const struct policy_set *set, const struct catalog *catalog,
                 const char *role_prefix, bool remove)
{
    struct arena *arena _cleanup_arena_ = arena_new();
    struct script s = {
        .out = out,
        .arena = arena,
        .catalog = catalog,
        .role = quote_name(arena, catalog->worker_role),
        .owner_role = quote_name(arena, arena_printf(arena, "%sowner", role_prefix)),
        .worker_role = quote_name(arena, arena_printf(arena, "%sworker", role_prefix)),
        .reader_name = arena_printf(arena, "%sreader", role_prefix),
        .remove = remove,
    };
    s.reader_role = quote_name(arena, s.reader_name);
    for (size_t i = 0; i < set->category_count; i++)
        needs_collect(arena, set, &set->categories[i], catalog, &s.needs);
    write_head(&s);
    write_role(&s);
    if (s.needs.table_count)
        write_schemas(&s);
    for (size_t i = 0; i < s.needs.table_count; i++)
        write_table(&s, &s.needs.tables[i]);
    setup_write_targets(&s, set);
    setup_write_drops(&s, set);
    write_reader(&s, quote_name(arena, arena_printf(arena, "%sreader", role_prefix)));
    if (remove)
        text_add(out, "\n-- Indexes stay as they are.\n");
    else
        write_indexes(&s);
    setup_write_guards(&s, set);
}
