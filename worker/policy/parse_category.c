/* Readers of the groups of a category, and of the top of a file. Their tables are in syntax.c and
 * syntax_period.c. */
#include <ctype.h>
#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "policy/definition.h"

static struct diag *error_at(struct reader *r, const config_setting_t *at, const char *message)
{
    return diag_error(r->diags, position_of(r, at), "%s", message);
}

/* A list must hold something; each element must be a group. */
static config_setting_t *group_element(struct reader *r, config_setting_t *list, size_t index,
                                       const struct definition *definition)
{
    config_setting_t *group = element(list, index);
    return type_check(r->diags, r->file, group, definition->name, TYPE_GROUP) ? group : NULL;
}

void read_data(struct reader *r, config_setting_t *setting, const struct field *field, void *out)
{
    (void)field;
    struct category *c = out;
    c->data_at = position_of(r, setting);
    group_read(r, setting, &definition_data, c);
    const config_setting_t *key = member(setting, "key");
    c->key_given = key && (c->key.count || config_setting_length(key) == 0);
    conditions_read(r, setting, true, &c->only);
    if (!c->only.rest && member(setting, "rest_of"))
        error_at(r, member(setting, "rest_of"), "\"rest_of\" goes with only = \"rest\"");
}

static void dependants_read(struct reader *r, config_setting_t *list, struct dependant **items,
                            size_t *count)
{
    for (size_t i = 0; i < element_count(list); i++) {
        config_setting_t *group = group_element(r, list, i, &definition_dependant);
        if (!group)
            continue;
        struct dependant d = {.at = position_of(r, group)};
        group_read(r, group, &definition_dependant, &d);
        config_setting_t *with = member(group, "with");
        if (with && type_of(with) & TYPE_GROUPS)
            dependants_read(r, with, &d.with, &d.with_count);
        config_setting_t *columns = member(group, "columns");
        if (columns && type_of(columns) & TYPE_GROUPS) {
            struct stage read = {0};
            read_transforms(r, columns, NULL, &read);
            d.columns = read.columns;
            d.column_count = read.column_count;
        }
        *items = arena_push(r->arena, *items, count, sizeof(**items));
        (*items)[*count - 1] = d;
    }
}

void read_dependants(struct reader *r, config_setting_t *setting, const struct field *field,
                     void *out)
{
    (void)field;
    struct category *c = out;
    dependants_read(r, setting, &c->with, &c->with_count);
}

static void rule_read(struct reader *r, config_setting_t *group,
                      const struct definition *definition, struct duration_rule *rule)
{
    *rule = (struct duration_rule){.at = position_of(r, group)};
    group_read(r, group, definition, rule);
}

void read_floors(struct reader *r, config_setting_t *setting, const struct field *field, void *out)
{
    (void)field;
    struct category *c = out;
    for (size_t i = 0; i < element_count(setting); i++) {
        config_setting_t *group = group_element(r, setting, i, &definition_floor);
        if (!group)
            continue;
        c->floors = arena_push(r->arena, c->floors, &c->floor_count, sizeof(*c->floors));
        rule_read(r, group, &definition_floor, &c->floors[c->floor_count - 1]);
    }
}

void read_cap(struct reader *r, config_setting_t *setting, const struct field *field, void *out)
{
    (void)field;
    struct category *c = out;
    c->cap = arena_alloc(r->arena, sizeof(*c->cap));
    rule_read(r, setting, &definition_cap, c->cap);
}

void read_keep_while(struct reader *r, config_setting_t *setting, const struct field *field,
                     void *out)
{
    (void)field;
    struct category *c = out;
    for (size_t i = 0; i < element_count(setting); i++) {
        config_setting_t *group = group_element(r, setting, i, &definition_keep_while);
        if (!group)
            continue;
        struct keep_while k = {.at = position_of(r, group), .has_child = member(group, "child")};
        group_read(r, group, &definition_keep_while, &k);
        conditions_read(r, group, false, &k.only);
        if (k.has_child && !member(group, "by"))
            diag_hint(r->diags, error_at(r, group, "\"keep_while\" with a child has no \"by\""),
                      "Name the child's columns that hold the record's key.");
        if (!k.has_child && member(group, "by"))
            error_at(r, member(group, "by"), "\"by\" needs a \"child\"");
        if (!k.has_child && !member(group, "only") && !member(group, "any"))
            diag_hint(r->diags, error_at(r, group, "\"keep_while\" says nothing"),
                      "Name a child, or conditions, or both.");
        c->keep_while =
            arena_push(r->arena, c->keep_while, &c->keep_while_count, sizeof(*c->keep_while));
        c->keep_while[c->keep_while_count - 1] = k;
    }
}

