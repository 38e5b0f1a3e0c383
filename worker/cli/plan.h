/* The builder's read-only statements, run for people: plan, explain. */
#ifndef CLI_PLAN_H
#define CLI_PLAN_H

#include <libpq-fe.h>

#include "cli/session.h"
#include "policy/sql.h"

/* Begins a REPEATABLE READ READ ONLY transaction; the run's time is its own, in UTC. */
bool plan_begin(struct session *session, const char **ret_run_time, struct error *error);

/* Pins the settings that the category's statements are run under: its time zone among them. */
bool plan_settings(struct session *session, const struct category *category, struct error *error);

/* Executes a category's statement; key holds one text a key column for PARAM_KEY, else NULL. Where
 * the role may not read what holds cover, the database runs it for it, and columns have no names.
 */
PGresult *plan_query(struct session *session, const char *category,
                     const struct sql_statement *statement, const char *run_time, char *const *key,
                     struct error *error);

/* Prints statements with their parameters, as they would be sent. */
void plan_print_sql(struct cli *cli, const char *title, const struct sql_statement *statement,
                    const char *run_time);

#endif
