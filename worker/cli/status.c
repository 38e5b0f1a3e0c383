/* retentionctl status: the compliance view, and for whatever stands in the way, what to do. */
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/text.h"
#include "cli/hold.h"
#include "cli/json.h"
#include "cli/notes.h"
#include "cli/output.h"
#include "cli/session.h"
#include "cli/status_log.h"

static const struct table_column columns[] = {
    {"category", CELL_TEXT, "category"},
    {"state", CELL_TEXT, "state"},
    {"mode", CELL_TEXT, "mode"},
    {"due", CELL_NUMBER, "due"},
    {"held", CELL_NUMBER, "held"},
    {"kept", CELL_NUMBER, "kept"},
    {"waiting", CELL_NUMBER, "waiting"},
    {"blocked", CELL_NUMBER, "blocked"},
    {"to act", CELL_NUMBER, "to_act"},
    {"overdue", CELL_BOOLEAN, "overdue"},
    {"oldest due", CELL_TIME, "oldest"},
    {"next due", CELL_TIME, "next_due"},
    {"counted", CELL_TIME, "measured_at"},
    {"cause", CELL_TEXT, "cause"},
    {NULL, CELL_TEXT, "title"},
    {NULL, CELL_TEXT, "relation"},
    {NULL, CELL_NUMBER, "rows"},
    {NULL, CELL_NUMBER, "claimed"},
    {NULL, CELL_NUMBER, "kept_while"},
    {NULL, CELL_NUMBER, "kept_floor"},
    {NULL, CELL_NUMBER, "not_started"},
    {NULL, CELL_NUMBER, "unclaimed"},
    {NULL, CELL_NUMBER, "floor_after_cap"},
    {NULL, CELL_TIME, "last_success"},
    {NULL, CELL_TEXT, "last_run"},
    {NULL, CELL_TEXT, "last_status"},
    {NULL, CELL_TEXT, "last_message"},
    {NULL, CELL_NUMBER, "last_remaining"},
    {NULL, CELL_TEXT, "running"},
    {NULL, CELL_NUMBER, "running_rows"},
    {NULL, CELL_NUMBER, "running_to_act"},
    {NULL, CELL_TEXT, "paused"},
    {NULL, CELL_TIME, "paused_until"},
    {NULL, CELL_TEXT, "paused_reason"},
    {NULL, CELL_TIME, "brake_engaged_at"},
    {NULL, CELL_NUMBER, "brake_due"},
    {NULL, CELL_NUMBER, "brake_limit"},
    {NULL, CELL_BOOLEAN, "failing"},
    {NULL, CELL_TEXT, "guard"},
    {NULL, CELL_TEXT, "guard_state"},
    {NULL, CELL_TEXT, "guard_problem"},
    {NULL, CELL_TEXT, "changed_columns"},
    {NULL, CELL_TIME, "failed_at"},
    {NULL, CELL_TEXT, "failed_sqlstate"},
    {NULL, CELL_TEXT, "failed_because"},
    {NULL, CELL_TEXT, "intake"},
    {NULL, CELL_TIME, "intake_since"},
    {NULL, CELL_NUMBER, "arrival_per_day"},
    {NULL, CELL_NUMBER, "records_per_second"},
    {NULL, CELL_NUMBER, "backlog"},
    {NULL, CELL_NUMBER, "catch_up_seconds"},
    {NULL, CELL_NUMBER, "work_seconds"},
    {NULL, CELL_NUMBER, "window_seconds"},
    {NULL, CELL_NUMBER, "shared_seconds"},
    {NULL, CELL_TEXT, "window"},
};

static volatile sig_atomic_t interrupted;

static void on_interrupt(int number)
{
    (void)number;
    interrupted = 1;
}

static const char *value(const PGresult *result, int row, const char *name)
{
    return result_value(result, row, PQfnumber(result, name));
}

static int64_t number(const PGresult *result, int row, const char *name)
{
    int64_t n = 0;
    const char *s = value(result, row, name);
    return s && cli_number(s, &n) ? n : 0;
}

