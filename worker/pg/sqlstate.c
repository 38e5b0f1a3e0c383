/* One table, most specific rows first within a class: a row of five characters is one code, a row
 * of two is its whole class. The words are PostgreSQL's condition names, which hold no row's value.
 */
#include "pg/sqlstate.h"

#include <stddef.h>
#include <string.h>

#include "base/cleanup.h"

struct sqlstate_row {
    const char *prefix;
    enum retry_class retry;
    const char *condition;
    const char *hint;
};

static const struct sqlstate_row rows[] = {
    {"0A000", RETRY_FATAL, "feature not supported", NULL},
    {"08", RETRY_RECONNECT, "connection exception", NULL},
    {"09", RETRY_ROW, "triggered action exception", NULL},
    {"20", RETRY_ROW, "case not found", NULL},
    {"21", RETRY_ROW, "cardinality violation", NULL},
    {"22001", RETRY_ROW, "string data right truncation", NULL},
    {"22003", RETRY_ROW, "numeric value out of range", NULL},
    {"22007", RETRY_ROW, "invalid datetime format", NULL},
    {"22008", RETRY_ROW, "datetime field overflow", NULL},
    {"22012", RETRY_ROW, "division by zero", NULL},
    {"22021", RETRY_ROW, "character not in repertoire", NULL},
    {"22023", RETRY_ROW, "invalid parameter value", NULL},
    {"22P02", RETRY_ROW, "invalid text representation", NULL},
    {"22", RETRY_ROW, "data exception", NULL},
    {"23001", RETRY_ROW, "restrict violation", NULL},
    {"23502", RETRY_ROW, "not-null violation", NULL},
    {"23503", RETRY_ROW, "foreign key violation", NULL},
    {"23505", RETRY_ROW, "unique violation", NULL},
    {"23514", RETRY_ROW, "check violation", NULL},
    {"23P01", RETRY_ROW, "exclusion violation", NULL},
    {"23", RETRY_ROW, "integrity constraint violation", NULL},
    {"25006", RETRY_FATAL, "read-only transaction",
     "The server is a standby, or default_transaction_read_only is on for this role or database."},
    {"25P02", RETRY_FATAL, "transaction is aborted", NULL},
    {"25P03", RETRY_RECONNECT, "idle in transaction for too long", NULL},
    {"25", RETRY_FATAL, "invalid transaction state", NULL},
    {"26", RETRY_FATAL, "prepared statement does not exist",
     "Connect to the server itself, or to a pooler in session mode."},
    {"27", RETRY_ROW, "triggered data change violation", NULL},
    {"28000", RETRY_FATAL, "invalid authorization specification", NULL},
    {"28P01", RETRY_FATAL, "invalid password", NULL},
    {"28", RETRY_FATAL, "invalid authorization", NULL},
    {"2F", RETRY_ROW, "SQL routine exception", NULL},
    {"34", RETRY_FATAL, "invalid cursor name", NULL},
    {"38", RETRY_ROW, "external routine exception", NULL},
    {"39", RETRY_ROW, "external routine invocation exception", NULL},
    {"3B", RETRY_FATAL, "savepoint exception", NULL},
    {"3D", RETRY_FATAL, "database does not exist", NULL},
    {"3F", RETRY_FATAL, "schema does not exist", NULL},
    {"40001", RETRY_AGAIN, "serialization failure", NULL},
    {"40002", RETRY_ROW, "transaction integrity constraint violation", NULL},
    {"40003", RETRY_RECONNECT, "statement completion unknown", NULL},
    {"40P01", RETRY_AGAIN, "deadlock detected", NULL},
    {"40", RETRY_AGAIN, "transaction rollback", NULL},
    {"42501", RETRY_FATAL, "insufficient privilege",
     "\"retentionctl setup --sql\" prints the grants that the tables' owners must run."},
    {"42601", RETRY_FATAL, "syntax error", NULL},
    {"42602", RETRY_FATAL, "invalid name", NULL},
    {"42703", RETRY_FATAL, "undefined column",
     "\"retentionctl check\" says which policy names it."},
    {"42704", RETRY_FATAL, "undefined object", NULL},
    {"42803", RETRY_FATAL, "grouping error", NULL},
    {"42804", RETRY_FATAL, "datatype mismatch", NULL},
    {"42809", RETRY_FATAL, "wrong object type", NULL},
    {"42883", RETRY_FATAL, "undefined function",
     "If it is one of schema \"retention\", run \"retentionctl migrate\"."},
    {"42P01", RETRY_FATAL, "undefined table",
     "\"retentionctl check\" says which policy names it; if it is one of schema \"retention\", run "
     "\"retentionctl migrate\"."},
    {"42P17", RETRY_FATAL, "invalid object definition", NULL},
    {"42P18", RETRY_FATAL, "indeterminate datatype", NULL},
    {"42", RETRY_FATAL, "syntax error or access rule violation", NULL},
    {"44", RETRY_ROW, "with check option violation", NULL},
    {"53100", RETRY_FATAL, "disk full", "Make room on the server's disk."},
    {"53200", RETRY_FATAL, "out of memory", NULL},
    {"53300", RETRY_FATAL, "too many connections", NULL},
    {"53", RETRY_FATAL, "insufficient resources", NULL},
    {"54001", RETRY_ROW, "statement too complex", NULL},
    {"54", RETRY_FATAL, "program limit exceeded", NULL},
    {"55006", RETRY_ROW, "object in use", NULL},
    {"55P03", RETRY_LOCKED, "lock not available", NULL},
    {"55000", RETRY_ROW, "object not in prerequisite state", NULL},
    {"55", RETRY_ROW, "object not in prerequisite state", NULL},
    {"57014", RETRY_CANCELED, "query canceled", NULL},
    {"57P01", RETRY_RECONNECT, "terminated by an administrator's command", NULL},
    {"57P02", RETRY_RECONNECT, "terminated by a crash of another server process", NULL},
    {"57P03", RETRY_RECONNECT, "the server accepts no connections now", NULL},
    {"57P04", RETRY_FATAL, "the database was dropped", NULL},
    {"57P05", RETRY_RECONNECT, "idle for too long", NULL},
    {"57", RETRY_FATAL, "operator intervention", NULL},
    {"58", RETRY_FATAL, "system error of the server", "The server's log says more."},
    {"72", RETRY_AGAIN, "snapshot too old", NULL},
    {"F0", RETRY_FATAL, "configuration file error of the server", NULL},
    {"HV", RETRY_FATAL, "foreign data wrapper error", NULL},
    {"P0001", RETRY_ROW, "exception raised by a function or trigger", NULL},
    {"P0", RETRY_ROW, "error in a PL/pgSQL function or trigger", NULL},
    {SQLSTATE_STALE_TERM, RETRY_RUN_STOP, "another worker leads", NULL},
    {SQLSTATE_PAUSED, RETRY_RUN_STOP, "paused", "\"retentionctl status\" shows by whom and why."},
    {SQLSTATE_NOT_APPROVED, RETRY_RUN_STOP, "the category or its run is not active",
     "\"retentionctl policy list\" shows what awaits approval."},
    {SQLSTATE_FINGERPRINT, RETRY_RUN_STOP, "the governed tables changed since they were checked",
     "\"retentionctl check\" shows whether the policy still fits."},
    {SQLSTATE_CLOCK, RETRY_RUN_STOP,
     "the clocks of server and worker differ, or the server's jumped", "Synchronise both clocks."},
    {SQLSTATE_WRONG_DATABASE, RETRY_RUN_STOP,
     "this database is a copy or was restored, and is not adopted",
     "If it may be acted on, run \"retentionctl adopt\"."},
    {SQLSTATE_BRAKE, RETRY_RUN_STOP, "stopped by the brake",
     "\"retentionctl run --release-brake NAME\" lets it go on."},
    {SQLSTATE_SAME_ROLE, RETRY_RUN_STOP, "a second person is needed",
     "Let another role approve or confirm it."},
    {SQLSTATE_LEAF_GONE, RETRY_RUN_STOP, "the leaf is no partition of the table any more", NULL},
    {SQLSTATE_NOT_FOUND, RETRY_RUN_STOP, "no such category, run or policy", NULL},
    {SQLSTATE_REFUSED, RETRY_RUN_STOP, "refused", NULL},
    {SQLSTATE_GUARD, RETRY_ROW, "under legal hold",
     "The guard of another category keeps the record."},
    {SQLSTATE_OPEN_CELLS, RETRY_RUN_STOP,
     "open cells of the category were counted with another \"by\", \"measures\" or \"fold\", or by "
     "another stage",
     "Put that back until they are closed; or give them up: SELECT "
     "retention.abandon_cells('CATEGORY');"},
    {SQLSTATE_NOT_CHANGED, RETRY_ROW, "the record did not take the values that were set",
     "A trigger of the table puts others in their place."},
    {SQLSTATE_BAD_HOLD, RETRY_RUN_STOP, "values of the hold are bad", NULL},
    {SQLSTATE_HOLD_GAPS, RETRY_RUN_STOP, "the hold cannot reach every category",
     "\"retentionctl hold preview\" shows which, and why."},
    {SQLSTATE_HOLD_NOTHING, RETRY_RUN_STOP, "the hold reaches nothing",
     "\"retentionctl hold preview\" shows why, for each category."},
    {SQLSTATE_HOLD_KNOWN, RETRY_RUN_STOP, "the hold was placed before, with other arguments", NULL},
    {SQLSTATE_HOLD_RELIES, RETRY_RUN_STOP, "a hold relies on what the policy takes away",
     "Leave it in the policy until the hold is released and its grace is over."},
    {"RT", RETRY_RUN_STOP, "refused", NULL},
    {"XX", RETRY_FATAL, "internal error of the server", "The server's log says more."},
};

