/* The part of setup's script that installs guards, or removes them.
 *
 * Several people may have to run it: who may act as the reader makes the functions, each table's
 * owner the triggers. So psql asks before each part whether this one may, and says what it leaves
 * out and to whom; whoever may do all runs it once. */
#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "policy/guard.h"
#include "policy/quote.h"
#include "policy/setup.h"
#include "policy/setup_internal.h"
#include "policy/validate.h"

/* A catalog in which nothing is refused for want of a privilege: to know which policies are right
 * but for what this script grants. */
static const struct catalog *as_granted(struct arena *arena, const struct catalog *catalog)
{
    struct catalog *copy = arena_alloc(arena, sizeof(*copy));
    *copy = *catalog;
    copy->tables = arena_alloc(arena, (catalog->table_count + 1) * sizeof(*copy->tables));
    for (size_t i = 0; i < catalog->table_count; i++) {
        struct catalog_table *table = &copy->tables[i];
        *table = catalog->tables[i];
        table->may_select = table->may_delete = table->may_update = table->may_truncate =
            table->may_lock_rows = table->may_use_schema = true;
        table->columns = arena_alloc(arena, (table->column_count + 1) * sizeof(*table->columns));
        for (size_t k = 0; k < table->column_count; k++) {
            table->columns[k] = catalog->tables[i].columns[k];
            table->columns[k].may_update = true;
        }
    }
    copy->worker_bypasses_rls = true;
    return copy;
}

bool setup_makes_guard(const struct policy_set *set, const struct catalog *catalog,
                       const struct category *category)
{
    if (category->guard == GUARD_OFF)
        return false;
    struct arena *arena = arena_new();
    struct diags diags _cleanup_diags_ = {0};
    policy_validate(set, as_granted(arena, catalog), &diags);
    bool valid = policy_category_is_valid(category, set, &diags);
    arena_free(arena);
    return valid;
}

static void add_guards(struct script *s, const struct policy_set *set)
{
    struct diags diags _cleanup_diags_ = {0};
    const struct catalog *catalog = as_granted(s->arena, s->catalog);
    policy_validate(set, catalog, &diags);
    for (size_t i = 0; i < set->category_count; i++) {
        const struct category *category = &set->categories[i];
        if (category->guard == GUARD_OFF)
            continue;
        if (!policy_category_is_valid(category, set, &diags)) {
            text_printf(s->out,
                        "\n-- No guard for category %s: its policy is not valid, see "
                        "\"retentionctl check\".\n",
                        category->name);
            continue;
        }
        const struct guard_plan *guard = guard_build(s->arena, set, category, catalog);
        if (!guard)
            continue;
        s->guards = arena_push(s->arena, s->guards, &s->guard_count, sizeof(*s->guards));
        s->guards[s->guard_count - 1] = guard;
    }
}

/* What is run only where the condition holds for whoever runs it, and what is said otherwise. */
static void begin_part(struct script *s, const char *condition)
{
    text_printf(s->out, "SELECT %s AS retention_may \\gset\n\\if :retention_may\n", condition);
}

static void end_part(struct script *s, const char *otherwise)
{
    text_printf(s->out, "\\else\n\\echo '%s'\n\\endif\n", quote_shown(s->arena, otherwise));
}

static const char *is_member(struct script *s, const char *role)
{
    return arena_printf(s->arena,
                        "EXISTS (SELECT FROM pg_catalog.pg_roles r WHERE r.rolname = %s AND "
                        "pg_catalog.pg_has_role(current_user, r.oid, 'MEMBER'))",
                        quote_text(s->arena, role));
}

/* Is there such a function, and may this one put it into a trigger? */
static const char *may_use(struct script *s, const char *function)
{
    return arena_printf(
        s->arena,
        "EXISTS (SELECT FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = "
        "p.pronamespace WHERE n.nspname = '" GUARD_SCHEMA "' AND pg_catalog.concat('" GUARD_SCHEMA
        ".', pg_catalog.quote_ident(p.proname)) = %s AND "
        "pg_catalog.has_function_privilege(p.oid, 'EXECUTE') AND "
        "pg_catalog.has_schema_privilege(n.oid, 'USAGE'))",
        quote_text(s->arena, function));
}

static void write_setting(struct script *s, const char *line)
{
    const char *equals = strchr(line, '=');
    const char *name = arena_strndup(s->arena, line, (size_t)(equals - line));
    text_printf(s->out, "SET %s = %s\n", name,
                strcmp(name, "search_path") == 0 ? equals + 1 : quote_text(s->arena, equals + 1));
}

