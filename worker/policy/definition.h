/* The syntax of policy files as tables: one `struct definition` for each kind of group, one
 * `struct field` for each key in it (syntax.c, syntax_period.c, parse_ref.c). The tables drive the
 * parser, the nearest-key hints and the manual page (policy/man.c). Internal to policy/. */
#ifndef POLICY_DEFINITION_H
#define POLICY_DEFINITION_H

#include <libconfig.h>
#include <stdbool.h>
#include <stddef.h>

#include "config/value.h"
#include "policy/model.h"

struct field;
struct definition;

/* What one file is read with. */
struct reader {
    struct arena *arena; /* the set's */
    const char *file;    /* in the arena */
    struct diags *diags;
};

enum field_flags {
    FIELD_REQUIRED = 1,
    FIELD_LATER = 2,      /* refused: not available in this version */
    FIELD_DEIDENTIFY = 4, /* of stages with this action */
    FIELD_AGGREGATE = 8,
    FIELD_DECLARED = 16, /* of a category: also where mode = "declared" */
    FIELD_NORMAL = 32,   /* stands in normalised texts; what a file says is not used */
};

/* One of the values a field may have. */
struct choice {
    const char *name; /* NULL ends the list */
    int value;
    bool later;
};

/* Reads a setting, of a type the field allows, into the field's place in `out`. */
typedef void field_read(struct reader *r, config_setting_t *setting, const struct field *field,
                        void *out);

struct field {
    const char *key;
    unsigned int types; /* of enum value_types */
    unsigned int flags;
    field_read *read; /* NULL: read by whoever reads the group */
    size_t offset;    /* of the value in the structure being filled */
    const struct choice *choices;
    double least, most; /* of a number */
    const char *value;  /* for the manual: what stands after "=" */
    const char *help;   /* for the manual: sentences */
};

struct definition {
    const char *name;  /* in messages: "a stage" */
    const char *title; /* heading in the manual */
    const char *help;
    const struct field *fields; /* ends with a NULL key */
};

/* Every definition, outermost first, for the manual; ends with NULL. */
extern const struct definition *const policy_definitions[];

/* The kinds of group that hold a reference: the same keys, and some of their own. */
extern const struct definition definition_tenant, definition_subject, definition_start,
    definition_start_part, definition_condition;
extern const struct definition definition_category, definition_data, definition_dependant,
    definition_floor, definition_cap, definition_keep_while, definition_stage, definition_agreement,
    definition_agreement_table, definition_pace, definition_brake, definition_ungoverned,
    definition_transform;

/* ---- policy/field.c: reading by table ---- */

struct position position_of(const struct reader *r, const config_setting_t *setting);
config_setting_t *member(const config_setting_t *group, const char *key);
/* The text of a string member, or NULL where it is not there or no string. */
const char *member_string(struct reader *r, const config_setting_t *group, const char *key);

/* Reads a group: unknown keys, wrong types, missing keys and what is not available are errors; the
 * others go to their fields' readers. `out` is what the fields' offsets refer to. */
void group_read(struct reader *r, config_setting_t *group, const struct definition *definition,
                void *out);

/* A list's elements, or the setting itself as the only one. */
size_t element_count(const config_setting_t *setting);
config_setting_t *element(config_setting_t *setting, size_t index);

field_read read_string, read_choice, read_integer, read_number, read_strings, read_names,
    read_table, read_period, read_name;

/* Reads a setting that must be a period. */
bool period_read(struct reader *r, const config_setting_t *setting, struct period *ret);
/* Reads "schema.table"; with `star`, also "schema.*". False, and an error, if it is none. */
bool table_read(struct reader *r, const config_setting_t *setting, bool star,
                struct table_name *ret);
/* Checks a column or similar name: not empty, at most 63 bytes. */
bool name_check(struct reader *r, struct position at, const char *what, const char *name);

/* ---- policy/parse_ref.c ---- */

field_read read_tenant, read_subjects, read_start;

/* Reads one value; false, and an error, if it is none. `key` is for messages. */
bool literal_read(struct reader *r, config_setting_t *setting, const char *key,
                  struct literal *ret);

/* Reads `only` and `any` of a group. */
void conditions_read(struct reader *r, config_setting_t *group, bool may_be_rest,
                     struct conditions *ret);

/* ---- policy/parse_category.c ---- */

field_read read_data, read_dependants, read_floors, read_cap, read_keep_while, read_stages,
    read_agreements, read_accepted_triggers, read_drop_empty, read_window, read_pace,
    read_pace_preset, read_brake;
void category_read(struct reader *r, config_setting_t *group, struct category *ret);
void ungoverned_read(struct reader *r, config_setting_t *list, struct policy_set *set);

/* ---- policy/parse_aggregate.c ---- */

extern const struct definition definition_by, definition_measure;
field_read read_into, read_by, read_measures, read_fold, read_then; /* into a struct stage */
void aggregate_check(const struct category *category, const struct stage *stage,
                     struct diags *diags);

/* ---- policy/parse_transform.c ---- */

field_read read_transforms; /* into a struct stage */

/* ---- policy/check.c: what needs the whole category, or the whole set ---- */

void category_check(struct arena *arena, const struct category *category, struct diags *diags);
void policy_set_check(const struct policy_set *set, struct diags *diags);

/* ---- policy/print.c ---- */

/* The normalised libconfig text of a category: canonical order, defaults left out. Parsing it gives
 * the same category. */
const char *category_print(struct arena *arena, const struct category *category);

/* Parts of it, for comparing: equal text, equal meaning. */
const char *ref_print(struct arena *arena, const struct ref *ref);
const char *start_print(struct arena *arena, const struct start *start);
const char *conditions_print(struct arena *arena, const struct conditions *conditions);
const char *aggregate_print(struct arena *arena, const struct aggregate *aggregate);
/* What a stage does to columns. */
const char *changes_print(struct arena *arena, const struct stage *stage);
const char *dependant_changes_print(struct arena *arena, const struct dependant *dependant);

/* ---- policy/logic.c ---- */

/* Every row that fulfils a fulfils b, for certain. */
bool conditions_imply(struct arena *arena, const struct conditions *a, const struct conditions *b);
bool conditions_are_given(const struct conditions *c);

/* Certainly shorter whatever the date; false where either is missing. */
bool period_is_shorter(struct period a, struct period b);
bool period_equal(struct period a, struct period b);

#endif