static void advise_paused(struct notes *notes, const PGresult *result, int row)
{
    const char *until = value(result, row, "paused_until");
    bool alone = text_equal(value(result, row, "paused"), "category");
    notes_add(notes, value(result, row, "category"),
              "paused%s%.16s (%s); \"retentionctl resume%s --reason TEXT\" ends that",
              until ? " until " : "", until ? until : "", value(result, row, "paused_reason"),
              alone ? " --category CATEGORY" : "");
}

/* Where the time is short for what falls due: the numbers, and what helps. */
static void tell_intake(struct notes *notes, const PGresult *result, int row, bool behind)
{
    const char *window = value(result, row, "window"), *since = value(result, row, "intake_since");
    int64_t work = number(result, row, "work_seconds"),
            shared = number(result, row, "shared_seconds"),
            backlog = number(result, row, "backlog");
    char buffer[32];
    struct text line _cleanup_text_ = {0};
    text_printf(&line, "%s: %s records fall due a day (since %.10s)",
                behind ? "it falls behind" : "it may fall behind soon",
                text_thousands(buffer, number(result, row, "arrival_per_day")), since);
    text_printf(&line, "; at %s a second they take %s", value(result, row, "records_per_second"),
                text_duration(buffer, work));
    if (shared > work)
        text_printf(&line, ", those of all categories of this time %s",
                    text_duration(buffer, shared));
    if (window)
        text_printf(&line, ", and the window %s gives %s", window,
                    text_duration(buffer, number(result, row, "window_seconds")));
    else
        text_add(&line, ", and a day has 24 h");
    if (behind && backlog > 0)
        text_printf(&line, "; %s are left, and they become more", text_thousands(buffer, backlog));
    text_printf(&line, ". %s its pace (\"pace\", \"database.connections\")",
                window ? "Widen the window, or raise" : "Raise");
    notes_add(notes, value(result, row, "category"), "%s", line.data);
}

/* Does it keep up? What is left for longer than a short while, and whether that becomes more. */
static void add_intake(struct notes *notes, const PGresult *result, int row)
{
    enum { LONG_S = 3600 };
    const char *intake = value(result, row, "intake");
    int64_t catch_up = number(result, row, "catch_up_seconds");
    char backlog[32], until[32];
    if (text_equal(intake, "behind") || text_equal(intake, "tight"))
        tell_intake(notes, result, row, text_equal(intake, "behind"));
    if (catch_up > LONG_S)
        notes_add(notes, value(result, row, "category"),
                  "%s records are left; at %s a second they are gone in about %s",
                  text_thousands(backlog, number(result, row, "backlog")),
                  value(result, row, "records_per_second"), text_duration(until, catch_up));
}

