/* Holds beside the log: what a database that goes back would forget, the directory keeps.
 *
 *   CHECK   at each comparison of database and directory: which holds have a copy there, of what
 *           age; copies that cannot be read any more count as none
 *   ASK     before each pass: is a hold missing here that the log or the directory knows? Then
 *           nothing is placed or signed, and no run starts, until it is back
 *   COPY    after new entries were read, before the checkpoint over them is signed: holds whose
 *           copy is older than their log entries are written anew, encrypted
 *
 * So whenever a checkpoint covers the entry of a hold, its copy is on disk. The list of copies is
 * kept in memory: nobody else writes there while the directory is locked. */
#include <inttypes.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/fault.h"
#include "base/log.h"
#include "engine/epochs.h"
#include "engine/sequencer_internal.h"
#include "engine/state.h"
#include "ledger/directory.h"
#include "ledger/hold_file.h"

enum { MOST_TOLD = 3 };

/* --- the list of copies --- */

void sequencer_forget_holds(struct sequencer *sequencer)
{
    free(sequencer->copies);
    sequencer->copies = NULL;
    sequencer->copy_count = 0;
}

static void note_copy(struct sequencer *sequencer, const char *uuid, uint64_t entries)
{
    size_t n = sequencer->copy_count;
    for (size_t i = 0; i < n; i++)
        if (strcmp(sequencer->copies[i].uuid, uuid) == 0) {
            sequencer->copies[i].entries = entries;
            return;
        }
    if ((n & (n - 1)) == 0) /* full, or none */
        sequencer->copies =
            xrealloc(sequencer->copies, (n ? 2 * n : 1) * sizeof(*sequencer->copies));
    snprintf(sequencer->copies[n].uuid, sizeof(sequencer->copies[n].uuid), "%s", uuid);
    sequencer->copies[n].entries = entries;
    sequencer->copy_count++;
}

/* The list as the two arrays that the functions take. */
static void list_copies(const struct sequencer *sequencer, struct text *uuids, struct text *entries)
{
    text_add(uuids, "{");
    text_add(entries, "{");
    for (size_t i = 0; i < sequencer->copy_count; i++) {
        text_printf(uuids, "%s%s", i ? "," : "", sequencer->copies[i].uuid);
        text_printf(entries, "%s%" PRIu64, i ? "," : "", sequencer->copies[i].entries);
    }
    text_add(uuids, "}");
    text_add(entries, "}");
}

/* --- CHECK --- */

struct scan {
    struct sequencer *sequencer;
    struct error *error;
};

static bool scan_copy(void *arg, const char *name)
{
    struct scan *scan = arg;
    struct sequencer *sequencer = scan->sequencer;
    struct text path _cleanup_text_ = {0}, file _cleanup_text_ = {0}, body _cleanup_text_ = {0};
    struct error unreadable _cleanup_error_ = {0};
    const struct epochs *epochs = sequencer->worker->epochs;
    uint64_t entries = 0;
    if (!hold_file_is_uuid(name))
        return true;
    hold_file_name(&path, name);
    if (!directory_read(sequencer->directory, path.data, HOLD_FILE_MOST, &file, NULL, scan->error))
        return false;
    bool right = hold_file_entries(text_string(&file), file.length, &entries);
    if (epochs->has_kek || !right) {
        right =
            hold_file_open(&body, epochs->kek, name, text_string(&file), file.length, &unreadable);
        if (body.data)
            OPENSSL_cleanse(body.data, body.length);
    }
    if (!right && unreadable.primary)
        log_warning("%s", unreadable.primary);
    note_copy(sequencer, name, right ? entries : 0);
    return true;
}

bool sequencer_scan_holds(struct sequencer *sequencer, struct error *error)
{
    struct scan scan = {sequencer, error};
    sequencer_forget_holds(sequencer);
    sequencer->copy_due = true;
    return directory_each(sequencer->directory, "holds", scan_copy, &scan, error) &&
           !error->primary;
}

/* --- ASK --- */

/* Which hold it told of is not known: the entry never got its place, or the directory has it. */
static void freeze_unknown(struct sequencer *sequencer)
{
    struct error error _cleanup_error_ = {0};
    error_set(&error, ERROR_LOG,
              "the last log entry of a legal hold is gone from the database (lost.hold): somebody "
              "removed it, and maybe the hold with it");
    error_hint(&error,
               "Nothing is deleted until legal has placed, extended or released a hold. Legal "
               "compares retentionctl hold list with what was ordered, and places again what is "
               "missing; if nothing is, a hold that is placed and released will do. The log then "
               "says lost.hold, and does not verify.");
    sequencer_fail(sequencer, "frozen", -1, &error);
}

