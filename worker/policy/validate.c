/* Checks a policy set against a database's catalog.
 *
 * What stands in one category is reported at its place in the file, and makes that category
 * invalid; what is wrong with the database or the worker's role has no place in a file, and stops
 * them all. Every check runs even where others failed: people want all of it at once. */
#include "policy/validate.h"

#include <limits.h>
#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "pg/function_list.h"
#include "pg/functions.h"
#include "policy/drop.h"
#include "policy/guard.h"
#include "policy/needs.h"
#include "policy/quote.h"
#include "policy/resolve.h"
#include "policy/sql.h"
#include "policy/validate_internal.h"

enum { LEAST_SERVER = 140000 };

bool check_is_about_table(const struct category *category)
{
    return category->mode != MODE_DECLARED && category->table.schema && category->table.name &&
           category->table.name[0];
}

/* Says which functions differ, and from what. */
static void refuse_functions(struct check *check, const struct functions *functions)
{
    enum { MOST = 5 };
    const struct function_difference *list = functions->differences;
    size_t count = functions->count;
    bool newer = check->catalog->schema_version > check->catalog->schema_newest;
    struct text names _cleanup_text_ = {0}, hint _cleanup_text_ = {0};
    size_t shown = count <= MOST ? count : MOST - 1;
    for (size_t i = 0; i < shown; i++)
        text_printf(&names, "%s\"%s\" (%s)",
                    !i               ? ""
                    : i + 1 == count ? " and "
                                     : ", ",
                    list[i].name, function_difference_word(list[i].kind));
    if (shown < count)
        text_printf(&names, " and %zu more", count - shown);
    text_add(&hint, newer ? "Somebody replaced them, or another program than the one that printed "
                            "the list installed them: find out which.\nThe newer program's own "
                            "come back with its retentionctl migrate"
                          : "Another version of this program installed them, or somebody replaced "
                            "them: find out which.\nThis program's own come back with: "
                            "retentionctl migrate");
    for (size_t i = 0; i < count; i++)
        if (list[i].kind == FUNCTION_UNKNOWN)
            text_printf(&hint, "\nIf it stays then: DROP ROUTINE retention.%s;",
                        quote_name(check->arena, list[i].name));
    const char *plural = count == 1 ? "" : "s", *are = count == 1 ? "is" : "are",
               *them = count == 1 ? "it" : "them";
    struct diag *diag =
        newer ? diag_error(check->diags, (struct position){0},
                           "%zu function%s of schema \"retention\" %s not as \"%s\" lists %s: %s",
                           count, plural, are, check->catalog->accepted->file, them, names.data)
              : diag_error(
                    check->diags, (struct position){0},
                    "%zu function%s of schema \"retention\" %s not as this program brings %s: %s",
                    count, plural, are, them, names.data);
    diag_hint(check->diags, diag, "%s", hint.data);
}

/* Why a list of accepted functions does not help here. */
static const char *list_refused(struct check *check, enum functions_standing standing)
{
    const struct catalog *catalog = check->catalog;
    const struct function_list *list = catalog->accepted;
    switch (standing) {
    case FUNCTIONS_OTHER_SCHEMA:
        return arena_printf(check->arena, "\"%s\" lists the functions of version %d", list->file,
                            list->schema);
    case FUNCTIONS_WORKER_TOO_OLD:
        return arena_printf(check->arena,
                            "\"%s\" says that version %d serves workers of version %d and later",
                            list->file, list->schema, list->oldest_worker);
    case FUNCTIONS_OTHER_ROLES:
        return arena_printf(check->arena, "\"%s\" is for roles that begin with \"%s\", not \"%s\"",
                            list->file, list->prefix, catalog->own_prefix);
    default:
        return NULL;
    }
}

