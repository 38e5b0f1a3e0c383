/* The tables of a category and of the groups in it. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "policy/definition.h"

#define AT(member_) offsetof(struct category, member_)

static const struct choice role_choices[] = {
    {"controller", ROLE_CONTROLLER, false}, {"processor", ROLE_PROCESSOR, false}, {0}};
static const struct choice mode_choices[] = {{"observe", MODE_OBSERVE, false},
                                             {"enforce", MODE_ENFORCE, false},
                                             {"declared", MODE_DECLARED, false},
                                             {0}};
static const struct choice evidence_choices[] = {
    {"records", EVIDENCE_RECORDS, false}, {"counts", EVIDENCE_COUNTS, false}, {0}};
static const struct choice guard_choices[] = {{"off", GUARD_OFF, false},
                                              {"observe", GUARD_OBSERVE, true},
                                              {"refuse", GUARD_REFUSE, true},
                                              {0}};
static const struct choice action_choices[] = {{"delete", ACTION_DELETE, false},
                                               {"deidentify", ACTION_DEIDENTIFY, false},
                                               {"aggregate", ACTION_AGGREGATE, false},
                                               {0}};
static const struct choice period_unit_choices[] = {
    {"days", UNIT_DAYS, false}, {"months", UNIT_MONTHS, false}, {0}};

static const struct field category_fields[] = {
    {.key = "title",
     .types = TYPE_STRING,
     .flags = FIELD_DECLARED,
     .read = read_string,
     .offset = AT(title),
     .value = "text",
     .help = "What people call the category."},
    {.key = "role",
     .types = TYPE_STRING,
     .flags = FIELD_DECLARED,
     .read = read_choice,
     .offset = AT(role),
     .choices = role_choices,
     .value = "controller | processor",
     .help = "Whose data it is: our own (controller, the default) or a customer's."},
    {.key = "basis",
     .types = TYPE_STRING,
     .flags = FIELD_DECLARED,
     .read = read_string,
     .offset = AT(basis),
     .value = "text",
     .help = "Where the period was promised or demanded."},
    {.key = "notice",
     .types = TYPE_STRING,
     .flags = FIELD_DECLARED,
     .read = read_string,
     .offset = AT(notice),
     .value = "text",
     .help = "The version of the privacy notice."},
    {.key = "sensitivity",
     .types = TYPE_STRING,
     .flags = FIELD_DECLARED,
     .read = read_string,
     .offset = AT(sensitivity),
     .value = "text",
     .help = "How sensitive the data is."},
    {.key = "mode",
     .types = TYPE_STRING,
     .flags = FIELD_DECLARED,
     .read = read_choice,
     .offset = AT(mode),
     .choices = mode_choices,
     .value = "observe | enforce | declared",
     .help = "\"observe\" (the default) plans and reports and changes nothing; \"enforce\" acts; "
             "\"declared\" is for data that is held outside this database."},
    {.key = "at",
     .types = TYPE_STRING,
     .flags = FIELD_DECLARED,
     .read = read_string,
     .offset = AT(held_at),
     .value = "text",
     .help = "Where declared data is held. Required with mode = \"declared\", and only there."},
    {.key = "timezone",
     .types = TYPE_STRING,
     .flags = FIELD_DECLARED,
     .read = read_string,
     .offset = AT(timezone),
     .value = "name",
     .help = "Time zone in which days, months and times without a zone are read. Default \"UTC\"."},
    {.key = "data",
     .types = TYPE_GROUP,
     .read = read_data,
     .value = "{ ... }",
     .help = "Which rows these are. Required, but for declared data."},
    {.key = "keep_at_least",
     .types = TYPE_GROUPS,
     .flags = FIELD_DECLARED,
     .read = read_floors,
     .value = "( { for; because; }, ... )",
     .help = "Floors: minimum periods that law or contract demand."},
    {.key = "keep_at_most",
     .types = TYPE_GROUP,
     .flags = FIELD_DECLARED,
     .read = read_cap,
     .value = "{ for; because; }",
     .help = "The cap: the maximum period that law allows."},
    {.key = "keep_while",
     .types = TYPE_GROUPS,
     .read = read_keep_while,
     .value = "( { child; by; only; because; }, ... )",
     .help = "Rows are kept while they, or a row of a child, fulfil conditions."},
    {.key = "stages",
     .types = TYPE_GROUPS,
     .flags = FIELD_DECLARED,
     .read = read_stages,
     .value = "( { after; do; }, ... )",
     .help = "What is done after which period, in order. Required, but for declared data."},
    {.key = "agreements",
     .types = TYPE_GROUPS,
     .read = read_agreements,
     .value = "( { tenant; after; because; }, ... ) | { table; ... }",
     .help = "Other periods for single tenants: a list, or a table that holds them."},
    {.key = "evidence",
     .types = TYPE_STRING,
     .read = read_choice,
     .offset = AT(evidence),
     .choices = evidence_choices,
     .value = "records | counts",
     .help = "What the log says of deleted records: a keyed digest of each (the default), or how "
             "many they were."},
    {.key = "guard",
     .types = TYPE_STRING,
     .read = read_choice,
     .offset = AT(guard),
     .choices = guard_choices,
     .value = "off | observe | refuse",
     .help = "Whether triggers keep every role from altering held records. \"off\" by default; the "
             "others are not available in this version."},
    {.key = "accept_triggers",
     .types = TYPE_TEXTS,
     .read = read_accepted_triggers,
     .value = "[ \"name:sha256\", ... ]",
     .help = "Triggers that may run with the worker's rights, by name and SHA-256 of their "
             "definition, as the error about them prints it."},
    {.key = "on_request",
     .types = TYPE_STRING,
     .flags = FIELD_LATER,
     .value = "delete | deidentify | keep",
     .help = "What an erasure request does."},
    {.key = "window",
     .types = TYPE_STRING,
     .read = read_window,
     .offset = AT(window),
     .value = "hh:mm-hh:mm",
     .help =
         "Time of the day, in the category's time zone, in which it is acted on; \"22:00-05:00\" "
         "goes over midnight. Default: always."},
    {.key = "pace",
     .types = TYPE_STRING | TYPE_GROUP,
     .read = read_pace,
     .value = "{ ... }",
     .help = "How fast rows are acted on."},
    {.key = "brake",
     .types = TYPE_GROUP,
     .read = read_brake,
     .value = "{ ... }",
     .help = "How many rows are a surprise that stops the run."},
    {0}};
const struct definition definition_category = {
    .name = "a category",
    .title = "Categories",
    .help = "Each group at the top of a file is a category; its name is the group's.",
    .fields = category_fields,
};

static const struct field data_fields[] = {
    {.key = "table",
     .types = TYPE_STRING,
     .flags = FIELD_REQUIRED,
     .read = read_table,
     .offset = AT(table),
     .value = "schema.table",
     .help = "A plain or a partitioned table. Parts that need it are in double quotes: "
             "\"ctm.\\\"Weird Table\\\"\"."},
    {.key = "key",
     .types = TYPE_TEXTS,
     .read = read_names,
     .offset = AT(key),
     .value = "[ column, ... ]",
     .help = "The columns that identify a record. Default: the primary key. Empty, with "
             "evidence = \"counts\", for a table without a key."},
    {.key = "start",
     .types = TYPE_STRING | TYPE_GROUP,
     .read = read_start,
     .offset = AT(start),
     .value = "reference",
     .help = "The starting point. Required, unless every stage has one of its own."},
    {.key = "subject",
     .types = TYPE_STRING | TYPE_GROUPS,
     .read = read_subjects,
     .value = "reference | ( reference, ... )",
     .help = "The persons a record is about."},
    {.key = "tenant",
     .types = TYPE_STRING | TYPE_GROUP,
     .read = read_tenant,
     .value = "reference",
     .help = "The customer a record belongs to."},
    {.key = "only",
     .types = TYPE_STRING | TYPE_GROUPS,
     .value = "( condition, ... ) | \"rest\"",
     .help = "Which rows of the table are of this category: those that fulfil all conditions; or "
             "the rest, which no other category takes. Default: all."},
    {.key = "any",
     .types = TYPE_GROUPS,
     .value = "( condition, ... )",
     .help = "In addition, at least one of these must be fulfilled."},
    {.key = "with",
     .types = TYPE_GROUPS,
     .read = read_dependants,
     .value = "( { table; by; }, ... )",
     .help = "Dependants: rows of other tables that are acted on before their parent."},
    {.key = "wait_for",
     .types = TYPE_TEXTS,
     .read = read_names,
     .offset = AT(wait_for),
     .value = "[ category, ... ]",
     .help = "A record waits while rows of these categories still point to it."},
    {.key = "files",
     .types = TYPE_GROUPS,
     .flags = FIELD_LATER,
     .value = "( { column; store; }, ... )",
     .help = "Files that go with the record."},
    {0}};
const struct definition definition_data = {
    .name = "\"data\"",
    .title = "Data",
    .help = "The group \"data\" of a category says which rows it governs.",
    .fields = data_fields,
};

static const struct field dependant_fields[] = {
    {.key = "table",
     .types = TYPE_STRING,
     .flags = FIELD_REQUIRED,
     .read = read_table,
     .offset = offsetof(struct dependant, table),
     .value = "schema.table",
     .help = "The table."},
    {.key = "by",
     .types = TYPE_TEXTS,
     .flags = FIELD_REQUIRED,
     .read = read_names,
     .offset = offsetof(struct dependant, by),
     .value = "[ column, ... ]",
     .help = "Its columns that hold the parent's key."},
    {.key = "key",
     .types = TYPE_TEXTS,
     .read = read_names,
     .offset = offsetof(struct dependant, key),
     .value = "[ column, ... ]",
     .help = "The columns that identify its rows. Default: its primary key."},
    {.key = "with",
     .types = TYPE_GROUPS,
     .read = NULL,
     .value = "( { table; by; }, ... )",
     .help = "Dependants of its own."},
    {0}};
const struct definition definition_dependant = {
    .name = "a dependant",
    .title = "Dependants",
    .help = "The groups of the list \"with\".",
    .fields = dependant_fields,
};

#define RULE(member_) offsetof(struct duration_rule, member_)
#define FIELDS_OF_RULE(what_)                                                                      \
    {.key = "for",                                                                                 \
     .types = TYPE_STRING,                                                                         \
     .flags = FIELD_REQUIRED,                                                                      \
     .read = read_period,                                                                          \
     .offset = RULE(period),                                                                       \
     .value = "period",                                                                            \
     .help = what_},                                                                               \
        {.key = "because",                                                                         \
         .types = TYPE_STRING,                                                                     \
         .flags = FIELD_REQUIRED,                                                                  \
         .read = read_string,                                                                      \
         .offset = RULE(because),                                                                  \
         .value = "text",                                                                          \
         .help = "The law or contract that demands it."},                                          \
    {                                                                                              \
        .key = "start", .types = TYPE_STRING | TYPE_GROUP, .read = read_start,                     \
        .offset = RULE(start), .value = "reference",                                               \
        .help = "A starting point of its own. Default: the category's."                            \
    }

static const struct field floor_fields[] = {FIELDS_OF_RULE("The minimum period."), {0}};
const struct definition definition_floor = {
    .name = "\"keep_at_least\"",
    .title = "Floors",
    .help =
        "The groups of the list \"keep_at_least\". A record is kept until each of them is over.",
    .fields = floor_fields,
};

static const struct field cap_fields[] = {FIELDS_OF_RULE("The maximum period."), {0}};
const struct definition definition_cap = {
    .name = "\"keep_at_most\"",
    .title = "Cap",
    .help = "The group \"keep_at_most\". It overrides agreements and later stages; floors, "
            "\"keep_while\" and holds override it.",
    .fields = cap_fields,
};

static const struct field keep_while_fields[] = {
    {.key = "child",
     .types = TYPE_STRING,
     .read = read_table,
     .offset = offsetof(struct keep_while, child),
     .value = "schema.table",
     .help = "The child whose rows keep the record. Without it the conditions are on the record "
             "itself."},
    {.key = "by",
     .types = TYPE_TEXTS,
     .read = read_names,
     .offset = offsetof(struct keep_while, by),
     .value = "[ column, ... ]",
     .help = "The child's columns that hold the record's key."},
    {.key = "only",
     .types = TYPE_STRING | TYPE_GROUPS,
     .value = "( condition, ... )",
     .help = "All of these must be fulfilled."},
    {.key = "any",
     .types = TYPE_GROUPS,
     .value = "( condition, ... )",
     .help = "At least one of these must be fulfilled."},
    {.key = "because",
     .types = TYPE_STRING,
     .flags = FIELD_REQUIRED,
     .read = read_string,
     .offset = offsetof(struct keep_while, because),
     .value = "text",
     .help = "Why."},
    {0}};
const struct definition definition_keep_while = {
    .name = "\"keep_while\"",
    .title = "Keeping while something lasts",
    .help = "The groups of the list \"keep_while\".",
    .fields = keep_while_fields,
};

#define STAGE(member_) offsetof(struct stage, member_)
#define LATER_FIELD(key_, types_, flags_)                                                          \
    {                                                                                              \
        .key = key_, .types = types_, .flags = flags_                                              \
    }

static const struct field stage_fields[] = {
    {.key = "name",
     .types = TYPE_STRING,
     .read = read_name,
     .offset = STAGE(name),
     .value = "text",
     .help = "What agreements and messages call it. Default: the action."},
    {.key = "after",
     .types = TYPE_STRING,
     .flags = FIELD_REQUIRED,
     .read = read_period,
     .offset = STAGE(after),
     .value = "period",
     .help = "The period, from the starting point."},
    {.key = "do",
     .types = TYPE_STRING,
     .flags = FIELD_REQUIRED,
     .read = read_choice,
     .offset = STAGE(action),
     .choices = action_choices,
     .value = "delete",
     .help = "The action. \"deidentify\" and \"aggregate\" are not available in this version."},
    {.key = "start",
     .types = TYPE_STRING | TYPE_GROUP,
     .read = read_start,
     .offset = STAGE(start),
     .value = "reference",
     .help = "A starting point of its own. Default: the category's."},
    {.key = "only",
     .types = TYPE_STRING | TYPE_GROUPS,
     .value = "( condition, ... )",
     .help = "The stage is for rows that fulfil all of these."},
    {.key = "any",
     .types = TYPE_GROUPS,
     .value = "( condition, ... )",
     .help = "The stage is for rows that fulfil at least one of these."},
    LATER_FIELD("mark", TYPE_STRING, FIELD_DEIDENTIFY),
    LATER_FIELD("columns", TYPE_ANY, FIELD_DEIDENTIFY),
    LATER_FIELD("quasi", TYPE_TEXTS, FIELD_DEIDENTIFY),
    LATER_FIELD("claim", TYPE_STRING, FIELD_DEIDENTIFY),
    LATER_FIELD("k", TYPE_INTEGER, FIELD_DEIDENTIFY | FIELD_AGGREGATE),
    LATER_FIELD("into", TYPE_STRING, FIELD_AGGREGATE),
    LATER_FIELD("by", TYPE_ANY, FIELD_AGGREGATE),
    LATER_FIELD("measures", TYPE_ANY, FIELD_AGGREGATE),
    LATER_FIELD("fold", TYPE_TEXTS, FIELD_AGGREGATE),
    LATER_FIELD("then", TYPE_STRING, FIELD_AGGREGATE),
    {0}};
const struct definition definition_stage = {
    .name = "a stage",
    .title = "Stages",
    .help = "The groups of the list \"stages\", in the order of their periods.",
    .fields = stage_fields,
};

#define AGREEMENT(member_) offsetof(struct agreement, member_)
static const struct field agreement_fields[] = {
    {.key = "tenant",
     .types = TYPE_STRING | TYPE_INTEGER,
     .flags = FIELD_REQUIRED,
     .value = "value",
     .help = "The tenant."},
    {.key = "stage",
     .types = TYPE_STRING,
     .read = read_name,
     .offset = AGREEMENT(stage),
     .value = "name",
     .help = "The stage whose period it replaces. Required where there are several."},
    {.key = "after",
     .types = TYPE_STRING,
     .flags = FIELD_REQUIRED,
     .read = read_period,
     .offset = AGREEMENT(after),
     .value = "period",
     .help = "The period for this tenant."},
    {.key = "because",
     .types = TYPE_STRING,
     .flags = FIELD_REQUIRED,
     .read = read_string,
     .offset = AGREEMENT(because),
     .value = "text",
     .help = "The contract that says so."},
    {0}};
const struct definition definition_agreement = {
    .name = "an agreement",
    .title = "Agreements",
    .help = "The groups of the list \"agreements\": other periods for single tenants.",
    .fields = agreement_fields,
};

#define AGREED(member_) offsetof(struct agreement_table, member_)
static const struct field agreement_table_fields[] = {
    {.key = "table",
     .types = TYPE_STRING,
     .flags = FIELD_REQUIRED,
     .read = read_table,
     .offset = AGREED(table),
     .value = "schema.table",
     .help = "The table that holds them."},
    {.key = "tenant",
     .types = TYPE_STRING,
     .flags = FIELD_REQUIRED,
     .read = read_name,
     .offset = AGREED(tenant),
     .value = "column",
     .help = "Its column with the tenant."},
    {.key = "period",
     .types = TYPE_STRING,
     .flags = FIELD_REQUIRED,
     .read = read_name,
     .offset = AGREED(period),
     .value = "column",
     .help = "Its column with the period: an interval, or an integer with a unit. NULL: no "
             "agreement."},
    {.key = "unit",
     .types = TYPE_STRING,
     .read = read_choice,
     .offset = AGREED(unit),
     .choices = period_unit_choices,
     .value = "days | months",
     .help = "What an integer column counts."},
    {.key = "stage",
     .types = TYPE_STRING,
     .read = read_name,
     .offset = AGREED(stage),
     .value = "name",
     .help = "The stage whose period it replaces. Required where there are several."},
    {.key = "min",
     .types = TYPE_STRING,
     .flags = FIELD_REQUIRED,
     .read = read_period,
     .offset = AGREED(min),
     .value = "period",
     .help = "Shorter values count as this."},
    {.key = "max",
     .types = TYPE_STRING,
     .flags = FIELD_REQUIRED,
     .read = read_period,
     .offset = AGREED(max),
     .value = "period",
     .help = "Longer values count as this."},
    {.key = "settle",
     .types = TYPE_STRING,
     .read = read_period,
     .offset = AGREED(settle),
     .value = "period",
     .help = "A shorter value counts only after it has stood for this long. Default \"14 days\"."},
    {0}};
const struct definition definition_agreement_table = {
    .name = "a table of agreements",
    .title = "Tables of agreements",
    .help = "The group \"agreements\": periods that customers set themselves.",
    .fields = agreement_table_fields,
};

static const struct field pace_fields[] = {
    {.key = "rows_per_second",
     .types = TYPE_INTEGER,
     .flags = FIELD_REQUIRED,
     .read = read_integer,
     .offset = AT(pace_rows_per_second),
     .least = 1,
     .most = 1e9,
     .value = "number",
     .help = "At most so many rows in a second, on average. Default: the setting of "
             "retentiond.cfg."},
    {0}};
const struct definition definition_pace = {
    .name = "\"pace\"",
    .title = "Pace",
    .help = "The group \"pace\".",
    .fields = pace_fields,
};

#define BRAKE(member_) offsetof(struct brake, member_)
static const struct field brake_fields[] = {
    {.key = "rows",
     .types = TYPE_INTEGER,
     .read = read_integer,
     .offset = BRAKE(rows),
     .least = 1,
     .most = 1e15,
     .value = "number",
     .help = "Most rows that a run may act on. Default 1000000."},
    {.key = "fraction",
     .types = TYPE_NUMBER,
     .read = read_number,
     .offset = BRAKE(fraction),
     .least = 0,
     .most = 1,
     .value = "number",
     .help = "Most of the category's rows, as a fraction of them. Default 0.25."},
    {.key = "tenant_fraction",
     .types = TYPE_NUMBER,
     .read = read_number,
     .offset = BRAKE(tenant_fraction),
     .least = 0,
     .most = 1,
     .value = "number",
     .help = "Most of a tenant's rows, as a fraction of them. Default 0.5."},
    {.key = "min_rows",
     .types = TYPE_INTEGER,
     .read = read_integer,
     .offset = BRAKE(min_rows),
     .least = 0,
     .most = 1e15,
     .value = "number",
     .help = "The fractions do not stop runs of fewer rows. Default 1000."},
    {0}};
const struct definition definition_brake = {
    .name = "\"brake\"",
    .title = "Brake",
    .help = "The group \"brake\". Past a limit the run stops and waits for a person.",
    .fields = brake_fields,
};

static const struct field ungoverned_fields[] = {
    {.key = "table",
     .types = TYPE_STRING,
     .flags = FIELD_REQUIRED,
     .value = "schema.table",
     .help = "The table; or \"schema.*\", for all tables of a schema."},
    {.key = "because",
     .types = TYPE_STRING,
     .flags = FIELD_REQUIRED,
     .read = read_string,
     .offset = offsetof(struct ungoverned, because),
     .value = "text",
     .help = "Why."},
    {0}};
const struct definition definition_ungoverned = {
    .name = "\"ungoverned\"",
    .title = "Ungoverned tables",
    .help = "The groups of the list \"ungoverned\" at the top of a file name tables that no "
            "category governs.",
    .fields = ungoverned_fields,
};

const struct definition *const policy_definitions[] = {&definition_category,
                                                       &definition_data,
                                                       &definition_tenant,
                                                       &definition_start,
                                                       &definition_subject,
                                                       &definition_condition,
                                                       &definition_dependant,
                                                       &definition_stage,
                                                       &definition_floor,
                                                       &definition_cap,
                                                       &definition_keep_while,
                                                       &definition_agreement,
                                                       &definition_agreement_table,
                                                       &definition_pace,
                                                       &definition_brake,
                                                       &definition_ungoverned,
                                                       NULL};

/* ---- readers of groups ---- */

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
    c->key_given = member(setting, "key");
    conditions_read(r, setting, true, &c->only);
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
    for (const struct field *f = stage_fields; f->key; f++) {
        unsigned int belongs = f->flags & (FIELD_DEIDENTIFY | FIELD_AGGREGATE);
        if (belongs && !(belongs & allowed) && member(group, f->key))
            diag_error(r->diags, position_of(r, member(group, f->key)),
                       "\"%s\" belongs to stages that %s", f->key,
                       belongs == FIELD_DEIDENTIFY  ? "de-identify"
                       : belongs == FIELD_AGGREGATE ? "aggregate"
                                                    : "de-identify or aggregate");
    }
}

