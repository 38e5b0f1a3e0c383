#include "cli/log_compare.h"

#include <endian.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/encode.h"
#include "base/sql_files.h"
#include "ledger/digest.h"
#include "ledger/entry.h"
#include "ledger/merkle.h"
#include "ledger/verify.h"

/* Columns of cli/log_rows.sql, which come in binary. */
enum { INDEX, LEAF_HASH, ENTRY, TYPE, RUN, SEQ, CATEGORY, RELATION, ROWS, REFS, PLANNED };

static const char *bytes_of(const PGresult *row, int column, size_t *ret_length)
{
    *ret_length = (size_t)PQgetlength(row, 0, column);
    return PQgetisnull(row, 0, column) ? NULL : PQgetvalue(row, 0, column);
}

/* UINT64_MAX, which no bigint is, where there is none. */
static uint64_t number_of(const PGresult *row, int column)
{
    uint64_t n;
    if (PQgetlength(row, 0, column) != sizeof(n))
        return UINT64_MAX;
    memcpy(&n, PQgetvalue(row, 0, column), sizeof(n));
    return be64toh(n);
}

/* The next row into compare->row; NULL after the last. */
static bool next_row(struct log_compare *compare, struct error *error)
{
    PQclear(compare->row);
    compare->row = PQgetResult(compare->session.conn);
    switch (PQresultStatus(compare->row)) {
    case PGRES_SINGLE_TUPLE:
        return true;
    case PGRES_TUPLES_OK:
        PQclear(compare->row);
        compare->row = NULL;
        return true;
    default:
        error_set(error, ERROR_FAILED, "could not read the log's tables (SQLSTATE %s)",
                  compare->row && PQresultErrorField(compare->row, PG_DIAG_SQLSTATE)
                      ? PQresultErrorField(compare->row, PG_DIAG_SQLSTATE)
                      : "08006");
        return false;
    }
}

bool log_compare_open(struct log_compare *compare, struct cli *cli, struct error *error)
{
    *compare = (struct log_compare){0};
    return session_open(&compare->session, cli, SESSION_SCHEMA, error);
}