/* Whoever replaces a function of schema retention can make it promise something else. */
static void check_own_functions(struct check *check)
{
    const struct catalog *catalog = check->catalog;
    const struct position nowhere = {0};
    struct functions functions = functions_judge(check->arena, catalog);
    bool newer = catalog->schema_version > catalog->schema_newest;
    if (functions.standing == FUNCTIONS_OWN)
        return;
    if (functions.standing == FUNCTIONS_ACCEPTED) {
        struct diag *diag = diag_warning(check->diags, nowhere, "%s",
                                         functions_accepted_words(check->arena, catalog));
        diag_hint(check->diags, diag,
                  "Upgrade retentiond on this machine soon, and take "
                  "accept_functions out of its main file then.");
        return;
    }
    if (!newer || functions.standing == FUNCTIONS_DIFFER) {
        refuse_functions(check, &functions);
        return;
    }
    const char *refused = list_refused(check, functions.standing);
    struct diag *diag =
        diag_error(check->diags, nowhere,
                   "schema \"retention\" is at version %d, newer than this program's %d%s%s",
                   catalog->schema_version, catalog->schema_newest, refused ? ", and " : "",
                   refused ? refused : "");
    diag_hint(check->diags, diag, "Upgrade retentiond on this machine.%s",
              functions.standing == FUNCTIONS_WORKER_TOO_OLD
                  ? ""
                  : " To have this one go on meanwhile, set accept_functions to a file with what "
                    "the newer program's \"retentionctl migrate --print-functions\" prints, and "
                    "reload.");
}

static void check_schema(struct check *check)
{
    const struct catalog *catalog = check->catalog;
    const struct position nowhere = {0};
    struct diag *diag = NULL;
    if (!catalog->schema_newest)
        return;
    if (catalog->schema_version == 0) {
        diag = diag_error(check->diags, nowhere, "database \"%s\" has no schema \"retention\"",
                          catalog->database);
        diag_hint(check->diags, diag, "Install it: retentionctl migrate");
    } else if (catalog->schema_version < 0) {
        diag = diag_error(check->diags, nowhere,
                          "the version of schema \"retention\" cannot be read by this role");
        diag_hint(check->diags, diag, "GRANT retention_worker TO %s;",
                  quote_name(check->arena, catalog->worker_role));
    } else if (catalog->schema_version < catalog->schema_newest) {
        diag = diag_error(check->diags, nowhere,
                          "schema \"retention\" is at version %d, this program needs %d",
                          catalog->schema_version, catalog->schema_newest);
        diag_hint(check->diags, diag, "Upgrade it: retentionctl migrate");
    } else {
        check_own_functions(check);
    }
}

/* Keys, tenants and subjects travel as parameters of statements. */
static void check_server_log(struct check *check)
{
    const struct catalog *catalog = check->catalog;
    const char *quoted = quote_name(check->arena, catalog->worker_role);
    const struct {
        const char *name, *value;
    } settings[] = {
        {"log_parameter_max_length", catalog->log_parameter_max_length},
        {"log_parameter_max_length_on_error", catalog->log_parameter_max_length_on_error},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(settings); i++) {
        if (strcmp(settings[i].value, "0") == 0)
            continue;
        struct diag *diag = diag_warning(
            check->diags, (struct position){0},
            "the server's log may hold people's data: %s is \"%s\" for role \"%s\", not 0",
            settings[i].name, settings[i].value, catalog->worker_role);
        diag_hint(check->diags, diag,
                  "Where statements are logged, their parameters are too. A superuser keeps them "
                  "out:\nALTER ROLE %s SET %s = 0;",
                  quoted, settings[i].name);
    }
}

static void check_role(struct check *check)
{
    const struct catalog *catalog = check->catalog;
    const struct position nowhere = {0};
    const char *quoted = quote_name(check->arena, catalog->worker_role);
    struct diag *diag;
    if (!catalog->worker_exists) {
        diag =
            diag_error(check->diags, nowhere, "role \"%s\" does not exist", catalog->worker_role);
        diag_hint(check->diags, diag, "CREATE ROLE %s LOGIN; GRANT retention_worker TO %s;", quoted,
                  quoted);
        return;
    }
    if (catalog->worker_is_superuser) {
        diag =
            diag_error(check->diags, nowhere, "role \"%s\" is a superuser", catalog->worker_role);
        diag_hint(check->diags, diag,
                  "No safeguard holds for superusers. Connect the worker as a role of its own:\n"
                  "CREATE ROLE retentiond LOGIN; GRANT retention_worker TO retentiond;");
        return;
    }
    if (catalog->schema_version > 0 && !catalog->worker_can_be_ended) {
        diag = diag_error(check->diags, nowhere,
                          "role \"%s\" cannot lead: the next leader could not end its sessions",
                          catalog->worker_role);
        diag_hint(check->diags, diag, "GRANT %s TO %sowner;", quoted, catalog->own_prefix);
    }
    check_server_log(check);
    if (!catalog->worker_bypasses_rls)
        return;
    for (size_t i = 0; i < catalog->table_count; i++)
        if (catalog->tables[i].row_security)
            return;
    diag = diag_warning(check->diags, nowhere,
                        "role \"%s\" bypasses row-level security, which no table has",
                        catalog->worker_role);
    diag_hint(check->diags, diag, "ALTER ROLE %s NOBYPASSRLS;", quoted);
}