/* Classes that PostgreSQL defines and that have no row above: nothing a batch should meet. */
static const char other_classes[] = "00 01 02 03 0A 0B 0F 0L 0P 0Z 24 2B 2D";

static const struct sqlstate_row lost = {"", RETRY_RECONNECT, "connection lost", NULL};
static const struct sqlstate_row other = {"", RETRY_FATAL, "unexpected condition", NULL};
static const struct sqlstate_row foreign = {"", RETRY_ROW,
                                            "exception raised by a function or trigger", NULL};

static const struct sqlstate_row *row_of(const char *sqlstate)
{
    if (!sqlstate || !*sqlstate)
        return &lost;
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++)
        if (strncmp(sqlstate, rows[i].prefix, strlen(rows[i].prefix)) == 0)
            return &rows[i];
    if (strlen(sqlstate) != 5)
        return &other;
    char class[3] = {sqlstate[0], sqlstate[1], '\0'};
    return strstr(other_classes, class) ? &other : &foreign;
}

enum retry_class sqlstate_retry_class(const char *sqlstate)
{
    return row_of(sqlstate)->retry;
}

const char *sqlstate_condition(const char *sqlstate)
{
    return row_of(sqlstate)->condition;
}

const char *sqlstate_hint(const char *sqlstate)
{
    return row_of(sqlstate)->hint;
}