void read_stages(struct reader *r, config_setting_t *setting, const struct field *field, void *out)
{
    (void)field;
    struct category *c = out;
    for (size_t i = 0; i < element_count(setting); i++) {
        config_setting_t *group = group_element(r, setting, i, &definition_stage);
        if (!group)
            continue;
        struct stage s = {.at = position_of(r, group)};
        group_read(r, group, &definition_stage, &s);
        conditions_read(r, group, false, &s.only);
        if (!s.name)
            s.name = action_choices[s.action].name;
        static const unsigned int allowed[] = {0, FIELD_DEIDENTIFY, FIELD_AGGREGATE};
        const char *action = member_string(r, group, "do");
        if (action && strcmp(action, action_choices[s.action].name) == 0)
            refuse_keys(r, group, allowed[s.action]);
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

static bool read_minute(const char *s, int *ret)
{
    if (!isdigit((unsigned char)s[0]) || !isdigit((unsigned char)s[1]) || s[2] != ':' ||
        !isdigit((unsigned char)s[3]) || !isdigit((unsigned char)s[4]))
        return false;
    int hour = (s[0] - '0') * 10 + s[1] - '0', minute = (s[3] - '0') * 10 + s[4] - '0';
    *ret = hour * 60 + minute;
    return minute < 60 && *ret <= 24 * 60;
}

void read_window(struct reader *r, config_setting_t *setting, const struct field *field, void *out)
{
    (void)field;
    struct window *window = out;
    const char *text = config_setting_get_string(setting);
    int from, to;
    if (strlen(text) != 11 || text[5] != '-' || !read_minute(text, &from) ||
        !read_minute(text + 6, &to) || from == 24 * 60) {
        struct diag *d =
            diag_error(r->diags, position_of(r, setting), "window \"%s\" cannot be read", text);
        diag_hint(r->diags, d,
                  "Write two times of the day: \"01:00-05:00\", or \"22:00-05:00\" over "
                  "midnight.");
        return;
    }
    if (from == to)
        diag_hint(r->diags,
                  diag_error(r->diags, position_of(r, setting), "window \"%s\" is empty", text),
                  "Leave \"window\" out if the category may be acted on at any time.");
    *window = (struct window){true, from, to};
}

void read_pace(struct reader *r, config_setting_t *setting, const struct field *field, void *out)
{
    static const char *const presets[] = {"gentle", "normal", "fast"};
    (void)field;
    if (type_of(setting) == TYPE_GROUP) {
        group_read(r, setting, &definition_pace, out);
        return;
    }
    const char *text = config_setting_get_string(setting);
    for (size_t i = 0; i < ARRAY_LENGTH(presets); i++)
        if (strcmp(presets[i], text) == 0) {
            struct diag *d = diag_error(r->diags, position_of(r, setting),
                                        "pace \"%s\" is not available in this version", text);
            diag_hint(r->diags, d, "Write pace: { rows_per_second = 50000; }.");
            return;
        }
    struct diag *d =
        diag_error(r->diags, position_of(r, setting), "\"pace\" must be a group, not \"%s\"", text);
    diag_hint(r->diags, d, "Write pace: { rows_per_second = 50000; }.");
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
    if (ret->mode != MODE_DECLARED)
        return;
    for (const struct field *f = category_fields; f->key; f++)
        if (!(f->flags & (FIELD_DECLARED | FIELD_LATER)) && member(group, f->key))
            diag_error(r->diags, position_of(r, member(group, f->key)),
                       "\"%s\" does not go with mode = \"declared\"", f->key);
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
