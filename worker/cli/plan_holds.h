/* What `plan --holds` tells besides: records kept by hold and category. */
#ifndef CLI_PLAN_HOLDS_H
#define CLI_PLAN_HOLDS_H

#include <jansson.h>
#include <stdbool.h>

#include "cli/session.h"
#include "pg/catalog.h"
#include "policy/model.h"

struct plan_holds;

/* In the transaction of plan; NULL with an error. */
struct plan_holds *plan_holds_new(struct session *session, struct error *error);
void plan_holds_free(struct plan_holds *holds); /* accepts NULL */

/* Counts what each hold covers of a category, under its settings. */
bool plan_holds_count(struct plan_holds *holds, const struct policy_set *set,
                      const struct category *category, const struct catalog *catalog,
                      struct error *error);

/* Prints the table, or where a document is given sets "holds" in it. */
void plan_holds_show(struct plan_holds *holds, json_t *document);

#endif