static void refuse_keys(struct reader *r, config_setting_t *group, unsigned int allowed)
{
    for (const struct field *f = definition_stage.fields; f->key; f++) {
        unsigned int belongs = f->flags & (FIELD_DEIDENTIFY | FIELD_AGGREGATE);
        if (belongs && !(belongs & allowed) && member(group, f->key))
            diag_error(r->diags, position_of(r, member(group, f->key)),
                       "\"%s\" belongs to stages that %s", f->key,
                       belongs == FIELD_DEIDENTIFY  ? "de-identify"
                       : belongs == FIELD_AGGREGATE ? "aggregate"
                                                    : "de-identify or aggregate");
    }
}

/* What is deleted when it is counted has no columns to change. */
static void refuse_changes(struct reader *r, config_setting_t *group)
{
    static const char *const keys[] = {"columns", "mark", "claim"};
    for (size_t i = 0; i < ARRAY_LENGTH(keys); i++)
        if (member(group, keys[i]))
            diag_hint(r->diags,
                      diag_error(r->diags, position_of(r, member(group, keys[i])),
                                 "\"%s\" goes with then = \"deidentify\" only", keys[i]),
                      "The stage deletes the records that it counts.");
}

static void check_quasi(struct reader *r, config_setting_t *quasi, const struct category *c,
                        const struct stage *s)
{
    if (!config_setting_length(quasi))
        error_at(r, quasi, "\"quasi\" is empty");
    if (!s->mark)
        diag_hint(r->diags, error_at(r, quasi, "\"quasi\" needs a \"mark\""),
                  "Records that a run de-identifies together are known by it: a timestamptz.");
    if (c->data_at.file && !c->subject_count)
        diag_hint(
            r->diags,
            error_at(r, quasi, "\"quasi\" counts distinct subjects, but the category has none"),
            "Say in \"data\" who the records are about.");
    else if (c->subject_count && c->subjects[0].kind != REF_COLUMN)
        diag_hint(
            r->diags,
            error_at(r, quasi,
                     "\"quasi\" counts distinct subjects, but the category's first subject is no "
                     "column of the table itself"),
            "Subjects of parents and children cannot be counted in this version.");
}

void read_stages(struct reader *r, config_setting_t *setting, const struct field *field, void *out)
{
    (void)field;
    struct category *c = out;
    for (size_t i = 0; i < element_count(setting); i++) {
        config_setting_t *group = group_element(r, setting, i, &definition_stage);
        if (!group)
            continue;
        struct stage s = {.at = position_of(r, group), .k = 11};
        group_read(r, group, &definition_stage, &s);
        conditions_read(r, group, false, &s.only);
        if (!s.name)
            s.name = policy_action_name(s.action);
        static const unsigned int allowed[] = {0, FIELD_DEIDENTIFY, FIELD_AGGREGATE};
        const char *action = member_string(r, group, "do");
        if (action && strcmp(action, policy_action_name(s.action)) == 0)
            refuse_keys(r, group, allowed[s.action]);
        if (s.action == ACTION_DEIDENTIFY && member(group, "k") && !member(group, "quasi"))
            diag_hint(r->diags,
                      error_at(r, member(group, "k"),
                               "\"k\" of a stage that de-identifies needs "
                               "\"quasi\""),
                      "Add quasi = [ \"zip\", \"day\" ]: the columns that so many must share.");
        if (s.action == ACTION_DEIDENTIFY && member(group, "quasi"))
            check_quasi(r, member(group, "quasi"), c, &s);
        if (!policy_stage_removes(&s) && !s.column_count && c->mode != MODE_DECLARED)
            diag_hint(r->diags,
                      diag_error(r->diags, s.at, "a stage that de-identifies has no \"columns\""),
                      "Add columns = ( { name = \"caller_name\"; as = \"nullify\"; } ).");
        if (s.action == ACTION_AGGREGATE && policy_stage_removes(&s))
            refuse_changes(r, group);
        c->stages = arena_push(r->arena, c->stages, &c->stage_count, sizeof(*c->stages));
        c->stages[c->stage_count - 1] = s;
    }
}

