/* retentionctl log prune: takes old entries out of the log directory.
 *
 * That they may go is an entry of the log itself. Only when a checkpoint covers it, and was
 * anchored where checkpoints are, the bundles and the record digests below go; before that, the
 * proofs of those entries that later ones rest on are saved. Hash tiles stay: every proof that was
 * given out goes on being one. It can be stopped anywhere and run again. */
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "base/arena.h"
#include "cli/json.h"
#include "cli/log_directory.h"
#include "cli/output.h"
#include "cli/session.h"
#include "ledger/entry.h"

enum { WAIT_SECONDS = 120, POLLS_A_SECOND = 4 };

struct prune {
    struct cli *cli;
    struct session session;
    struct log_directory log;
    const char *entry; /* id of the prune entry */
    int64_t place, upto;
    int64_t bundles, records, proofs;
};

/* How many entries go: a multiple of 256. */
static bool read_upto(struct prune *prune, struct error *error)
{
    const char *upto = cli_option(prune->cli, "upto"), *before = cli_option(prune->cli, "before");
    if (!upto == !before)
        return error_set(error, ERROR_USAGE, "\"log prune\" wants one of --before and --upto");
    if (upto)
        return (cli_number(upto, &prune->upto) && prune->upto > 0 &&
                prune->upto % TILE_WIDTH == 0) ||
               error_set(error, ERROR_USAGE, "--upto wants a multiple of %d, not \"%s\"",
                         TILE_WIDTH, upto);
    const char *const values[] = {before};
    PGresult *result _cleanup_result_ =
        session_file(&prune->session, "cli/log_before.sql", 1, values, error);
    if (!result)
        return error_is_bad_value(error) ? error_set(error, ERROR_USAGE, "--before wants a time")
                                         : false;
    if (!cli_number(PQgetvalue(result, 0, 0), &prune->upto))
        return error_set(error, ERROR_FAILED, "could not read what the database says of the log");
    prune->upto -= prune->upto % TILE_WIDTH;
    return true;
}

static bool log_it(struct prune *prune, struct error *error)
{
    const char *const values[] = {arena_printf(prune->cli->arena, "%" PRId64, prune->upto)};
    PGresult *result _cleanup_result_ =
        session_query(&prune->session, "SELECT retention.prune_log($1)", 1, values, error);
    if (!result)
        return false;
    prune->entry = arena_strdup(prune->cli->arena, PQgetvalue(result, 0, 0));
    return true;
}

static bool is_true(const PGresult *result, const char *column)
{
    return strcmp(PQgetvalue(result, 0, PQfnumber(result, column)), "t") == 0;
}

/* Until a checkpoint covers the entry, and left the machine. */
static bool wait_for_checkpoint(struct prune *prune, struct error *error)
{
    const char *const values[] = {prune->entry}, *why = NULL;
    bool covered = false, waits_for_anchor = false;
    for (int i = 0; i < WAIT_SECONDS * POLLS_A_SECOND; i++) {
        PGresult *state _cleanup_result_ =
            session_file(&prune->session, "cli/log_prune_state.sql", 1, values, error);
        if (!state || PQntuples(state) == 0)
            return false;
        covered = is_true(state, "covered");
        if (covered && is_true(state, "anchored"))
            return cli_number(PQgetvalue(state, 0, 0), &prune->place) ||
                   error_set(error, ERROR_FAILED, "the prune entry has no place");
        why = arena_strdup(prune->cli->arena,
                           result_value(state, 0, PQfnumber(state, "anchor_error")));
        if (i == 0 && !covered && !prune->cli->json)
            fprintf(stderr,
                    "Waiting for a checkpoint that covers the prune entry, at most %d s...\n",
                    WAIT_SECONDS);
        if (covered && !waits_for_anchor && !prune->cli->json)
            fprintf(stderr,
                    "Waiting for the command log.anchor to take the checkpoint that covers the "
                    "prune entry,\nat most %d s%s%s...\n",
                    WAIT_SECONDS - i / POLLS_A_SECOND, why ? "; so far " : "", why ? why : "");
        waits_for_anchor = covered;
        nanosleep(&(struct timespec){.tv_nsec = 1000000000 / POLLS_A_SECOND}, NULL);
    }
    error_set(error, ERROR_STOPPED,
              covered ? "the checkpoint that covers the prune entry was not anchored yet"
                      : "no checkpoint covers the prune entry yet");
    if (covered)
        error_hint(error,
                   "Nothing was removed. %s%sMend the command log.anchor, or take it out of the "
                   "main file and start the worker again; then give the same command again.",
                   why ? why : "", why ? ". " : "");
    else
        error_hint(error,
                   "Nothing was removed. A worker must run; then give the same command again.");
    return false;
}

/* The directory has the prune entry, under its checkpoint. */
static bool check_entry(struct prune *prune, struct error *error)
{
    struct text text _cleanup_text_ = {0};
    struct entry *entry = arena_alloc(prune->cli->arena, sizeof(*entry));
    int64_t upto;
    if (!log_directory_open(&prune->log, prune->cli, error) ||
        !log_directory_entry(&prune->log, (uint64_t)prune->place, &text, error) ||
        !entry_read(entry, text.data, text.length, error))
        return false;
    return (strcmp(entry->type_name, "prune") == 0 &&
            cli_number(entry_value(entry, "upto"), &upto) && upto >= prune->upto) ||
           error_set(error, ERROR_LOG, "entry %" PRId64 " of the log directory is not the prune's",
                     prune->place);
}