static void check_database(struct check *check)
{
    const struct catalog *catalog = check->catalog;
    const struct position nowhere = {0};
    struct diag *diag;
    if (catalog->server_version < LEAST_SERVER) {
        diag = diag_error(check->diags, nowhere, "the server is PostgreSQL %d.%d, older than 14",
                          catalog->server_version / 10000, catalog->server_version % 10000);
        diag_hint(check->diags, diag, "Upgrade it to 14 or later.");
    }
    if (strcmp(catalog->encoding, "UTF8") != 0) {
        diag =
            diag_error(check->diags, nowhere, "database \"%s\" has encoding \"%s\", not \"UTF8\"",
                       catalog->database, catalog->encoding);
        diag_hint(
            check->diags, diag,
            "Record digests are of UTF-8 text. Move the data to a database made with ENCODING "
            "'UTF8'.");
    }
    if (catalog->in_recovery) {
        diag = diag_warning(check->diags, nowhere,
                            "the server is a standby: the worker waits until it is promoted");
        diag_hint(check->diags, diag,
                  "To follow to the primary: list all hosts in conninfo, with "
                  "target_session_attrs=read-write.");
    }
    check_schema(check);
    check_role(check);
}

/* "SELECT, DELETE" */
static const char *privilege_names(struct check *check, unsigned privileges,
                                   const struct table_need *need, const struct string_list *change)
{
    struct string_list columns = {0};
    if (privileges & NEED_LOCK && need->lock_column) {
        columns.items = arena_push(check->arena, columns.items, &columns.count, sizeof(char *));
        columns.items[0] = need->lock_column;
    }
    for (size_t i = 0; i < change->count; i++) {
        if (columns.count && strcmp(columns.items[0], change->items[i]) == 0)
            continue;
        columns.items = arena_push(check->arena, columns.items, &columns.count, sizeof(char *));
        columns.items[columns.count - 1] = change->items[i];
    }
    struct text text _cleanup_text_ = {0};
    if (privileges & NEED_SELECT)
        text_add(&text, "SELECT");
    if (privileges & NEED_DELETE)
        text_add(&text, text.length ? ", DELETE" : "DELETE");
    if (privileges & NEED_TRUNCATE)
        text_add(&text, text.length ? ", TRUNCATE" : "TRUNCATE");
    if (columns.count)
        text_printf(&text, "%sUPDATE (%s)", text.length ? ", " : "",
                    quote_names(check->arena, &columns));
    return arena_strdup(check->arena, text_string(&text));
}

