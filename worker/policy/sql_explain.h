/* The document of sql_category.explain: one JSON object about one record, for `retentionctl
 * explain`. Moments are ISO 8601 in the category's time zone, or null where unknown.
 *
 *   claimed        bool    the category's `only` takes the record
 *   in_stage       bool    the stage's own `only` takes it too
 *   stage          string  the stage's name
 *   action         string  what the stage does: "delete", "deidentify"
 *   passed         bool    a stage that changes records has changed this one
 *   now            moment  the run's time that everything is judged against
 *   start          moment  the starting point; null: not started
 *   after          string  the stage's period
 *   tenant         string  or null (also where no tenant is declared)
 *   agreements     array   of the record's tenant: { tenant, period, because }; an agreement
 * table's entries have period as it stands there, settled, and because null stage_due      moment
 * start + period, the agreement considered cap            object  { start, period, because, end,
 * over } or null where there is none due_at         moment  when it fell or falls due by the
 * earlier of the two due            bool held           bool    an active hold covers it holds
 * array   the uuids of the holds that cover it kept_while array   { because, keeps } in the
 * policy's order floors         array   { start, period, because, end, over }; end null: unknown,
 * keeps waiting_for    array   { category, waits, held } held: one of the records waited for is
 * under hold tenant_paused bool act_at         moment  the latest of due_at and the floors' ends:
 * when it goes if nothing but time keeps it; null where one of them is unknown verdict string  the
 * first that applies of: "unclaimed", "other_stage", "not_started", "not_due", "passed", "held",
 * "kept_while", "kept_floor", "waiting", "paused", "to_act"
 */
#ifndef POLICY_SQL_EXPLAIN_H
#define POLICY_SQL_EXPLAIN_H

#include "policy/sql.h"

#endif
