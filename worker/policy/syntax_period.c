/* The tables of the groups that say how long: floors, the cap, what keeps records while it lasts,
 * stages and what they do, agreements. */
#include "policy/definition.h"

static const struct choice action_choices[] = {{"delete", ACTION_DELETE, false},
                                               {"deidentify", ACTION_DEIDENTIFY, false},
                                               {"aggregate", ACTION_AGGREGATE, false},
                                               {0}};
static const struct choice claim_choices[] = {{"anonymous", CLAIM_ANONYMOUS, false}, {0}};
static const struct choice period_unit_choices[] = {
    {"days", UNIT_DAYS, false}, {"months", UNIT_MONTHS, false}, {0}};

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

static const struct field floor_fields[] = {
    FIELDS_OF_RULE("The minimum period."),
    {.key = "stage",
     .types = TYPE_STRING,
     .read = read_name,
     .offset = RULE(stage),
     .value = "name",
     .help =
         "The only stage that it keeps records from: names may have to go earlier than amounts. "
         "Default: every stage."},
    {0}};
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
    .help =
        "The groups of the list \"keep_while\". What conditions ask for and cannot read might say "
        "that the record is to be kept: then it is.",
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
     .value = "delete | deidentify | aggregate",
     .help =
         "The action. \"aggregate\" counts records into cells, and deletes or de-identifies them."},
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
    {.key = "columns",
     .types = TYPE_GROUPS,
     .flags = FIELD_DEIDENTIFY | FIELD_AGGREGATE,
     .read = read_transforms,
     .value = "( { name; as; }, ... )",
     .help = "What becomes of which columns, in one UPDATE. Columns that decide about the record "
             "cannot be among them, nor those that a generated column which decides is made of. "
             "Where an earlier stage changes the column too, this must be \"nullify\", or the same "
             "transformation with parameters that keep less: a run takes the last stage first, and "
             "the earlier one would change it again."},
    {.key = "mark",
     .types = TYPE_STRING,
     .flags = FIELD_DEIDENTIFY | FIELD_AGGREGATE,
     .read = read_name,
     .offset = STAGE(mark),
     .value = "column",
     .help =
         "The column, a timestamptz or a boolean, that says that a record has passed the stage; "
         "it gets the run's time, or true. A timestamptz must be NULL until then: neither NOT NULL "
         "nor with a default. Without a mark that must be seen in the values."},
    {.key = "claim",
     .types = TYPE_STRING,
     .flags = FIELD_DEIDENTIFY | FIELD_AGGREGATE,
     .read = read_choice,
     .offset = STAGE(claim),
     .choices = claim_choices,
     .value = "anonymous",
     .help = "What the policy says of the records afterwards. \"anonymous\" is refused where a "
             "transformation is pseudonymous, where the category has neither subject nor "
             "identifiers, or where one of them stays as it is: also by parameters that leave most "
             "values whole, under its path in a document, or, of an identifier, under keys that "
             "\"json_drop\" does not name."},
    {.key = "quasi",
     .types = TYPE_TEXTS,
     .flags = FIELD_DEIDENTIFY,
     .read = read_names,
     .offset = STAGE(quasi),
     .value = "[ column, ... ]",
     .help =
         "Quasi-identifiers: columns that together can tell who it was. Of records that one run "
         "de-identifies, those that fewer than \"k\" distinct subjects share these with lose them "
         "too. Needs \"mark\", a timestamptz that does not round."},
    {.key = "k",
     .types = TYPE_INTEGER,
     .flags = FIELD_DEIDENTIFY | FIELD_AGGREGATE,
     .read = read_integer,
     .offset = STAGE(k),
     .least = 5,
     .most = 1000000,
     .value = "number",
     .help = "How many distinct subjects a published cell counts at least, and a group of records "
             "that share their quasi-identifiers. Default: 11."},
    {.key = "into",
     .types = TYPE_STRING,
     .flags = FIELD_AGGREGATE,
     .read = read_into,
     .value = "schema.table",
     .help = "The table that cells are published in."},
    {.key = "by",
     .types = TYPE_GROUPS,
     .flags = FIELD_AGGREGATE,
     .read = read_by,
     .value = "( dimension, ... )",
     .help = "What makes a cell."},
    {.key = "measures",
     .types = TYPE_GROUPS,
     .flags = FIELD_AGGREGATE,
     .read = read_measures,
     .value = "( measure, ... )",
     .help = "What is counted."},
    {.key = "fold",
     .types = TYPE_TEXTS,
     .flags = FIELD_AGGREGATE,
     .read = read_fold,
     .value = "[ column, ... ]",
     .help = "Dimensions, by their columns of the target, that are \"(other)\" in the coarser cell "
             "into which cells of fewer than \"k\" subjects go. What is too small even so is not "
             "published. Default: none."},
    {.key = "then",
     .types = TYPE_STRING,
     .flags = FIELD_AGGREGATE,
     .read = read_then,
     .value = "delete | deidentify",
     .help = "What becomes of a record that was counted, in the same transaction. With "
             "\"deidentify\" it stays, changed as \"columns\" say; \"mark\" must be given, and it "
             "alone says that the record was counted. Default: delete."},
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
     .help = "The shortest period that is believed. A shorter value counts as max: it may be a "
             "mistake, and nothing goes early for one."},
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