static void agreement_table_read(struct reader *r, config_setting_t *group, struct category *c)
{
    struct agreement_table *t = &c->agreement_table;
    *t = (struct agreement_table){.at = position_of(r, group),
                                  .settle = {.text = "14 days", .days = 14}};
    group_read(r, group, &definition_agreement_table, t);
}

void read_agreements(struct reader *r, config_setting_t *setting, const struct field *field,
                     void *out)
{
    (void)field;
    struct category *c = out;
    if (type_of(setting) == TYPE_GROUP) {
        agreement_table_read(r, setting, c);
        return;
    }
    for (size_t i = 0; i < element_count(setting); i++) {
        config_setting_t *group = group_element(r, setting, i, &definition_agreement);
        if (!group)
            continue;
        struct agreement a = {.at = position_of(r, group)};
        group_read(r, group, &definition_agreement, &a);
        const config_setting_t *tenant = member(group, "tenant");
        if (tenant && type_of(tenant) == TYPE_INTEGER)
            a.tenant = arena_printf(r->arena, "%lld", (long long)integer_of(tenant));
        else
            a.tenant = member_string(r, group, "tenant");
        if (a.tenant && !*a.tenant)
            error_at(r, tenant, "\"tenant\" is empty");
        c->agreements =
            arena_push(r->arena, c->agreements, &c->agreement_count, sizeof(*c->agreements));
        c->agreements[c->agreement_count - 1] = a;
    }
}

static bool is_sha256(const char *s)
{
    return strlen(s) == 64 && strspn(s, "0123456789abcdef") == 64;
}

void read_accepted_triggers(struct reader *r, config_setting_t *setting, const struct field *field,
                            void *out)
{
    struct category *c = out;
    for (size_t i = 0; i < element_count(setting); i++) {
        config_setting_t *item = element(setting, i);
        if (!type_check(r->diags, r->file, item,
                        arena_printf(r->arena, "an element of \"%s\"", field->key), TYPE_STRING))
            continue;
        const char *text = config_setting_get_string(item);
        const char *colon = strrchr(text, ':');
        if (!colon || colon == text || !is_sha256(colon + 1)) {
            struct diag *d =
                diag_error(r->diags, position_of(r, item),
                           "accepted trigger \"%s\" is not a name and a SHA-256", text);
            diag_hint(
                r->diags, d,
                "Write \"name:\" and the 64 lower-case hexadecimal digits that the error about "
                "the trigger prints.");
            continue;
        }
        c->accept_triggers = arena_push(r->arena, c->accept_triggers, &c->accept_trigger_count,
                                        sizeof(*c->accept_triggers));
        c->accept_triggers[c->accept_trigger_count - 1] =
            (struct accepted_trigger){.at = position_of(r, item),
                                      .name = arena_strndup(r->arena, text, (size_t)(colon - text)),
                                      .sha256 = arena_strdup(r->arena, colon + 1)};
    }
}

void read_drop_empty(struct reader *r, config_setting_t *setting, const struct field *field,
                     void *out)
{
    struct category *c = out;
    (void)field;
    c->drop_empty = config_setting_get_bool(setting) != 0;
    c->drop_empty_at = position_of(r, setting);
}

void read_window(struct reader *r, config_setting_t *setting, const struct field *field, void *out)
{
    (void)field;
    struct window *window = out;
    const char *text = config_setting_get_string(setting);
    if (!window_parse(text, window)) {
        struct diag *d =
            diag_error(r->diags, position_of(r, setting), "window \"%s\" cannot be read", text);
        diag_hint(r->diags, d,
                  "Write two times of the day: \"01:00-05:00\", or \"22:00-05:00\" over "
                  "midnight.");
        return;
    }
    if (window->from_minute == window->to_minute)
        diag_hint(r->diags,
                  diag_error(r->diags, position_of(r, setting), "window \"%s\" is empty", text),
                  "Leave \"window\" out if the category may be acted on at any time.");
}