static void freeze(struct sequencer *sequencer, const PGresult *result)
{
    struct error error _cleanup_error_ = {0};
    struct text list _cleanup_text_ = {0};
    int n = PQntuples(result);
    n -= PQgetisnull(result, n - 1, 0); /* NULL sorts last: these first, then freeze_unknown */
    for (int i = 0; i < n && i < MOST_TOLD; i++)
        text_printf(&list, "%s%s", i ? ", " : "", PQgetvalue(result, i, 0));
    error_set(&error, ERROR_LOG,
              n == 1 ? "%d legal hold that the log knows is missing in the database: %s%s"
                     : "%d legal holds that the log knows are missing in the database: %s%s",
              n, list.data, n > MOST_TOLD ? ", ..." : "");
    error_hint(&error,
               "Nothing is deleted until they are there. Run: retentionctl log recover. What that "
               "cannot bring back, legal places (or extends) again under the same uuid.");
    sequencer_fail(sequencer, "frozen", -1, &error);
}

static void on_missing(struct pg_conn *conn, enum pg_outcome outcome, PGresult *result,
                       const struct error *error, void *arg)
{
    struct sequencer *sequencer = arg;
    (void)conn;
    if (outcome == PG_LOST || !sequencer->busy)
        return;
    if (outcome != PG_OK)
        sequencer_fail(sequencer, "failing", -1, error);
    else if (PQntuples(result) == 1 && PQgetisnull(result, 0, 0))
        freeze_unknown(sequencer);
    else if (PQntuples(result) > 0)
        freeze(sequencer, result);
    else
        sequencer_place(sequencer);
}

void sequencer_ask_holds(struct sequencer *sequencer)
{
    struct text uuids _cleanup_text_ = {0}, entries _cleanup_text_ = {0};
    list_copies(sequencer, &uuids, &entries);
    const char *values[] = {uuids.data, entries.data};
    pg_conn_query(sequencer->worker->control,
                  "SELECT hold FROM retention.holds_missing($1::uuid[], $2::bigint[])", 2, values,
                  false, on_missing, sequencer);
    pg_conn_sync(sequencer->worker->control);
}

/* --- COPY --- */

enum { COPY_HOLD, COPY_ENTRIES, COPY_BODY };

static bool write_copy(struct sequencer *sequencer, const PGresult *row, struct error *error)
{
    struct text path _cleanup_text_ = {0}, file _cleanup_text_ = {0};
    const struct epochs *epochs = sequencer->worker->epochs;
    const char *uuid = PQgetvalue(row, 0, COPY_HOLD);
    uint64_t entries = strtoull(PQgetvalue(row, 0, COPY_ENTRIES), NULL, 10);
    if (!epochs->has_kek) {
        error_set(error, ERROR_CONFIG,
                  "hold %s cannot be kept beside the log: there is no key-encryption key", uuid);
        error_hint(error, "Set log.epoch_kek. Without the copy a database that is restored would "
                          "forget the hold.");
        return false;
    }
    hold_file_name(&path, uuid);
    if (!hold_file_seal(&file, epochs->kek, uuid, entries, PQgetvalue(row, 0, COPY_BODY),
                        (size_t)PQgetlength(row, 0, COPY_BODY), error) ||
        !directory_write(sequencer->directory, path.data, file.data, file.length, error))
        return false;
    note_copy(sequencer, uuid, entries);
    return true;
}

static void on_copy(struct pg_conn *conn, enum pg_outcome outcome, PGresult *result,
                    const struct error *error, void *arg)
{
    struct sequencer *sequencer = arg;
    struct error own _cleanup_error_ = {0};
    (void)conn;
    if (outcome == PG_OK && PQntuples(result) == 1) {
        if (sequencer->busy && !sequencer->row_error.primary &&
            !write_copy(sequencer, result, &own))
            error_move(&sequencer->row_error, &own);
        return;
    }
    if (!sequencer_went_well(sequencer, outcome, error))
        return;
    if (!directory_sync(sequencer->directory, &own)) {
        sequencer_fail(sequencer, "failing", -1, &own);
        return;
    }
    (void)FAULT_POINT("log_after_holds");
    sequencer->copy_due = false;
    sequencer_flush(sequencer);
}

void sequencer_copy_holds(struct sequencer *sequencer)
{
    struct text uuids _cleanup_text_ = {0}, entries _cleanup_text_ = {0};
    if (!sequencer->copy_due) {
        sequencer_flush(sequencer);
        return;
    }
    list_copies(sequencer, &uuids, &entries);
    const char *values[] = {uuids.data, entries.data};
    pg_conn_query(sequencer->worker->control,
                  "SELECT hold, entries, body FROM retention.hold_mirrors($1::uuid[], "
                  "$2::bigint[])",
                  2, values, false, on_copy, sequencer);
    pg_conn_single_rows(sequencer->worker->control);
    pg_conn_sync(sequencer->worker->control);
}