static void write_function(struct script *s, const struct guard_plan *guard, size_t index)
{
    const struct guard_function *f = &guard->functions[index];
    text_printf(s->out,
                "CREATE OR REPLACE FUNCTION %s() RETURNS trigger\nLANGUAGE plpgsql VOLATILE "
                "SECURITY DEFINER\n",
                f->name);
    for (const char *p = f->settings; *p;) {
        size_t n = strcspn(p, "\n");
        write_setting(s, arena_strndup(s->arena, p, n));
        p += n + (p[n] != '\0');
    }
    const char *dollars = quote_dollars(s->arena, "retention_guard", f->body);
    text_printf(s->out, "AS %s%s%s;\n", dollars, f->body, dollars);
    text_printf(s->out, "REVOKE ALL ON FUNCTION %s() FROM PUBLIC;\n", f->name);
    struct string_list owners = {0};
    for (size_t i = 0; i < guard->trigger_count; i++) {
        const char *owner = guard->triggers[i].table->owner;
        bool seen = guard->triggers[i].function != index;
        for (size_t k = 0; k < owners.count; k++)
            seen |= strcmp(owners.items[k], owner) == 0;
        if (seen)
            continue;
        owners.items = arena_push(s->arena, owners.items, &owners.count, sizeof(*owners.items));
        owners.items[owners.count - 1] = owner;
        text_printf(s->out,
                    "GRANT USAGE ON SCHEMA " GUARD_SCHEMA " TO %s;\n"
                    "GRANT EXECUTE ON FUNCTION %s() TO %s;\n",
                    quote_name(s->arena, owner), f->name, quote_name(s->arena, owner));
    }
}

static void write_functions(struct script *s, const struct guard_plan *guard)
{
    text_printf(s->out, "\n-- The guard of category %s: its functions, by a member of role %s.\n",
                guard->category->name, quote_shown(s->arena, s->reader_role));
    begin_part(s, is_member(s, s->reader_name));
    text_printf(s->out, "SET ROLE %s;\n", s->reader_role);
    for (size_t i = 0; i < guard->function_count; i++)
        write_function(s, guard, i);
    text_add(s->out, "RESET ROLE;\n");
    end_part(s, arena_printf(s->arena, "left out: functions of the guard, for a member of %s",
                             s->reader_role));
}

/* The trigger alone: its function is made again in any case, and a trigger that was touched counts
 * as one that was taken away (retention.guard_rows). */
static bool is_in_place(const struct guard_trigger *made)
{
    for (size_t i = 0; i < made->table->trigger_count; i++) {
        const struct catalog_trigger *trigger = &made->table->triggers[i];
        if (strcmp(trigger->name, made->name) == 0)
            return trigger->enabled == 'A' && strcmp(trigger->definition, made->definition) == 0;
    }
    return false;
}

/* Those of one table and function from `from` on, in one transaction; returns where they end. */
static size_t write_table_triggers(struct script *s, const struct guard_plan *guard, size_t from)
{
    const struct guard_trigger *first = &guard->triggers[from];
    const char *table = quote_table(s->arena, first->table);
    const char *owner = quote_name(s->arena, first->table->owner);
    struct text made = {0};
    size_t i = from;
    for (; i < guard->trigger_count && guard->triggers[i].table == first->table &&
           guard->triggers[i].function == first->function;
         i++) {
        const struct guard_trigger *trigger = &guard->triggers[i];
        if (is_in_place(trigger))
            continue;
        if (!trigger->copied)
            text_printf(&made, "CREATE OR REPLACE%s;\n", trigger->definition + strlen("CREATE"));
        text_printf(&made, "ALTER TABLE %s ENABLE ALWAYS TRIGGER %s;\n", table,
                    quote_name(s->arena, trigger->name));
    }
    if (made.length) {
        text_printf(s->out, "\n-- The guard of category %s on %s, owned by %s\n",
                    guard->category->name, setup_shown_table(s, first->table),
                    setup_shown_owner(s, first->table));
        begin_part(s, arena_printf(s->arena, "%s AND %s", is_member(s, first->table->owner),
                                   may_use(s, guard->functions[first->function].name)));
        text_printf(s->out, "BEGIN;\n%sCOMMIT;\n", text_string(&made));
        end_part(s, arena_printf(s->arena,
                                 "left out: the guard on %s, for %s, once its functions are there",
                                 table, owner));
    }
    text_free(&made);
    return i;
}

static void write_triggers(struct script *s, const struct guard_plan *guard)
{
    for (size_t i = 0; i < guard->trigger_count;)
        i = write_table_triggers(s, guard, i);
}

static bool is_expected(const struct script *s, const struct catalog_table *table,
                        const struct catalog_trigger *trigger)
{
    for (size_t i = 0; i < s->guard_count && !s->remove; i++)
        for (size_t k = 0; k < s->guards[i]->trigger_count; k++)
            if (s->guards[i]->triggers[k].table->oid == table->oid &&
                strcmp(s->guards[i]->triggers[k].name, trigger->name) == 0)
                return true;
    return false;
}