static void check_table_need(struct check *check, const struct table_need *need)
{
    const struct catalog *catalog = check->catalog;
    const char *role = quote_name(check->arena, catalog->worker_role);
    bool acts = need->privileges & NEED_ACT;
    /* an observing category only looks: what acting lacks is good to know, no more */
    bool observing = check->category->mode == MODE_OBSERVE;
    const struct catalog_table *first = need->table;
    unsigned missing = needs_missing(need->table, need);
    struct string_list change = needs_missing_columns(check->arena, need->table, need);
    size_t bad = 0;
    if (need->table->kind == 'p' && acts) {
        size_t count;
        const struct catalog_table **leaves =
            resolve_leaves(check->arena, catalog, need->table, &count);
        for (size_t i = 0; i < count; i++) {
            unsigned leaf = needs_missing(leaves[i], need);
            if (!leaf)
                continue;
            if (!change.count)
                change = needs_missing_columns(check->arena, leaves[i], need);
            if (!bad++ && !missing)
                first = leaves[i];
            missing |= leaf;
        }
    }
    if (!missing)
        return;
    bool can_do_without = missing == NEED_TRUNCATE || (observing && !(missing & NEED_SELECT));
    enum diag_level level = can_do_without ? DIAG_WARNING : DIAG_ERROR;
    const char *names = privilege_names(check, missing, need, &change);
    struct diag *diag;
    if (bad && first != need->table)
        diag = diag_add(check->diags, level, need->at,
                        "role \"%s\" lacks %s on %zu partitions of \"%s\", \"%s\" the first",
                        catalog->worker_role, names, bad, check_name(check, need->table),
                        check_name(check, first));
    else
        diag = diag_add(check->diags, level, need->at, "role \"%s\" lacks %s on \"%s\"%s",
                        catalog->worker_role, names, check_name(check, need->table),
                        bad ? " and its partitions" : "");
    diag_hint(check->diags, diag, "GRANT %s ON TABLE %s TO %s;%s", names,
              quote_table(check->arena, first), role,
              bad > (first != need->table)
                  ? "\nAnd so on: retentionctl setup --sql prints them all."
                  : "");
}

static bool schema_is_reported(const struct string_list *schemas, const char *schema)
{
    for (size_t i = 0; i < schemas->count; i++)
        if (strcmp(schemas->items[i], schema) == 0)
            return true;
    return false;
}

static void check_needs(struct check *check)
{
    const struct catalog *catalog = check->catalog;
    struct needs needs = {0};
    struct string_list schemas = {0};
    needs_collect(check->arena, check->set, check->category, catalog, &needs);
    for (size_t i = 0; i < needs.table_count && catalog->worker_exists; i++) {
        const struct table_need *need = &needs.tables[i];
        check_table_need(check, need);
        if (need->table->may_use_schema || schema_is_reported(&schemas, need->table->schema))
            continue;
        schemas.items =
            arena_push(check->arena, schemas.items, &schemas.count, sizeof(*schemas.items));
        schemas.items[schemas.count - 1] = need->table->schema;
        struct diag *diag =
            diag_error(check->diags, need->at, "role \"%s\" lacks USAGE on schema \"%s\"",
                       catalog->worker_role, need->table->schema);
        diag_hint(check->diags, diag, "GRANT USAGE ON SCHEMA %s TO %s;",
                  quote_name(check->arena, need->table->schema),
                  quote_name(check->arena, catalog->worker_role));
    }
    for (size_t i = 0; i < needs.index_count; i++) {
        const struct index_need *need = &needs.indexes[i];
        if (needs_index_exists(check->arena, catalog, need))
            continue;
        struct diag *diag = diag_warning(check->diags, need->at, "no index of \"%s\" is under %s",
                                         check_name(check, need->table), need->why);
        const char *columns = quote_names(check->arena, &need->columns);
        if (need->table->kind == 'p')
            diag_hint(check->diags, diag,
                      "CREATE INDEX ON %s (%s);\nretentionctl setup --sql prints how to make it "
                      "without blocking writes.",
                      quote_table(check->arena, need->table), columns);
        else
            diag_hint(check->diags, diag, "CREATE INDEX CONCURRENTLY ON %s (%s);",
                      quote_table(check->arena, need->table), columns);
    }
}

static bool ends_with(const char *s, const char *end)
{
    size_t n = strlen(s), m = strlen(end);
    return n >= m && strcmp(s + n - m, end) == 0;
}

/* Text columns whose names say that they point at something outside the database. */
static void check_file_columns(struct check *check)
{
    static const char *const ends[] = {"_path", "_url",      "_uri",      "_file",
                                       "_key",  "_filename", "_location", "_object"};
    static const char *const whole[] = {"path", "url", "uri", "filename", "object_key"};
    for (size_t i = 0; i < check->table->column_count; i++) {
        const struct catalog_column *column = &check->table->columns[i];
        if (strcmp(column->base_type, "text") != 0 &&
            strcmp(column->base_type, "character varying") != 0)
            continue;
        bool looks = false;
        for (size_t k = 0; k < ARRAY_LENGTH(ends); k++)
            looks |= ends_with(column->name, ends[k]);
        for (size_t k = 0; k < ARRAY_LENGTH(whole); k++)
            looks |= strcmp(column->name, whole[k]) == 0;
        bool joins = false; /* part of a key: a name for a row, not for a file */
        for (size_t k = 0; k < check->table->constraint_count; k++) {
            const struct catalog_constraint *constraint = &check->table->constraints[k];
            for (size_t n = 0; n < constraint->column_count && constraint->type != 'c'; n++)
                joins |= strcmp(constraint->columns[n], column->name) == 0;
        }
        if (!looks || joins)
            continue;
        struct diag *diag = diag_warning(check->diags, check->category->data_at,
                                         "column \"%s\" of \"%s\" looks like the place of a file",
                                         column->name, check_name(check, check->table));
        diag_hint(check->diags, diag,
                  "Deleting the row leaves the file where it is. See to it by other means.");
    }
}