/* One snapshot, younger than the checkpoint that was read: the database has all that it covers. */
static bool begin(struct log_compare *compare, struct error *error)
{
    struct session *session = &compare->session;
    if (!session_execute(session, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", error))
        return false;
    /* In the order of the index, as they come: nothing is sorted or held. */
    PGresult *settings _cleanup_result_ =
        session_query(session,
                      "SELECT pg_catalog.set_config(name, value, true) FROM (VALUES "
                      "('enable_sort', 'off'), ('enable_hashjoin', 'off'), "
                      "('enable_mergejoin', 'off'), ('jit', 'off'), ('statement_timeout', '0'), "
                      "('max_parallel_workers_per_gather', '0')) s (name, value)",
                      0, NULL, error);
    PGresult *orphans _cleanup_result_ =
        settings ? session_file(session, "cli/log_orphans.sql", 0, NULL, error) : NULL;
    if (!orphans)
        return false;
    if (strcmp(PQgetvalue(orphans, 0, 2), "t") != 0)
        return error_set(error, ERROR_LOG, "the database has no log that is signed");
    if (result_value(orphans, 0, 0))
        return error_set(error, ERROR_LOG,
                         "database: the entry with id %s has no place in the tree, and waits for "
                         "none",
                         PQgetvalue(orphans, 0, 0));
    if (result_value(orphans, 0, 3)) /* told last: one that has its place is named by that */
        snprintf(compare->last_gone, sizeof(compare->last_gone), "%s", PQgetvalue(orphans, 0, 3));
    if (strcmp(PQgetvalue(orphans, 0, 1), "0") != 0)
        return error_set(error, ERROR_LOG, "database: %s sets of digests belong to no batch",
                         PQgetvalue(orphans, 0, 1));
    if (PQsendQueryParams(session->conn, sql_file("cli/log_rows.sql"), 0, NULL, NULL, NULL, NULL,
                          1) != 1 ||
        PQsetSingleRowMode(session->conn) != 1)
        return error_set(error, ERROR_FAILED, "could not read the log's tables");
    return next_row(compare, error);
}

/* NULL: the column is. */
static bool equals(const PGresult *row, int column, const char *value)
{
    size_t length;
    const char *s = bytes_of(row, column, &length);
    return value && s ? strlen(value) == length && memcmp(s, value, length) == 0 : value == s;
}

static bool number_equals(const PGresult *row, int column, const char *value)
{
    char number[24];
    snprintf(number, sizeof(number), "%" PRIu64, number_of(row, column));
    return PQgetisnull(row, 0, column) ? !value : value && strcmp(number, value) == 0;
}

/* The column, or NULL where it stands for no run, as zeros do in an entry; an entry without a field
 * of a run may belong to one. */
static bool run_equals(const PGresult *row, const char *value)
{
    static const uint8_t none[16];
    uint8_t run[16];
    size_t length;
    const char *s = bytes_of(row, RUN, &length);
    if (!value)
        return true;
    hex_decode(run, sizeof(run), value, strlen(value)); /* the reader has seen that it is one */
    return s ? length == sizeof(run) && memcmp(s, run, sizeof(run)) == 0
             : memcmp(run, none, sizeof(run)) == 0;
}

/* The category of the entry; or of its run's plan, which the end of one has, and what tells of its
 * numbers may have. */
static bool category_equals(const PGresult *row, const struct entry *entry)
{
    const char *value = entry_value(entry, "category"), *planned;
    size_t length, planned_length;
    const char *s = bytes_of(row, CATEGORY, &length);
    if (value)
        return equals(row, CATEGORY, strcmp(value, "*") == 0 ? NULL : value);
    planned = bytes_of(row, PLANNED, &planned_length);
    if (!planned)
        return true;
    return s ? length == planned_length && memcmp(s, planned, length) == 0
             : strcmp(entry->type_name, "done") != 0;
}

/* What stands beside the text in columns is what the text says. */
static bool compare_columns(const PGresult *row, uint64_t index, const struct entry *entry,
                            struct error *error)
{
    bool batch = strcmp(entry->type_name, "batch") == 0;
    const char *wrong = NULL;
    if (!equals(row, TYPE, entry->type_name))
        wrong = "type";
    else if (!category_equals(row, entry))
        wrong = "category";
    else if (entry->type && !equals(row, RELATION, entry_value(entry, "relation")))
        wrong = "relation";
    else if (!run_equals(row, entry_value(entry, "run")))
        wrong = "run";
    else if (batch && !number_equals(row, SEQ, entry_value(entry, "seq")))
        wrong = "seq"; /* of others it is the number of their kind */
    else if (entry->type && !number_equals(row, ROWS, batch ? entry_value(entry, "rows") : NULL))
        wrong = "rows";
    return !wrong ||
           error_set(error, ERROR_LOG,
                     "database: column \"%s\" of entry %" PRIu64 " is not what the entry says",
                     wrong, index);
}

static bool compare_refs(struct log_compare *compare, uint64_t index, const struct entry *entry,
                         struct error *error)
{
    const char *hex = entry_value(entry, "records");
    uint8_t root[32], found[32];
    size_t length;
    const char *refs = bytes_of(compare->row, REFS, &length);
    if (!hex || !hex_decode(root, sizeof(root), hex, strlen(hex)))
        return true; /* counts alone */
    if (!refs) {
        compare->last_missing = index + 1;
        return true;
    }
    digest_records_root((const uint8_t(*)[DIGEST_SIZE])refs, length / DIGEST_SIZE, found);
    compare->digests++;
    return (length % DIGEST_SIZE == 0 && memcmp(root, found, sizeof(root)) == 0) ||
           error_set(error, ERROR_LOG,
                     "database: the digests in log_records are not those of entry %" PRIu64, index);
}

bool log_compare_entry(struct log_compare *compare, uint64_t index, const uint8_t leaf[32],
                       const uint8_t *bytes, size_t length, struct error *error)
{
    static struct entry entry;
    size_t hash_length, text_length;
    uint8_t hash[32];
    if (index == 0 && !begin(compare, error))
        return false;
    if (!compare->row || number_of(compare->row, INDEX) != index) {
        error_set(error, ERROR_LOG,
                  "database has no entry %" PRIu64 ", which the log directory has", index);
        error_hint(error, "It was restored from a backup or a standby, or rows were taken away: "
                          "see \"retentionctl status\".");
        return false;
    }
    const char *leaf_hash = bytes_of(compare->row, LEAF_HASH, &hash_length);
    const char *text = bytes_of(compare->row, ENTRY, &text_length);
    if (!leaf_hash || hash_length != sizeof(hash) || memcmp(leaf_hash, leaf, sizeof(hash)) != 0)
        return error_set(error, ERROR_LOG,
                         "database: entry %" PRIu64
                         " has another hash in log_leaf than in the log directory",
                         index);
    if (!text)
        return error_set(error, ERROR_LOG, "database: entry %" PRIu64 " is gone from log_entry",
                         index);
    merkle_leaf(text, text_length, hash);
    if (memcmp(hash, leaf, sizeof(hash)) != 0 ||
        (bytes && (length != text_length || memcmp(bytes, text, length) != 0)))
        return error_set(error, ERROR_LOG, "database: entry %" PRIu64 " was altered in log_entry",
                         index);
    compare->entries++;
    if (!entry_read(&entry, text, text_length, error) ||
        !compare_columns(compare->row, index, &entry, error) ||
        !compare_refs(compare, index, &entry, error))
        return false;
    return next_row(compare, error);
}

bool log_compare_end(struct log_compare *compare, const struct verify_result *result,
                     struct error *error)
{
    for (; compare->row; compare->newer++)
        if (!next_row(compare, error))
            return false;
    if (*compare->last_gone) {
        error_set(error, ERROR_LOG, "database: the last entry of type \"%s\" is gone",
                  compare->last_gone);
        error_hint(error, "Its number was taken, and no entry in retention.log_entry has it.");
        return false;
    }
    return compare->last_missing <= result->prune_upto ||
           error_set(error, ERROR_LOG,
                     "database: the digests of entry %" PRIu64
                     " are missing, and no entry of the log says that they were pruned",
                     compare->last_missing - 1);
}

void log_compare_close(struct log_compare *compare)
{
    PQclear(compare->row);
    session_close(&compare->session);
    *compare = (struct log_compare){0};
}
