/* What `plan` says of a stage that aggregates. */
#ifndef CLI_PLAN_AGGREGATE_H
#define CLI_PLAN_AGGREGATE_H

#include <jansson.h>

#include "policy/model.h"

struct text;

/* One line: "calls: counted into ctm.call_month by account_id, month, source: ...". */
void plan_aggregate_note(struct text *notes, const struct category *category,
                         const struct stage *stage);
/* {into, by: [{column, unit, to, folds}], measures: [{kind, column, to}], k} */
json_t *plan_aggregate_json(const struct stage *stage);

#endif
