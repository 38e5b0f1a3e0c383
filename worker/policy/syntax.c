/* The tables of a category and of the groups in it; those of references, starting points and
 * conditions are in parse_ref.c. */
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
                                              {"observe", GUARD_OBSERVE, false},
                                              {"refuse", GUARD_REFUSE, false},
                                              {0}};
static const struct choice strategy_choices[] = {{"auto", STRATEGY_AUTO, false},
                                                 {"index", STRATEGY_INDEX, false},
                                                 {"sweep", STRATEGY_SWEEP, false},
                                                 {"partition", STRATEGY_PARTITION, false},
                                                 {0}};
static const struct choice action_choices[] = {{"delete", ACTION_DELETE, false},
                                               {"deidentify", ACTION_DEIDENTIFY, false},
                                               {"aggregate", ACTION_AGGREGATE, false},
                                               {0}};
static const struct choice claim_choices[] = {{"anonymous", CLAIM_ANONYMOUS, false}, {0}};
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
     .help =
         "Whether triggers keep every role from deleting or altering held records: \"refuse\", or "
         "only count and report it: \"observe\". \"off\" by default; see The guard."},
    {.key = "strategy",
     .types = TYPE_STRING,
     .read = read_choice,
     .offset = AT(strategy),
     .choices = strategy_choices,
     .value = "auto | index | sweep | partition",
     .help = "How due records are found; see Strategies. Without effect on which they are."},
    {.key = "drop_empty",
     .types = TYPE_BOOLEAN,
     .read = read_drop_empty,
     .value = "true | false",
     .help = "Whether empty partitions that are wholly past are dropped, by a function that the "
             "table's owner installs; false by default, see Empty partitions."},
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
         "goes over midnight. Default: pace.window of the main file."},
    {.key = "pace",
     .types = TYPE_STRING | TYPE_GROUP,
     .read = read_pace,
     .value = "\"gentle\" | \"normal\" | \"fast\" | { ... }",
     .help = "How fast rows are acted on; the word alone is that of \"preset\"."},
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
    {.key = "rest_of",
     .types = TYPE_STRING,
     .flags = FIELD_NORMAL,
     .read = read_string,
     .offset = AT(rest_of),
     .value = "sha256",
     .help = "Stands in normalised texts: the conditions of the table's other categories. What a "
             "file says is not used."},
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
     .help = "A record waits while rows of these categories still point to it; but not to be "
             "de-identified, as it stays where it is."},
    {.key = "identifiers",
     .types = TYPE_TEXTS,
     .read = read_names,
     .offset = AT(identifiers),
     .value = "[ column, ... ]",
     .help = "Columns that identify persons, besides the subjects: none of them may be left as it "
             "is by a stage with claim = \"anonymous\"."},
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
    {.key = "columns",
     .types = TYPE_GROUPS,
     .read = NULL,
     .value = "( { name; as; }, ... )",
     .help = "What becomes of its columns where the record is de-identified, in the same "
             "transaction: transformations that can be seen to be done without a mark."},
    {.key = "stage",
     .types = TYPE_STRING,
     .read = read_name,
     .offset = offsetof(struct dependant, stage),
     .value = "name",
     .help = "The stage that does it. Required where several de-identify."},
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

static const struct field pace_fields[] = {
    {.key = "preset",
     .types = TYPE_STRING,
     .read = read_pace_preset,
     .value = "\"gentle\" | \"normal\" | \"fast\"",
     .help =
         "How much the application may feel, see retentiond.cfg(5). The gentler of this and the "
         "setting there counts. Default: the setting."},
    {.key = "rows_per_second",
     .types = TYPE_INTEGER,
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
     .help = "Most of the category's rows, as a fraction of them; 1.0: no limit. Default 0.25."},
    {.key = "tenant_fraction",
     .types = TYPE_NUMBER,
     .read = read_number,
     .offset = BRAKE(tenant_fraction),
     .least = 0,
     .most = 1,
     .value = "number",
     .help = "Most of a tenant's rows, as a fraction of them; 1.0: no limit. Default 0.5."},
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
    .help =
        "The group \"brake\". Past a limit the run stops and waits for a person. What was approved "
        "with --expect-due, or released, comes before the limits, for each stage by itself, until "
        "as many have gone or none is left to go.",
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

const struct definition *const policy_definitions[] = {
    &definition_category,   &definition_data,
    &definition_tenant,     &definition_start,
    &definition_subject,    &definition_condition,
    &definition_dependant,  &definition_stage,
    &definition_by,         &definition_measure,
    &definition_transform,  &definition_floor,
    &definition_cap,        &definition_keep_while,
    &definition_agreement,  &definition_agreement_table,
    &definition_pace,       &definition_brake,
    &definition_ungoverned, NULL};