/* What somebody can do about the cause of one row. */
static void add_advice(struct notes *notes, const PGresult *result, int row)
{
    static const struct {
        const char *cause, *advice;
    } fixed[] = {
        {"awaiting approval",
         "a text was loaded that another role must approve: \"retentionctl policy diff CATEGORY\", "
         "then \"retentionctl policy approve CATEGORY\""},
        {"policy file gone",
         "the policy file is gone; put it back, or \"retentionctl policy retire "
         "CATEGORY --because ...\""},
        {"no worker", "records fell due, or were counted last, more than a day ago and no "
                      "worker leads; is retentiond running?"},
        {"never counted", "no worker has counted it yet; is retentiond running?"},
        {"waiting, or tenant paused",
         "what is due waits for records of other categories, or its tenant is paused: "
         "\"retentionctl plan CATEGORY\" says which, \"retentionctl resume --tenant TENANT "
         "--reason TEXT\" ends a pause"},
        {"blocked records", "records refuse to go; \"retentionctl status --json\" counts them, "
                            "retention.blocked_record says why"},
    };
    const char *category = value(result, row, "category"), *cause = value(result, row, "cause");
    char due[32], limit[32];
    const char *changed = value(result, row, "changed_columns");
    if (changed && text_equal(cause, "awaiting approval")) {
        notes_add(notes, category,
                  "these are other columns than those that were approved: %s; if the policy is "
                  "right about them as they are now (\"retentionctl plan CATEGORY\"), "
                  "\"retentionctl policy approve CATEGORY\"",
                  changed);
        return;
    }
    for (size_t i = 0; i < ARRAY_LENGTH(fixed); i++)
        if (text_equal(cause, fixed[i].cause))
            notes_add(notes, category, "%s", fixed[i].advice);
    if (text_equal(cause, "paused"))
        advise_paused(notes, result, row);
    if (text_equal(cause, "brake"))
        notes_add(notes, category,
                  "a brake stopped it: %s records would go, the limit is %s; if that is right, "
                  "\"retentionctl run --release-brake CATEGORY\"",
                  text_thousands(due, number(result, row, "brake_due")),
                  text_thousands(limit, number(result, row, "brake_limit")));
    if (cause && text_starts_with(cause, "not counted since"))
        notes_add(notes, category,
                  "%s; a worker leads, but no run of it came as far as counting since: what "
                  "retentiond logs says why (connections refused, runs that fail)",
                  cause);
    if (cause && text_starts_with(cause, "guard not in place"))
        notes_add(
            notes, category,
            "%s; batches keep what is held all the same, other roles are not kept from it; run "
            "what \"retentionctl setup --sql\" prints",
            cause);
    if (cause &&
        (text_starts_with(cause, "last run ") || text_starts_with(cause, "policy invalid")))
        notes_add(notes, category, "%s", cause);
}

/* What the leader's files say, and what is in effect, are two things after a refused reload; and so
 * may its program and the schema be. */
static void print_files(const PGresult *leader)
{
    const char *refused = value(leader, 0, "reload_refused"),
               *restart = value(leader, 0, "needs_restart"),
               *accepted = value(leader, 0, "accepted");
    if (refused)
        printf("Its last reload was refused (%.16s): %s\nWhat was loaded before is in effect; mend "
               "the file, look with \"retentionctl check\", reload again.\n",
               value(leader, 0, "reload_refused_at"), refused);
    if (restart)
        printf("Changed, and read at its next restart only: %s\n", restart);
    if (accepted)
        printf("It acts on a newer version's functions: %s.\nUpgrade retentiond on its machine "
               "soon.\n",
               accepted);
}

static void print_leader(struct cli *cli, const PGresult *leader)
{
    bool leads = PQgetvalue(leader, 0, 0)[0] == 't';
    if (cli->json)
        json_object_set_new(output_document(cli), "worker",
                            json_pack("{sb so so so so so so so}", "leads", leads, "host",
                                      json_text(result_value(leader, 0, 1)), "term",
                                      json_number(result_value(leader, 0, 2)), "renewed_at",
                                      output_time(result_value(leader, 0, 3)), "reload_refused",
                                      json_text(value(leader, 0, "reload_refused")),
                                      "reload_refused_at",
                                      output_time(value(leader, 0, "reload_refused_at")),
                                      "needs_restart", json_text(value(leader, 0, "needs_restart")),
                                      "accepted", json_text(value(leader, 0, "accepted"))));
    else if (leads) {
        printf("A worker leads on host \"%s\" (term %s).\n", PQgetvalue(leader, 0, 1),
               PQgetvalue(leader, 0, 2));
        print_files(leader);
        putchar('\n');
    } else
        puts("No worker leads.\n");
}

/* What is wrong, for --check. */
struct troubles {
    int overdue, failing, behind; /* categories */
    bool halted;                  /* no run starts */
};