static void check_timezone(struct check *check)
{
    const struct category *category = check->category;
    if (catalog_has_timezone(check->catalog, category->timezone))
        return;
    struct diag *diag =
        diag_error(check->diags, category->at, "time zone \"%s\" is not known to the server",
                   category->timezone);
    const char *nearest =
        text_nearest(category->timezone, check->catalog->timezones, check->catalog->timezone_count);
    if (nearest)
        diag_hint(check->diags, diag, "Did you mean \"%s\"?", nearest);
    else
        diag_hint(check->diags, diag, "Use a name such as \"America/New_York\", or \"UTC\".");
}

static void check_drop_empty(struct check *check)
{
    const struct category *category = check->category;
    if (!category->drop_empty)
        return;
    if (check->table->kind != 'p')
        diag_hint(check->diags,
                  diag_error(check->diags, category->drop_empty_at,
                             "\"drop_empty\" is given, and \"%s\" has no partitions",
                             check_name(check, check->table)),
                  "It goes with a partitioned table only.");
    else if (!drop_goes_by(check->table, category))
        diag_hint(check->diags,
                  diag_error(check->diags, category->drop_empty_at,
                             "\"drop_empty\" needs a starting point of type timestamptz, timestamp "
                             "or date"),
                  "By the bounds of such a column alone is it known that a partition is past.");
}

static void check_category(struct check *check)
{
    const struct category *category = check->category;
    check->accepted =
        arena_alloc(check->arena, (category->accept_trigger_count + 1) * sizeof(bool));
    check_timezone(check);
    check->table = check_table(check, category->data_at, category->table);
    if (!check->table)
        return;
    check_act(check, category->data_at, check->table);
    check_key(check, category->data_at, check->table, category->key_given, &category->key);
    check_references(check);
    check_drop_empty(check);
    check_foreign_keys(check);
    check_hanging(check);
    check_aggregates(check);
    check_transforms(check);
    check_needs(check);
    check_file_columns(check);
    check_overlap(check);
    check_accepted(check);
}

/* The category whose rows this one must know to act, and which is invalid; NULL: none. */
static const struct category *invalid_base(struct check *check, const struct category *category,
                                           const char **ret_why)
{
    const struct policy_set *set = check->set;
    for (size_t i = 0; i < category->wait_for.count; i++) {
        const struct category *other = policy_find(set, category->wait_for.items[i]);
        *ret_why = "it waits for";
        if (other && other != category && !policy_category_is_valid(other, set, check->diags))
            return other;
    }
    for (size_t i = 0; category->only.rest && i < set->category_count; i++) {
        const struct category *other = &set->categories[i];
        *ret_why = "it takes the rest that is left by";
        if (other != category && check_is_about_table(other) &&
            table_name_equal(other->table, category->table) &&
            !policy_category_is_valid(other, set, check->diags))
            return other;
    }
    return NULL;
}

/* Each round makes at least one more category invalid, or is the last. */
static void check_bases(struct check *check)
{
    const struct policy_set *set = check->set;
    for (bool found = true; found;) {
        found = false;
        for (size_t i = 0; i < set->category_count; i++) {
            const struct category *category = &set->categories[i];
            const char *why;
            const struct category *base;
            if (!check_is_about_table(category) ||
                (!category->wait_for.count && !category->only.rest) ||
                !policy_category_is_valid(category, set, check->diags) ||
                !(base = invalid_base(check, category, &why)))
                continue;
            struct diag *diag =
                diag_error(check->diags, category->data_at, "\"%s\" cannot act: %s \"%s\"",
                           category->name, why, base->name);
            diag_hint(check->diags, diag, "Correct \"%s\" first.", base->name);
            found = true;
        }
    }
}

