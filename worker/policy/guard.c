/* A guard as it should be, beside the triggers that a database has. */
#include "policy/guard.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/encode.h"
#include "base/text.h"

bool guard_is_named(const struct catalog_trigger *trigger)
{
    return strstr(trigger->name, "retention_guard_") &&
           text_starts_with(trigger->function, GUARD_SCHEMA ".");
}

static const struct catalog_trigger *find(const struct catalog_table *table, const char *name)
{
    for (size_t i = 0; i < table->trigger_count; i++)
        if (strcmp(table->triggers[i].name, name) == 0)
            return &table->triggers[i];
    return NULL;
}

/* Settings and source, as the catalog's digest of a function has them. */
static bool is_function(struct arena *arena, const struct guard_function *function,
                        const struct catalog_trigger *trigger)
{
    const char *text = arena_printf(arena, "%s\n%s", function->settings, function->body);
    uint8_t digest[EVP_MAX_MD_SIZE];
    unsigned int size = 0;
    char hex[2 * EVP_MAX_MD_SIZE + 1];
    if (!EVP_Digest(text, strlen(text), digest, &size, EVP_sha256(), NULL))
        abort(); /* without a digest nothing can be recognised */
    hex_encode(hex, digest, size);
    return trigger->definer && strcmp(hex, trigger->function_sha256) == 0;
}

static bool is_as_made(struct arena *arena, const struct guard_plan *guard,
                       const struct guard_trigger *made, const struct catalog_trigger *trigger)
{
    return strcmp(made->definition, trigger->definition) == 0 &&
           is_function(arena, &guard->functions[made->function], trigger);
}

enum guard_state guard_compare(struct arena *arena, const struct guard_plan *guard,
                               const char **ret_problem)
{
    size_t missing = 0, wrong = 0;
    *ret_problem = NULL;
    for (size_t i = 0; i < guard->trigger_count; i++) {
        const struct guard_trigger *made = &guard->triggers[i];
        const struct catalog_trigger *trigger = find(made->table, made->name);
        const char *what = NULL;
        if (!trigger) {
            missing++;
            what = "missing";
        } else if (trigger->enabled == 'D') {
            what = "disabled";
        } else if (trigger->enabled != 'A') {
            what = "not enabled to fire always";
        } else if (!is_as_made(arena, guard, made, trigger)) {
            what = "not as it should be";
        }
        if (!what)
            continue;
        wrong++;
        if (!*ret_problem)
            *ret_problem = arena_printf(arena, "trigger \"%s\" of \"%s.%s\" is %s", made->name,
                                        made->table->schema, made->table->name, what);
    }
    if (wrong > 1)
        *ret_problem = arena_printf(arena, "%s (and %zu more)", *ret_problem, wrong - 1);
    if (!wrong)
        return GUARD_IN_PLACE;
    return missing == guard->trigger_count ? GUARD_MISSING : GUARD_CHANGED;
}
