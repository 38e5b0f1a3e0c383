/* retentionctl report: figures for auditors, from the log alone. */
#include "cli/output.h"
#include "cli/session.h"

static const struct table_column summary_columns[] = {
    {"category", CELL_TEXT, "category"},           {"days", CELL_NUMBER, "days"},
    {"days missing", CELL_NUMBER, "missing"},      {"days overdue", CELL_NUMBER, "days_overdue"},
    {"most overdue", CELL_NUMBER, "most_overdue"},
};
static const struct table_column day_columns[] = {
    {"day", CELL_TEXT, "day"},
    {"category", CELL_TEXT, "category"},
    {"due", CELL_NUMBER, "due"},
    {"held", CELL_NUMBER, "held"},
    {"kept", CELL_NUMBER, "kept"},
    {"blocked", CELL_NUMBER, "blocked"},
    {"not started", CELL_NUMBER, "not_started"},
    {"unclaimed", CELL_NUMBER, "unclaimed"},
    {"overdue", CELL_NUMBER, "overdue"},
    {"oldest", CELL_TEXT, "oldest"},
    {"entry", CELL_NUMBER, "entry"},
};

bool command_report_compliance(struct cli *cli, struct error *error)
{
    const char *const values[] = {cli_option(cli, "from"), cli_option(cli, "to"),
                                  cli_option(cli, "category")};
    struct session session _cleanup_session_;
    if (!session_open(&session, cli, SESSION_SCHEMA, error))
        return false;
    if (!session_execute(&session, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", error))
        return false;
    PGresult *summary _cleanup_result_ =
        session_file(&session, "cli/report_summary.sql", 3, values, error);
    if (!summary)
        return error_is_bad_value(error)
                   ? error_set(error, ERROR_USAGE, "--from and --to want days: 2026-12-31")
                   : false;
    PGresult *days _cleanup_result_ =
        session_file(&session, "cli/report_days.sql", 3, values, error);
    if (!days)
        return false;
    output_result(cli, "categories", summary, summary_columns, ARRAY_LENGTH(summary_columns),
                  "The log holds no daily figures.");
    if (!cli->json && PQntuples(days))
        putchar('\n');
    if (cli->json || PQntuples(days))
        output_result(cli, "days", days, day_columns, ARRAY_LENGTH(day_columns), "");
    return true;
}
