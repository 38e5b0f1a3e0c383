#include "engine/intake.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/sql_files.h"
#include "engine/state.h"

enum { INTAKE_CATEGORY, INTAKE_WORK, INTAKE_WINDOW, INTAKE_CATCH_UP, INTAKE_BEHIND };

static int64_t number(const PGresult *result, int row, int column)
{
    return PQgetisnull(result, row, column) ? -1
                                            : strtoll(PQgetvalue(result, row, column), NULL, 10);
}

static void on_intake(struct pg_conn *conn, enum pg_outcome outcome, PGresult *result,
                      const struct error *error, void *arg)
{
    struct worker *worker = arg;
    (void)conn;
    if (outcome == PG_ERROR && worker->leadership.term > 0)
        log_failure(LOG_LEVEL_WARNING, error);
    if (outcome != PG_OK)
        return;
    for (size_t i = 0; i < worker->figure_count; i++) {
        struct category_figures *figures = &worker->figures[i];
        figures->work_s = figures->window_s = figures->catch_up_s = figures->behind = -1;
        for (int row = 0; row < PQntuples(result); row++)
            if (strcmp(PQgetvalue(result, row, INTAKE_CATEGORY), figures->name) == 0) {
                figures->work_s = number(result, row, INTAKE_WORK);
                figures->window_s = number(result, row, INTAKE_WINDOW);
                figures->catch_up_s = number(result, row, INTAKE_CATCH_UP);
                figures->behind = number(result, row, INTAKE_BEHIND);
            }
    }
    worker_changed(worker);
}

void intake_ask(struct worker *worker)
{
    pg_conn_query(worker->control, sql_file("engine/intake.sql"), 0, NULL, false, on_intake,
                  worker);
    pg_conn_sync(worker->control);
}