/* What records of other categories read may be changed only where a new one waits for the batch. */
static void check_readers(struct check *check)
{
    const struct policy_set *set = check->set;
    const struct category *category = check->category;
    if (category->mode == MODE_DECLARED || !policy_category_is_valid(category, set, check->diags))
        return;
    for (size_t s = 0; s < category->stage_count; s++) {
        const struct stage *stage = &category->stages[s];
        for (size_t i = 0; stage->action == ACTION_DEIDENTIFY && i < set->category_count; i++) {
            const struct category *other = &set->categories[i];
            if (other == category || !check_is_about_table(other) ||
                !policy_category_is_valid(other, set, check->diags) ||
                !sql_changes_untied(check->arena, set, category, s, other, check->catalog))
                continue;
            struct diag *diag = diag_add(
                check->diags, category->mode == MODE_ENFORCE ? DIAG_ERROR : DIAG_WARNING, stage->at,
                "stage \"%s\" changes columns of \"%s\" by which holds find records of \"%s\", and "
                "no foreign key ties these to it",
                stage->name, check_name(check, resolve_table(check->catalog, category->table)),
                other->name);
            diag_hint(
                check->diags, diag,
                "A record that appears while a row is changed could lose its hold unseen. Add "
                "the foreign key (validated, not deferrable where the changed row is the one "
                "that refers), or let \"%s\" not read these columns.",
                other->name);
        }
    }
}

/* A row trigger BEFORE that fires after one of the guard's could change the row that was asked
 * about. They fire in the order of their names. */
static void check_last_word(struct check *check, const struct guard_trigger *guards)
{
    const struct catalog_table *table = guards->table;
    bool update = strstr(guards->definition, " BEFORE UPDATE ON ");
    bool insert = strstr(guards->definition, " BEFORE INSERT ON ");
    for (size_t i = 0; i < table->trigger_count; i++) {
        const struct catalog_trigger *t = &table->triggers[i];
        if (!t->before || !t->row || t->enabled == 'D' || guard_is_named(t) || t->inherited ||
            !((t->on_update && update) || (t->on_insert && insert)) ||
            strcmp(t->name, guards->name) < 0)
            continue;
        struct diag *diag = diag_error(
            check->diags, check->category->data_at,
            "trigger \"%s\" of \"%s.%s\" fires after the guard's \"%s\", and could change the "
            "row that it let through",
            t->name, table->schema, table->name, guards->name);
        diag_hint(check->diags, diag,
                  "Triggers fire in the order of their names: ALTER TRIGGER ... RENAME TO one that "
                  "sorts before \"zzz_retention_guard_\".");
    }
}

/* The guard reads tables as the reader, and lets no row be hidden from it: it fails, and with it
 * what the application does. Observing, too. */
static void check_hidden(struct check *check, const struct guard_plan *guard)
{
    const struct catalog_table *first = NULL;
    size_t count = 0;
    for (size_t i = 0; i < guard->table_count; i++)
        if (guard->tables[i]->hides_rows) {
            first = first ? first : guard->tables[i];
            count++;
        }
    if (!first)
        return;
    const char *reader = arena_printf(check->arena, "%sreader", check->catalog->own_prefix);
    const char *more = count > 1 ? arena_printf(check->arena, " (and %zu more)", count - 1) : "";
    struct diag *diag = diag_warning(
        check->diags, check->category->data_at,
        "\"%s.%s\"%s has row-level security, which would hide rows from \"%s\": while a hold is in "
        "force, the guard of \"%s\" fails, and the application's DELETE and UPDATE with it",
        first->schema, first->name, more, reader, check->category->name);
    diag_hint(check->diags, diag,
              "A superuser must allow it to see them, before a hold is placed:\n"
              "ALTER ROLE %s BYPASSRLS;",
              quote_name(check->arena, reader));
}

/* A guard that is not as it should be keeps nothing from running: batches ask for holds themselves.
 */