/* What later entries rest on: who comes after the prune still has it proved. */
static bool is_saved(const struct entry *entry)
{
    static const char *const types[] = {"genesis", "epoch", "policy", "rotate",
                                        "retire",  "shred", "prune"};
    for (size_t i = 0; i < ARRAY_LENGTH(types); i++)
        if (strcmp(entry->type_name, types[i]) == 0)
            return true;
    return false;
}

/* Also where there is one, of an earlier prune that came to no end: as long as the bundle is there,
 * nobody rests on it, and it may be damaged. */
static bool save_proof(struct prune *prune, uint64_t index, struct error *error)
{
    struct text name _cleanup_text_ = {0}, proof _cleanup_text_ = {0};
    text_printf(&name, "proofs/%" PRIu64, index);
    prune->proofs++;
    return log_directory_prove(&prune->log, index, &proof, error) &&
           directory_write(prune->log.directory, name.data, proof.data, proof.length, error);
}

static bool remove_records(struct prune *prune, const struct entry *entry, struct error *error)
{
    struct text name _cleanup_text_ = {0};
    int64_t seq;
    if (strcmp(entry->type_name, "batch") != 0 || !cli_number(entry_value(entry, "seq"), &seq))
        return true;
    directory_records_name(&name, entry_value(entry, "run"), (uint64_t)seq);
    prune->records += directory_exists(prune->log.directory, name.data);
    return directory_remove(prune->log.directory, name.data, error);
}

/* Each entry of a bundle that is there. */
static bool each_entry(struct prune *prune, uint64_t bundle, bool remove, struct error *error)
{
    struct text bytes _cleanup_text_ = {0};
    struct entry *entry = xmalloc(sizeof(*entry));
    bool absent, done = directory_read_bundle(prune->log.directory, bundle, TILE_WIDTH, &bytes,
                                              &absent, error);
    size_t at = 0, n;
    const uint8_t *next;
    for (uint64_t i = bundle * TILE_WIDTH;
         done && !absent && bundle_next((uint8_t *)bytes.data, bytes.length, &at, &next, &n); i++) {
        done = entry_read(entry, (const char *)next, n, error);
        if (done && remove)
            done = remove_records(prune, entry, error);
        else if (done && is_saved(entry))
            done = save_proof(prune, i, error);
    }
    if (done && !absent && remove) {
        struct text name _cleanup_text_ = {0};
        tile_path(&name, &(struct tile){TILE_ENTRIES, bundle, TILE_WIDTH});
        prune->bundles++;
        done = directory_remove(prune->log.directory, name.data, error);
    }
    free(entry);
    return done;
}

static bool remove_below(struct prune *prune, struct error *error)
{
    uint64_t bundles = (uint64_t)prune->upto / TILE_WIDTH;
    for (uint64_t n = 0; n < bundles; n++)
        if (!each_entry(prune, n, false, error))
            return false;
    if (!directory_sync(prune->log.directory, error))
        return false;
    for (uint64_t n = 0; n < bundles; n++)
        if (!each_entry(prune, n, true, error))
            return false;
    return directory_sync(prune->log.directory, error);
}

static void tell(const struct prune *prune)
{
    char entries[32], records[32];
    if (prune->cli->json) {
        json_t *document = output_document(prune->cli);
        json_object_set_new(document, "upto", json_integer(prune->upto));
        json_object_set_new(document, "entries", json_integer(prune->bundles * TILE_WIDTH));
        json_object_set_new(document, "record_files", json_integer(prune->records));
        json_object_set_new(document, "proofs", json_integer(prune->proofs));
        return;
    }
    printf("Removed %s entries and %s sets of record digests from the log directory; the log says "
           "so in\nits entry %" PRId64 ". The hashes of all stay, and the database keeps what it "
           "has.\n",
           text_thousands(entries, prune->bundles * TILE_WIDTH),
           text_thousands(records, prune->records), prune->place);
}

static bool run(struct prune *prune, struct error *error)
{
    /* That the directory can be read is seen before anything is logged. */
    if (!log_directory_open(&prune->log, prune->cli, error))
        return false;
    log_directory_close(&prune->log);
    if (!session_open(&prune->session, prune->cli, SESSION_SCHEMA, error) ||
        !session_bound(&prune->session, error) || !read_upto(prune, error))
        return false;
    if (prune->upto > 0 && (!log_it(prune, error) || !wait_for_checkpoint(prune, error) ||
                            !check_entry(prune, error) || !remove_below(prune, error)))
        return false;
    if (prune->upto == 0 && !prune->cli->json)
        puts("Nothing to remove: entries go by whole tiles of 256.");
    else
        tell(prune);
    return true;
}

bool command_log_prune(struct cli *cli, struct error *error)
{
    struct prune prune = {.cli = cli};
    bool done = run(&prune, error);
    log_directory_close(&prune.log);
    session_close(&prune.session);
    return done;
}