void read_pace_preset(struct reader *r, config_setting_t *setting, const struct field *field,
                      void *out)
{
    static const char *const presets[] = {"gentle", "normal", "fast"};
    struct category *c = out;
    const char *text = config_setting_get_string(setting);
    for (size_t i = 0; i < ARRAY_LENGTH(presets); i++)
        if (strcmp(presets[i], text) == 0) {
            c->pace_preset = presets[i];
            return;
        }
    struct diag *d = diag_error(r->diags, position_of(r, setting),
                                "\"%s\" must be \"gentle\", \"normal\" or \"fast\", not \"%s\"",
                                field->key, text);
    diag_hint(r->diags, d, "A number of rows: pace: { rows_per_second = 50000; }.");
}

void read_pace(struct reader *r, config_setting_t *setting, const struct field *field, void *out)
{
    if (type_of(setting) == TYPE_GROUP)
        group_read(r, setting, &definition_pace, out);
    else
        read_pace_preset(r, setting, field, out);
}

void read_brake(struct reader *r, config_setting_t *setting, const struct field *field, void *out)
{
    (void)field;
    struct category *c = out;
    c->brake.at = position_of(r, setting);
    group_read(r, setting, &definition_brake, &c->brake);
}

/* ---- the top of a file ---- */

static bool is_category_name(const char *name)
{
    size_t n = strlen(name);
    return n <= 63 && isalpha((unsigned char)name[0]) && !strchr(name, '*');
}

/* What must stand in a category, and what must not, by its mode. */
static void check_presence(struct reader *r, config_setting_t *group, const struct category *c)
{
    const config_setting_t *stages = member(group, "stages");
    if (c->mode == MODE_DECLARED) {
        for (const struct field *f = definition_category.fields; f->key; f++)
            if (!(f->flags & (FIELD_DECLARED | FIELD_LATER)) && member(group, f->key))
                diag_error(r->diags, position_of(r, member(group, f->key)),
                           "\"%s\" does not go with mode = \"declared\"", f->key);
        if (!member(group, "at"))
            diag_hint(r->diags,
                      diag_error(r->diags, c->at,
                                 "declared category \"%s\" does not say where it is held", c->name),
                      "Add at = \"...\".");
        return;
    }
    if (member(group, "at"))
        diag_hint(r->diags,
                  error_at(r, member(group, "at"), "\"at\" goes with mode = \"declared\" only"),
                  "Remove it, or write mode = \"declared\" for data that is held elsewhere.");
    if (!member(group, "data"))
        diag_hint(r->diags, diag_error(r->diags, c->at, "category \"%s\" has no \"data\"", c->name),
                  "Name its table; or write mode = \"declared\" for data that is held elsewhere.");
    if (!stages || element_count(stages) == 0)
        diag_hint(r->diags, diag_error(r->diags, c->at, "category \"%s\" has no stage", c->name),
                  "Add stages = ( { after = \"13 months\"; do = \"delete\"; } ).");
}

void category_read(struct reader *r, config_setting_t *group, struct category *ret)
{
    *ret = (struct category){
        .at = position_of(r, group),
        .name = arena_strdup(r->arena, config_setting_name(group)),
        .timezone = "UTC",
        .brake = {.rows = 1000000, .fraction = 0.25, .tenant_fraction = 0.5, .min_rows = 1000},
    };
    if (!is_category_name(ret->name))
        diag_hint(
            r->diags,
            diag_error(r->diags, ret->at, "category name \"%s\" is not allowed", ret->name),
            "Names are letters, digits, _ and -, at most 63 of them, and start with a letter.");
    group_read(r, group, &definition_category, ret);
    check_presence(r, group, ret);
}

void ungoverned_read(struct reader *r, config_setting_t *list, struct policy_set *set)
{
    for (size_t i = 0; i < element_count(list); i++) {
        config_setting_t *group = group_element(r, list, i, &definition_ungoverned);
        if (!group)
            continue;
        struct ungoverned u = {.at = position_of(r, group)};
        group_read(r, group, &definition_ungoverned, &u);
        const config_setting_t *table = member(group, "table");
        if (!table || type_of(table) != TYPE_STRING || !table_read(r, table, true, &u.table))
            continue;
        set->ungoverned =
            arena_push(r->arena, set->ungoverned, &set->ungoverned_count, sizeof(*set->ungoverned));
        set->ungoverned[set->ungoverned_count - 1] = u;
    }
}