static void check_guard(struct check *check)
{
    const struct category *category = check->category;
    const char *problem;
    if (category->guard == GUARD_OFF || category->mode == MODE_DECLARED ||
        !policy_category_is_valid(category, check->set, check->diags))
        return;
    const struct guard_plan *guard =
        guard_build(check->arena, check->set, category, check->catalog);
    for (size_t i = 0; i < guard->trigger_count; i++)
        check_last_word(check, &guard->triggers[i]);
    check_hidden(check, guard);
    if (guard_compare(check->arena, guard, &problem) == GUARD_IN_PLACE)
        return;
    struct diag *diag =
        diag_warning(check->diags, category->data_at, "the guard of \"%s\" is not in place: %s",
                     category->name, problem);
    diag_hint(check->diags, diag, "Run what \"retentionctl setup --sql\" prints.");
}

void policy_validate(const struct policy_set *set, const struct catalog *catalog,
                     struct diags *diags)
{
    struct arena *arena _cleanup_arena_ = arena_new();
    struct check check = {.set = set, .catalog = catalog, .diags = diags, .arena = arena};
    check_database(&check);
    for (size_t i = 0; i < set->category_count; i++) {
        check.category = &set->categories[i];
        if (check_is_about_table(check.category))
            check_category(&check);
    }
    check.category = NULL;
    check_bases(&check);
    check_coverage(&check);
    for (size_t i = 0; i < set->category_count; i++) {
        check.category = &set->categories[i];
        check_readers(&check);
        check_guard(&check);
    }
    for (size_t i = 0; i < set->category_count; i++)
        set->categories[i].invalid = !policy_category_is_valid(&set->categories[i], set, diags);
}

/* The lines of a file that belong to one category or ungoverned entry: up to where the next one of
 * the file begins. `first`: where the first one does. */
struct extent {
    const char *file;
    int from, to, first;
};

static void narrow(struct extent *extent, struct position other)
{
    if (!text_equal(other.file, extent->file))
        return;
    if (other.line > extent->from && other.line < extent->to)
        extent->to = other.line;
    if (other.line < extent->first)
        extent->first = other.line;
}

static struct extent extent_of(const struct policy_set *set, struct position at)
{
    struct extent extent = {at.file, at.line, INT_MAX, at.line};
    for (size_t i = 0; i < set->category_count; i++)
        narrow(&extent, set->categories[i].at);
    for (size_t i = 0; i < set->ungoverned_count; i++)
        narrow(&extent, set->ungoverned[i].at);
    return extent;
}

static bool is_within(const struct extent *extent, struct position at)
{
    return text_equal(at.file, extent->file) && at.line >= extent->from && at.line < extent->to;
}

static bool acts_on(const struct dependant *with, size_t count, struct table_name name)
{
    for (size_t i = 0; i < count; i++)
        if (text_equal(with[i].table.schema, name.schema) &&
            (text_equal(with[i].table.name, name.name) || text_equal(name.name, "*")))
            return true;
        else if (acts_on(with[i].with, with[i].with_count, name))
            return true;
    return false;
}

static bool has_error(const struct diags *diags, const struct extent *extent)
{
    for (size_t i = 0; i < diags->count; i++)
        if (diags->items[i].level == DIAG_ERROR && is_within(extent, diags->items[i].at))
            return true;
    return false;
}

bool policy_category_is_valid(const struct category *category, const struct policy_set *set,
                              const struct diags *diags)
{
    struct extent own = extent_of(set, category->at);
    if (has_error(diags, &own))
        return false;
    for (size_t i = 0; i < diags->count; i++) {
        const struct diag *diag = &diags->items[i];
        if (diag->level != DIAG_ERROR)
            continue;
        bool everywhere = !diag->at.file;
        bool of_file = text_equal(diag->at.file, own.file) && diag->at.line < own.first;
        if (everywhere || of_file)
            return false;
    }
    /* ungoverned there, governed here: what is meant is not clear, so nothing is done */
    const struct dependant tables = {
        .table = category->table, .with = category->with, .with_count = category->with_count};
    for (size_t i = 0; i < set->ungoverned_count; i++) {
        if (!acts_on(&tables, 1, set->ungoverned[i].table))
            continue;
        struct extent other = extent_of(set, set->ungoverned[i].at);
        if (has_error(diags, &other))
            return false;
    }
    return true;
}
