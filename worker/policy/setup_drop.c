/* The part of setup's script that installs the functions by which empty partitions are dropped, or
 * removes them. */
#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "policy/drop.h"
#include "policy/quote.h"
#include "policy/resolve.h"
#include "policy/setup_internal.h"

static void write_settings(struct script *s, const char *settings)
{
    for (const char *p = settings; *p;) {
        size_t n = strcspn(p, "\n");
        const char *line = arena_strndup(s->arena, p, n), *equals = strchr(line, '=');
        const char *name = arena_strndup(s->arena, line, (size_t)(equals - line));
        bool list = strcmp(name, "search_path") == 0;
        text_printf(s->out, "SET %s = %s\n", name,
                    list ? equals + 1 : quote_text(s->arena, equals + 1));
        p += n + (p[n] != '\0');
    }
}

/* Those of the table that are there, but for the one that is wanted (NULL: none is). */
static void write_gone(struct script *s, const struct catalog_table *table, const char *wanted)
{
    const char *schema = quote_text(s->arena, quote_name(s->arena, table->schema));
    const char *dollars = quote_dollars(s->arena, "retention", schema);
    text_printf(s->out,
                "DO %s\n"
                "DECLARE\n"
                "    made record;\n"
                "BEGIN\n"
                "    FOR made IN SELECT p.oid::pg_catalog.regprocedure AS function\n"
                "        FROM pg_catalog.pg_proc p\n"
                "        WHERE p.pronamespace = %s::pg_catalog.regnamespace\n"
                "            AND pg_catalog.starts_with(p.proname::pg_catalog.text, %s)\n"
                "            AND p.proname <> %s\n"
                "    LOOP\n"
                "        EXECUTE pg_catalog.format('DROP FUNCTION %%s', made.function);\n"
                "    END LOOP;\n"
                "END\n"
                "%s;\n",
                dollars, schema, quote_text(s->arena, drop_family(s->arena, table)),
                quote_text(s->arena, wanted ? wanted : ""), dollars);
}

static void write_function(struct script *s, const struct drop_plan *plan)
{
    text_printf(s->out,
                "CREATE OR REPLACE FUNCTION %s" DROP_ARGUMENTS " RETURNS text\n"
                "LANGUAGE plpgsql VOLATILE SECURITY DEFINER\n",
                plan->function);
    write_settings(s, plan->settings);
    const char *dollars = quote_dollars(s->arena, "retention_drop", plan->body);
    text_printf(s->out,
                "AS %s%s%s;\n"
                "ALTER FUNCTION %s" DROP_TYPES " OWNER TO %s;\n"
                "REVOKE ALL ON FUNCTION %s" DROP_TYPES " FROM PUBLIC;\n"
                "GRANT EXECUTE ON FUNCTION %s" DROP_TYPES " TO %s;\n",
                dollars, plan->body, dollars, plan->function,
                quote_name(s->arena, plan->table->owner), plan->function, plan->function, s->role);
}

/* Whatever the policy says now: an earlier one may have wanted it. */
static void write_removal(struct script *s, const struct category *category)
{
    const struct catalog_table *table =
        category->mode == MODE_DECLARED ? NULL : resolve_table(s->catalog, category->table);
    if (!table || table->kind != 'p')
        return;
    text_printf(s->out,
                "\n-- What drops empty partitions of %s, where it was made, by its owner %s\n",
                setup_shown_table(s, table), setup_shown_owner(s, table));
    write_gone(s, table, NULL);
}

void setup_write_drops(struct script *s, const struct policy_set *set)
{
    for (size_t i = 0; i < set->category_count; i++) {
        if (s->remove) {
            write_removal(s, &set->categories[i]);
            continue;
        }
        const struct drop_plan *plan = drop_build(s->arena, &set->categories[i], s->catalog);
        if (!plan)
            continue;
        text_printf(s->out,
                    "\n-- drop_empty = true: what drops empty partitions of %s that are wholly "
                    "past, by its owner %s\n",
                    setup_shown_table(s, plan->table), setup_shown_owner(s, plan->table));
        write_gone(s, plan->table, plan->name);
        write_function(s, plan);
    }
}
