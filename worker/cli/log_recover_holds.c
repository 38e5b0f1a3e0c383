/* Holds come back from their copies in the log directory. */
#include <inttypes.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/text.h"
#include "cli/json.h"
#include "cli/log_recover.h"
#include "cli/output.h"
#include "cli/settings.h"
#include "ledger/hold_file.h"
#include "ledger/keyfile.h"

void recovery_note_hold(struct recovery *recovery, const char *uuid, const char *what)
{
    struct arena *arena = recovery->cli->arena;
    bool scope = strcmp(what, "placed") == 0 || strcmp(what, "extended") == 0;
    recovery->told = recovery->told ? arena_printf(arena, "%s,%s", recovery->told, uuid)
                                    : arena_strdup(arena, uuid);
    recovery->told_scope =
        recovery->told_scope ? arena_printf(arena, "%s,%c", recovery->told_scope, scope ? 't' : 'f')
        : scope              ? "t"
                             : "f";
}

/* --- the copies --- */

struct scan {
    struct recovery *recovery;
    struct text uuids, entries;
    struct error *error;
};

static bool scan_copy(void *arg, const char *name)
{
    struct scan *scan = arg;
    struct text path _cleanup_text_ = {0}, file _cleanup_text_ = {0};
    uint64_t entries = 0;
    if (!hold_file_is_uuid(name))
        return true;
    hold_file_name(&path, name);
    if (!directory_read(scan->recovery->directory, path.data, HOLD_FILE_MOST, &file, NULL,
                        scan->error))
        return false;
    if (!hold_file_entries(text_string(&file), file.length, &entries))
        entries = 0; /* broken: it is missed where the database does not have it */
    text_printf(&scan->uuids, "%s%s", scan->uuids.length > 1 ? "," : "", name);
    text_printf(&scan->entries, "%s%" PRIu64, scan->entries.length > 1 ? "," : "", entries);
    return true;
}

/* Which are to be brought back; second column: nothing may be deleted before. */
static PGresult *find_missing(struct recovery *recovery, struct error *error)
{
    struct scan scan = {.recovery = recovery, .error = error};
    struct arena *arena = recovery->cli->arena;
    PGresult *result = NULL;
    text_add(&scan.uuids, "{");
    text_add(&scan.entries, "{");
    if (directory_each(recovery->directory, "holds", scan_copy, &scan, error) && !error->primary) {
        text_add(&scan.uuids, "}");
        text_add(&scan.entries, "}");
        const char *const values[] = {
            scan.uuids.data, scan.entries.data,
            arena_printf(arena, "{%s}", recovery->told ? recovery->told : ""),
            arena_printf(arena, "{%s}", recovery->told_scope ? recovery->told_scope : "")};
        result = session_file(&recovery->session, "cli/holds_to_recover.sql", ARRAY_LENGTH(values),
                              values, error);
    }
    text_free(&scan.uuids);
    text_free(&scan.entries);
    return result;
}

/* --- one hold --- */

/* The copy, decrypted, appended to body; false and why where there is none that can be read. */
static bool open_copy(struct recovery *recovery, const char *uuid, struct text *body,
                      struct error *why)
{
    struct text path _cleanup_text_ = {0}, file _cleanup_text_ = {0};
    uint8_t kek[KEYFILE_SIZE];
    bool absent;
    char *key _cleanup_free_ = keyfile_find(&keyfile_kek, recovery->kek_file);
    hold_file_name(&path, uuid);
    if (!directory_read(recovery->directory, path.data, HOLD_FILE_MOST, &file, &absent, why))
        return false;
    if (absent)
        return error_set(why, ERROR_LOG, "the log directory has no copy of it");
    recovery->lacks_key = true;
    if (!key)
        return error_set(why, ERROR_CONFIG, "log.epoch_kek is not set");
    if (!keyfile_load(&keyfile_kek, key, kek, why))
        return false;
    bool opened = hold_file_open(body, kek, uuid, text_string(&file), file.length, why);
    OPENSSL_cleanse(kek, sizeof(kek));
    recovery->lacks_key = recovery->lacks_key && !opened;
    return opened;
}

static void note_lost(struct recovery *recovery, const char *uuid, const char *why)
{
    recovery->holds_lost =
        arena_printf(recovery->cli->arena, "%s  %s: %s\n",
                     recovery->holds_lost ? recovery->holds_lost : "", uuid, why);
    recovery->lost_count++;
}

static bool mark_lost(struct recovery *recovery, const char *uuid, const char *why,
                      struct error *error)
{
    const char *const values[] = {uuid, why};
    PGresult *result _cleanup_result_ = session_query(
        &recovery->session, "SELECT retention.recover_hold_lost($1::uuid, $2)", 2, values, error);
    return result != NULL;
}

static bool recover_hold(struct recovery *recovery, const char *uuid, bool frozen,
                         struct error *error)
{
    struct text body _cleanup_text_ = {0};
    struct error why _cleanup_error_ = {0};
    if (!open_copy(recovery, uuid, &body, &why)) {
        note_lost(recovery, uuid, why.primary);
        return !frozen || mark_lost(recovery, uuid, why.primary, error);
    }
    const char *const values[] = {uuid, text_string(&body)};
    PGresult *result _cleanup_result_ = session_query(
        &recovery->session, "SELECT retention.recover_hold($1::uuid, $2::jsonb)", 2, values, error);
    if (body.data)
        OPENSSL_cleanse(body.data, body.length);
    if (!result) {
        error_context(error, "while bringing back hold %s", uuid);
        return false;
    }
    if (strcmp(PQgetvalue(result, 0, 0), "back") == 0) {
        recovery->holds_back++;
    } else {
        recovery->lacks_category = true;
        note_lost(recovery, uuid, "it names a category that this database does not know");
    }
    return true;
}

bool recover_holds(struct recovery *recovery, struct error *error)
{
    PGresult *missing _cleanup_result_ = find_missing(recovery, error);
    bool lacks_key = false;
    for (int i = 0; missing && i < PQntuples(missing); i++) {
        recovery->lacks_key = false;
        if (!recover_hold(recovery, PQgetvalue(missing, i, 0), PQgetvalue(missing, i, 1)[0] == 't',
                          error))
            return false;
        lacks_key = lacks_key || recovery->lacks_key;
    }
    recovery->lacks_key = lacks_key;
    return missing != NULL;
}

bool recover_holds_report(struct recovery *recovery, struct error *error)
{
    if (recovery->lost_count == 0)
        return true;
    if (recovery->cli->json)
        json_object_set_new(output_document(recovery->cli), "holds_lost",
                            json_integer(recovery->lost_count));
    else
        printf("Not brought back:\n%s", recovery->holds_lost);
    error_set(error, ERROR_LOG, "%d legal hold%s could not be brought back", recovery->lost_count,
              recovery->lost_count == 1 ? "" : "s");
    error_hint(
        error, "Nothing is deleted while one that was placed or extended is missing.%s%s%s%s",
        recovery->lacks_key ? " Set log.epoch_kek to the key under which the copies were "
                              "written, and run this again. "
                            : "",
        recovery->lacks_key ? cli_credential_hint(recovery->cli, &keyfile_kek) : "",
        recovery->lacks_category
            ? " Run \"retentionctl policy load\" with all policies, then this again."
            : "",
        recovery->lacks_category && !recovery->lacks_key
            ? ""
            : " Without the copies, legal places (or extends) the holds again under the same "
              "uuids, and releases those that are over.");
    return false;
}