/* Prints once. */
static bool show(struct session *session, const char *categories, struct troubles *ret_troubles,
                 struct error *error)
{
    struct cli *cli = session->cli;
    const char *const values[] = {categories};
    PGresult *leader _cleanup_result_ = session_file(session, "cli/leader.sql", 0, NULL, error);
    PGresult *rows _cleanup_result_ =
        leader ? session_file(session, "cli/status.sql", 1, values, error) : NULL;
    if (!rows)
        return false;
    print_leader(cli, leader);
    *ret_troubles = (struct troubles){0};
    if (!status_log_show(session, &ret_troubles->halted, error) ||
        !hold_status_show(session, cli_flag(cli, "holds"), error))
        return false;
    output_result(cli, "categories", rows, columns, ARRAY_LENGTH(columns),
                  "No category is loaded.");
    struct notes notes = {.arena = cli->arena};
    for (int r = 0; r < PQntuples(rows); r++) {
        bool failing = text_equal(value(rows, r, "failing"), "t");
        ret_troubles->failing += failing;
        ret_troubles->overdue += !failing && text_equal(value(rows, r, "overdue"), "t");
        ret_troubles->behind += text_equal(value(rows, r, "intake"), "behind");
        add_advice(&notes, rows, r);
        add_intake(&notes, rows, r);
    }
    if (!cli->json)
        notes_print(&notes, stdout);
    return true;
}

static void pause_between(void)
{
    struct timespec pause = {.tv_sec = 2};
    nanosleep(&pause, NULL);
}

/* The server may be restarted while somebody watches. False: interrupted. */
static bool connect_again(struct session *session)
{
    struct cli *cli = session->cli;
    while (!interrupted) {
        struct error error _cleanup_error_ = {0};
        pause_between();
        session_close(session);
        if (!interrupted && session_open(session, cli, SESSION_SCHEMA, &error))
            return true;
        if (!interrupted)
            printf("No answer, tried again: %s\n", error.primary);
        if (fflush(stdout) != 0)
            return false;
    }
    return false;
}

static bool watch(struct session *session, const char *categories, struct error *error)
{
    struct sigaction action = {.sa_handler = on_interrupt};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    bool terminal = isatty(STDOUT_FILENO);
    while (!interrupted) {
        struct troubles troubles;
        if (terminal)
            fputs("\033[H\033[2J", stdout);
        bool shown = show(session, categories, &troubles, error);
        if (!shown && PQstatus(session->conn) == CONNECTION_OK)
            return false;
        if (!shown)
            printf("No answer, tried again: %s\n", error->primary);
        error_clear(error);
        if (fflush(stdout) != 0)
            return true; /* the reader went away; the frame says so */
        if (!shown && !connect_again(session))
            return true;
        if (shown)
            pause_between();
        if (!terminal && !interrupted)
            putchar('\n');
    }
    return true;
}

bool command_status(struct cli *cli, struct error *error)
{
    bool watching = cli_flag(cli, "watch");
    if (watching && cli->json)
        return error_set(error, ERROR_USAGE, "--watch and --json exclude each other");
    struct session session _cleanup_session_ = {0};
    if (!session_open(&session, cli, SESSION_SCHEMA, error))
        return false;
    const char *categories = session_array(cli, cli->operands, cli->operand_count);
    if (categories && !session_categories_exist(&session, categories, error))
        return false;
    if (watching)
        return watch(&session, categories, error);
    struct troubles troubles;
    if (!show(&session, categories, &troubles, error))
        return false;
    if (!cli_flag(cli, "check"))
        return true;
    if (troubles.halted)
        return error_set(error, ERROR_OVERDUE, "the log is not signed, and no run starts");
    if (troubles.failing)
        return error_set(error, ERROR_OVERDUE, "%d %s, and %d overdue", troubles.failing,
                         troubles.failing == 1 ? "category fails" : "categories fail",
                         troubles.overdue);
    if (troubles.overdue)
        return error_set(error, ERROR_OVERDUE, "%d %s overdue", troubles.overdue,
                         troubles.overdue == 1 ? "category is" : "categories are");
    if (troubles.behind)
        return error_set(error, ERROR_OVERDUE, "%d %s behind", troubles.behind,
                         troubles.behind == 1 ? "category falls" : "categories fall");
    return true;
}