/* Functions of guards that no trigger has, but those that this script is about. */
static void write_functions_gone(struct script *s)
{
    struct text kept = {0};
    for (size_t i = 0; i < s->guard_count; i++)
        for (size_t k = 0; k < s->guards[i]->function_count; k++)
            text_printf(&kept, "%s%s", kept.length ? ", " : "",
                        quote_text(s->arena, s->guards[i]->functions[k].name));
    text_printf(s->out, "\n-- Functions of guards that no trigger has, by a member of role %s\n",
                quote_shown(s->arena, s->reader_role));
    begin_part(s, is_member(s, s->reader_name));
    text_printf(s->out,
                "SET ROLE %s;\n"
                "DO $retention_guard$\n"
                "DECLARE\n"
                "    made record;\n"
                "BEGIN\n"
                "    FOR made IN SELECT p.oid::pg_catalog.regprocedure AS function\n"
                "        FROM pg_catalog.pg_proc p\n"
                "            JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace\n"
                "        WHERE n.nspname = '" GUARD_SCHEMA "' AND NOT EXISTS (\n"
                "                SELECT FROM pg_catalog.pg_trigger t WHERE t.tgfoid = p.oid)\n"
                "            AND pg_catalog.concat('" GUARD_SCHEMA
                ".', pg_catalog.quote_ident(p.proname))\n"
                "                <> ALL (ARRAY[%s]::pg_catalog.text[])\n"
                "    LOOP\n"
                "        EXECUTE pg_catalog.format('DROP FUNCTION %%s', made.function);\n"
                "    END LOOP;\n"
                "END\n"
                "$retention_guard$;\n"
                "RESET ROLE;\n",
                s->reader_role, text_string(&kept));
    end_part(s, arena_printf(s->arena, "left out: functions to drop, for a member of %s",
                             s->reader_role));
    text_free(&kept);
}

/* Triggers of guards that are there and should not be. */
static void write_leftovers(struct script *s)
{
    bool any = s->remove;
    for (size_t i = 0; i < s->catalog->table_count; i++) {
        const struct catalog_table *table = &s->catalog->tables[i];
        for (size_t k = 0; k < table->trigger_count; k++) {
            const struct catalog_trigger *trigger = &table->triggers[k];
            if (!guard_is_named(trigger) || is_expected(s, table, trigger))
                continue;
            any = true;
            if (trigger->inherited)
                continue; /* goes with that of the table above */
            const char *where = quote_table(s->arena, table);
            const char *owner = quote_name(s->arena, table->owner);
            text_printf(s->out, "\n-- A guard that is not wanted, on %s, owned by %s\n",
                        setup_shown_table(s, table), setup_shown_owner(s, table));
            begin_part(s, is_member(s, table->owner));
            text_printf(s->out, "DROP TRIGGER IF EXISTS %s ON %s;\n",
                        quote_name(s->arena, trigger->name), where);
            end_part(s, arena_printf(s->arena, "left out: a trigger to drop from %s, for %s", where,
                                     owner));
        }
    }
    if (any)
        write_functions_gone(s);
}

static void write_event_triggers(struct script *s)
{
    if (s->remove) {
        text_add(s->out, "\n-- By a superuser, where they were made:\n"
                         "-- DROP EVENT TRIGGER IF EXISTS retention_guard_drop;\n"
                         "-- DROP EVENT TRIGGER IF EXISTS retention_guard_alter;\n");
        return;
    }
    text_add(
        s->out,
        "\n-- By a superuser, if wanted: DROP, DETACH and ALTER of guarded tables are refused, "
        "too, while a\n-- hold is in force. No other role can make event triggers; without "
        "them, an owner can take a table\n-- away, or its guard. What they refuse alters a guard "
        "that a round of the worker found in place:\n-- until \"retentionctl run\" or "
        "retentiond had one, they refuse nothing.\n"
        "-- CREATE EVENT TRIGGER retention_guard_drop ON sql_drop\n"
        "--     EXECUTE FUNCTION retention.guard_drop();\n"
        "-- CREATE EVENT TRIGGER retention_guard_alter ON ddl_command_end\n"
        "--     EXECUTE FUNCTION retention.guard_alter();\n"
        "-- ALTER EVENT TRIGGER retention_guard_drop ENABLE ALWAYS;\n"
        "-- ALTER EVENT TRIGGER retention_guard_alter ENABLE ALWAYS;\n");
}

void setup_write_guards(struct script *s, const struct policy_set *set)
{
    if (!s->remove)
        add_guards(s, set);
    write_leftovers(s);
    for (size_t i = 0; i < s->guard_count; i++) {
        write_functions(s, s->guards[i]);
        for (size_t k = 0; k < s->guards[i]->table_count; k++)
            setup_write_hidden(s, s->guards[i]->tables[k]);
        write_triggers(s, s->guards[i]);
    }
    if (s->guard_count || s->remove)
        write_event_triggers(s);
}
