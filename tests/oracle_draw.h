/* How the cases of oracle_case.c are drawn: random numbers, values of columns (oracle_draw.c), and
 * rules, each written twice, as the policy says it and as plain SQL says it (oracle_rule.c). */
#ifndef TESTS_ORACLE_DRAW_H
#define TESTS_ORACLE_DRAW_H

#include <stdbool.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "oracle_case.h"

enum kind { TIMESTAMPTZ, TIMESTAMP, DATE, INT_S, BIGINT_S, BIGINT_MS, NUMERIC_S, TEXT, TEXT_MS };

enum where { OWN_A, OWN_B, JSON, PARENT, CHILD_LATEST, CHILD_EARLIEST };

struct part {
    enum where where;
    bool none; /* a child's: column a where there is no child */
};

struct start {
    int form; /* 0 single, 1 latest, 2 earliest */
    struct part parts[3];
    int count;
    bool ignore;
    const char *round; /* or NULL */
    const char *not_before;
};

/* The state of the case being made. */
struct drawing {
    struct oracle_case *c;
    enum kind kind_a, kind_b, kind_json, kind_parent, kind_child;
    char a[40];           /* the name of column a */
    const char *used[16]; /* periods that rows crowd around */
    int used_count;
    const char *by;   /* of the child: libconfig list */
    const char *join; /* of child c and record r */
    int tenant;       /* 0 none, 1 own int, 2 own text in json, 3 parent's text, 4 child's int */
};
extern struct drawing drawing;

extern const char *const draw_types[]; /* SQL's, by kind */

void draw_seed(uint64_t seed);
int draw_below(int n); /* 0 to n - 1 */
bool draw_chance(int percent);
#define ONE_OF(list) ((list)[draw_below((int)ARRAY_LENGTH(list))])

/* In one of 32 buffers that are used in turn. */
const char *draw_print(const char *format, ...) _printf_(1, 2);
/* A period; rows will crowd around it. */
const char *draw_period(void);
/* An SQL expression of the kind's type. */
const char *draw_value(enum kind kind, bool nullable);

/* oracle_hold.c: subjects, as a key of data; then scopes of holds, and that none covers r. */
void hold_subjects(struct text *policy);
void oracle_hold_scopes(struct text *marks, struct text *free_of, const struct start *start);

struct start rule_any_start(void);
void rule_start(struct text *out, const struct start *start);     /* a group */
void rule_start_sql(struct text *out, const struct start *start); /* over the record r */
/* all AND (any OR): as keys of a group, and as SQL over r. keeps: of keep_while, where what cannot
 * be read keeps the record. */
void rule_conditions(struct text *policy, struct text *sql, int all, int any, bool keeps);
void rule_tenant(struct text *out);
const char *rule_tenants_sql(void); /* the record's tenants as a text[] */
/* Agreements: to the policy, and an expression of the stage's due moment over r and s.start. */
void rule_agreements(struct text *policy, struct text *due, const char *after);

#endif
