/* The inside of retentionctl plan, for its own files: plan.c (numbers), plan_query.c (asking
 * for them), plan_strategy.c (how a run
 * would go about it), plan_sql.c (--sql). */
#ifndef CLI_PLAN_INTERNAL_H
#define CLI_PLAN_INTERNAL_H

#include <jansson.h>

#include "base/text.h"
#include "cli/plan.h"
#include "cli/plan_holds.h"
#include "cli/policies.h"
#include "cli/table.h"

/* One call of the command. */
struct planning {
    struct cli *cli;
    struct session *session;
    struct policies policies;
    const char *run_time;
    unsigned shapes;           /* of scopes that holds have, for the builder: all, or none */
    struct table *table;       /* for people */
    json_t *rows;              /* for --json */
    struct text notes;         /* lines below the table */
    struct string_list acting; /* categories that a run would enforce */
    int invalid;               /* categories that cannot be counted */
    struct plan_holds *holds;  /* --holds, else NULL */
    PGresult *causes;          /* of cause.h, or NULL; owned */
};

/* The numbers of a stage, as a run will find them: it takes stages and categories in an order in
 * which none waits for a later one. */
struct sql_statement plan_forecast(const struct planning *p, const struct sql_category *sql);

/* plan_strategy.c: how a run would go about a stage, in words of the arena; why partitions do not
 * go as a whole, or are not dropped, is said in the notes. */
bool plan_strategy(struct planning *p, const struct sql_category *sql, const char **ret,
                   struct error *error);

/* plan_sql.c: the statements that a run would execute, for the first leaf where there are several,
 * with the holds that there are now. */
bool plan_print_stage(struct planning *p, const struct sql_category *sql, size_t stage,
                      struct error *error);

#endif
