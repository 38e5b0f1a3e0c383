/* retentionctl log recover: what the database lost comes back from the log directory.
 *
 * All in one transaction: the directory's tree is checked against its signed checkpoint, the
 * database's places must be a beginning of it (or the other way round), then each further entry is
 * written (or found, where the backup had it without its place), with what lies beside it: record
 * digests, policy texts, checkpoints, holds. "restored" follows them. */
#include "cli/log_recover.h"

#include <inttypes.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/encode.h"
#include "base/text.h"
#include "cli/json.h"
#include "cli/output.h"
#include "cli/settings.h"
#include "config/settings.h"
#include "ledger/entry.h"
#include "ledger/keyfile.h"
#include "ledger/lines.h"
#include "ledger/merkle.h"

enum { MOST_REFS = 64 * 1024 * 1024 };

static bool add_key(struct recovery *recovery, const char *vkey, struct error *error)
{
    return recovery->key_count == RECOVERY_MOST_KEYS ||
           note_verifier_parse(&recovery->keys[recovery->key_count++], vkey, error);
}

/* The keys that may have signed: the worker's own, where it can be read; what the directory says;
 * what the database's log names. Who runs this has both in hand: nobody else is to be convinced. */
static bool find_keys(struct recovery *recovery, const struct settings *settings,
                      struct error *error)
{
    struct text vkey _cleanup_text_ = {0};
    uint8_t seed[KEYFILE_SIZE];
    bool absent;
    char *file _cleanup_free_ = keyfile_find(&keyfile_signing, settings->log.signing_key);
    bool loaded = file && keyfile_load(&keyfile_signing, file, seed, NULL);
    struct note_signer *signer = loaded ? note_signer_new(settings->log.origin, seed, error) : NULL;
    OPENSSL_cleanse(seed, sizeof(seed));
    if (loaded) {
        if (!signer)
            return false;
        recovery->keys[recovery->key_count++] = *note_signer_verifier(signer);
        note_signer_free(signer);
    }
    if (!directory_read(recovery->directory, "vkey", 16384, &vkey, &absent, error))
        return false;
    char *save = NULL;
    for (char *line = vkey.data ? strtok_r(vkey.data, "\r\n", &save) : NULL; line;
         line = strtok_r(NULL, "\r\n", &save))
        if (!add_key(recovery, line, error))
            return false;
    PGresult *result _cleanup_result_ =
        session_query(&recovery->session,
                      "SELECT pg_catalog.substring(e.entry, E'\\nvkey ([^\\n]+)\\n') "
                      "FROM retention.log_entry e WHERE e.type IN ('genesis', 'rotate') "
                      "AND e.run IS NULL ORDER BY e.id",
                      0, NULL, error);
    for (int i = 0; result && i < PQntuples(result); i++)
        if (!add_key(recovery, PQgetvalue(result, i, 0), error))
            return false;
    return result != NULL;
}

/* --- the database's side --- */

static bool leaf_of_database(struct recovery *recovery, uint64_t index,
                             uint8_t ret_hash[MERKLE_HASH_SIZE], struct error *error)
{
    const char *const values[] = {arena_printf(recovery->cli->arena, "%" PRIu64, index)};
    PGresult *result _cleanup_result_ = session_query(
        &recovery->session,
        "SELECT pg_catalog.encode(leaf_hash, 'hex') FROM retention.log_leaf WHERE index = $1", 1,
        values, error);
    if (!result)
        return false;
    const char *hex = PQntuples(result) == 1 ? PQgetvalue(result, 0, 0) : "";
    return hex_decode(ret_hash, MERKLE_HASH_SIZE, hex, strlen(hex)) ||
           error_set(error, ERROR_LOG, "entry %" PRIu64 " of the tree is missing in the database",
                     index);
}

static bool begin(struct recovery *recovery, uint64_t log_size, struct error *error)
{
    const char *const values[] = {arena_printf(recovery->cli->arena, "%" PRIu64, log_size)};
    if (!session_execute(&recovery->session, "BEGIN", error))
        return false;
    PGresult *result _cleanup_result_ = session_query(
        &recovery->session, "SELECT retention.recover_begin($1::bigint)", 1, values, error);
    if (result)
        recovery->database_size = strtoull(PQgetvalue(result, 0, 0), NULL, 10);
    return result != NULL;
}

static bool end(struct recovery *recovery, uint64_t log_size, struct error *error)
{
    struct arena *arena = recovery->cli->arena;
    char *holder _cleanup_free_ = directory_holder(recovery->directory);
    const char *const values[] = {arena_printf(arena, "%" PRIu64, recovery->database_size),
                                  arena_printf(arena, "%" PRIu64, log_size),
                                  arena_printf(arena, "%" PRIu64, recovery->undone), holder};
    PGresult *result _cleanup_result_ = session_query(
        &recovery->session, "SELECT retention.recover_end($1::bigint, $2::bigint, $3::bigint, $4)",
        4, values, error);
    return result && session_execute(&recovery->session, "COMMIT", error);
}

/* --- from the directory --- */

/* The tiles give the root that was signed, and the last leaf that both have is the same. */
static bool check_tree(struct recovery *recovery, const struct checkpoint *last,
                       struct error *error)
{
    uint64_t common = recovery->database_size < last->size ? recovery->database_size : last->size;
    struct tile_source *source = xcalloc(1, sizeof(*source));
    uint8_t root[MERKLE_HASH_SIZE], theirs[MERKLE_HASH_SIZE], ours[MERKLE_HASH_SIZE];
    *source = (struct tile_source){
        .size = last->size, .fetch = directory_fetch_tile, .arg = recovery->directory};
    bool whole = merkle_root(tile_source_read, source, last->size, root) &&
                 memcmp(root, last->root, sizeof(root)) == 0;
    bool there = whole && (common == 0 || tile_source_read(source, 0, common - 1, theirs));
    free(source);
    if (!there)
        return error_set(error, ERROR_LOG, "the tiles in \"%s\" are not those of its checkpoint",
                         directory_path(recovery->directory));
    if (common == 0)
        return true;
    if (!leaf_of_database(recovery, common - 1, ours, error))
        return false;
    if (memcmp(ours, theirs, sizeof(ours)) == 0)
        return true;
    error_set(error, ERROR_LOG,
              "the database's log is another one than the directory's: entry %" PRIu64 " differs",
              common - 1);
    error_hint(error, "The database went on without this directory. Restore it again, from a "
                      "backup that this directory belongs to.");
    return false;
}

/* "\\x..." for a batch whose refs the directory has, else NULL; in the arena. */
static bool read_refs(struct recovery *recovery, struct arena *arena, const struct entry *entry,
                      const char **ret_hex, struct error *error)
{
    struct text name _cleanup_text_ = {0}, refs _cleanup_text_ = {0};
    bool absent;
    const char *root = entry_value(entry, "records");
    *ret_hex = NULL;
    if (!root || strcmp(root, "none") == 0)
        return true;
    directory_records_name(&name, entry_value(entry, "run"),
                           strtoull(entry_value(entry, "seq"), NULL, 10));
    if (!directory_read(recovery->directory, name.data, MOST_REFS, &refs, &absent, error))
        return false;
    if (absent)
        return true; /* pruned */
    char *hex = arena_alloc(arena, 2 * refs.length + 3);
    memcpy(hex, "\\x", 2);
    hex_encode(hex + 2, (const uint8_t *)refs.data, refs.length);
    *ret_hex = hex;
    return true;
}

/* The text that a policy entry names, where the directory has it. */
static bool bring_policy_back(struct recovery *recovery, struct arena *arena,
                              const struct entry *entry, struct error *error)
{
    enum { MOST_TEXT = 1024 * 1024 };
    struct text text _cleanup_text_ = {0};
    const char *previous = entry_value(entry, "previous"), *sha256 = entry_value(entry, "sha256");
    bool absent;
    if (!directory_read(recovery->directory, arena_printf(arena, "policies/%s", sha256), MOST_TEXT,
                        &text, &absent, error))
        return false;
    const char *const values[] = {entry_value(entry, "category"), sha256, text_string(&text),
                                  text_equal(previous, "none") ? NULL : previous,
                                  entry_value(entry, "by")};
    PGresult *result _cleanup_result_ =
        absent ? NULL
               : session_query(&recovery->session,
                               "SELECT retention.recover_policy($1, $2, $3, $4, $5)",
                               ARRAY_LENGTH(values), values, error);
    return absent || result;
}

static bool bring_back(struct recovery *recovery, uint64_t index, const char *bytes, size_t length,
                       struct error *error)
{
    struct arena *arena _cleanup_arena_ = arena_new();
    struct entry entry;
    const char *refs;
    if (!entry_read(&entry, bytes, length, error) ||
        !read_refs(recovery, arena, &entry, &refs, error))
        return false;
    bool batch = strcmp(entry.type_name, "batch") == 0;
    bool policy = strcmp(entry.type_name, "policy") == 0;
    const char *category = entry_value(&entry, "category");
    if (policy && !bring_policy_back(recovery, arena, &entry, error))
        return false;
    const char *const values[] = {arena_printf(arena, "%" PRIu64, index),
                                  arena_strndup(arena, bytes, length),
                                  entry.type_name,
                                  entry_value(&entry, "run"),
                                  batch ? entry_value(&entry, "seq") : NULL,
                                  text_equal(category, "*") ? NULL : category,
                                  entry_value(&entry, "relation"),
                                  batch ? entry_value(&entry, "rows") : NULL,
                                  refs};
    PGresult *result _cleanup_result_ = session_query(
        &recovery->session,
        "SELECT retention.recover_entry($1::bigint, $2, $3, $4::uuid, $5::bigint, $6, "
        "$7, $8::bigint, $9::bytea)",
        ARRAY_LENGTH(values), values, error);
    if (!result) {
        error_context(error, "while bringing back entry %" PRIu64, index);
        return false;
    }
    bool written = PQgetvalue(result, 0, 0)[0] == 't';
    recovery->written += written;
    recovery->undone += written && batch;
    if (written && strcmp(entry.type_name, "hold") == 0)
        recovery_note_hold(recovery, entry_value(&entry, "hold"), entry_value(&entry, "what"));
    return true;
}

static bool bring_back_all(struct recovery *recovery, uint64_t log_size, struct error *error)
{
    uint64_t index = recovery->database_size;
    while (index < log_size) {
        struct text bundle _cleanup_text_ = {0};
        uint64_t n = index / TILE_WIDTH, i = n * TILE_WIDTH;
        unsigned width = tile_width(TILE_ENTRIES, n, log_size);
        struct tile tile = {0, n, width};
        uint8_t hashes[TILE_WIDTH][MERKLE_HASH_SIZE], hash[MERKLE_HASH_SIZE];
        bool absent;
        if (!directory_read_bundle(recovery->directory, n, width, &bundle, &absent, error))
            return false;
        if (absent || !directory_fetch_tile(recovery->directory, &tile, hashes[0]))
            return error_set(error, ERROR_LOG,
                             "the bundle of entry %" PRIu64 " is missing in \"%s\"", index,
                             directory_path(recovery->directory));
        const uint8_t *bytes;
        size_t at = 0, length;
        for (; bundle_next((const uint8_t *)bundle.data, bundle.length, &at, &bytes, &length);
             i++) {
            if (i < index)
                continue;
            merkle_leaf(bytes, length, hash);
            if (memcmp(hash, hashes[i % TILE_WIDTH], sizeof(hash)) != 0)
                return error_set(error, ERROR_LOG,
                                 "entry %" PRIu64 " in \"%s\" is not the one that was signed", i,
                                 directory_path(recovery->directory));
            if (!bring_back(recovery, i, (const char *)bytes, length, error))
                return false;
        }
        index = i;
    }
    return true;
}

/* --- the checkpoints --- */

struct checkpoints {
    struct recovery *recovery;
    char *holder;
    uint64_t most;
    struct error *error;
};

static bool bring_checkpoint_back(void *arg, const char *name)
{
    struct checkpoints *checkpoints = arg;
    struct recovery *recovery = checkpoints->recovery;
    struct text path _cleanup_text_ = {0}, note _cleanup_text_ = {0};
    struct error why _cleanup_error_ = {0};
    struct checkpoint checkpoint;
    char hex[2 * MERKLE_HASH_SIZE + 3] = "\\x";
    uint64_t size;
    if (!lines_read_number(name, strlen(name), &size) || size > checkpoints->most)
        return true;
    directory_checkpoint_name(&path, size);
    if (!directory_read(recovery->directory, path.data, NOTE_MOST_BYTES, &note, NULL,
                        checkpoints->error))
        return false;
    if (!checkpoint_open_by(&checkpoint, text_string(&note), note.length, recovery->keys,
                            recovery->key_count, NULL, &why) ||
        checkpoint.size != size)
        return true; /* "log verify" says what is wrong with it */
    hex_encode(hex + 2, checkpoint.root, sizeof(checkpoint.root));
    const char *const values[] = {name, hex, note.data, checkpoints->holder};
    PGresult *result _cleanup_result_ = session_query(
        &recovery->session, "SELECT retention.recover_checkpoint($1::bigint, $2::bytea, $3, $4)",
        ARRAY_LENGTH(values), values, checkpoints->error);
    return result != NULL;
}

static bool bring_checkpoints_back(struct recovery *recovery, uint64_t most, struct error *error)
{
    struct checkpoints checkpoints = {
        .recovery = recovery,
        .holder = directory_holder(recovery->directory),
        .most = most,
        .error = error,
    };
    bool done = directory_each(recovery->directory, "checkpoints", bring_checkpoint_back,
                               &checkpoints, error) &&
                !error->primary;
    free(checkpoints.holder);
    return done;
}

static void print_recovered(struct recovery *recovery, uint64_t size)
{
    uint64_t places = size > recovery->database_size ? size - recovery->database_size : 0;
    if (recovery->cli->json) {
        json_t *document = output_document(recovery->cli);
        json_object_set_new(document, "entries", json_integer((json_int_t)places));
        json_object_set_new(document, "batches_undone", json_integer((json_int_t)recovery->undone));
        json_object_set_new(document, "log_size", json_integer((json_int_t)size));
        json_object_set_new(document, "holds", json_integer(recovery->holds_back));
    } else if (places == 0) {
        printf("The database has all %" PRIu64 " entries of the directory; nothing was missing.\n",
               size);
    } else {
        printf("%" PRIu64 " entries are back in their places, up to size %" PRIu64 ". %" PRIu64
               " batches were undone by the restore; their records go again when they are due.\n",
               places, size, recovery->undone);
    }
    if (recovery->holds_back > 0 && !recovery->cli->json)
        printf("%d legal %s back: what %s is held again.\n", recovery->holds_back,
               recovery->holds_back == 1 ? "hold is" : "holds are",
               recovery->holds_back == 1 ? "it covers" : "they cover");
}

/* The size of the last checkpoint that the database knows; 0: none. */
static bool last_known(struct recovery *recovery, uint64_t *ret_size, struct error *error)
{
    PGresult *result _cleanup_result_ =
        session_query(&recovery->session,
                      "SELECT pg_catalog.max(size) FROM retention.log_checkpoint", 0, NULL, error);
    if (!result)
        return false;
    *ret_size = strtoull(PQgetvalue(result, 0, 0), NULL, 10);
    return true;
}

/* A directory that is older than the database cannot tell whether the database is the newest one:
 * what was signed after both is elsewhere, and would be signed again, otherwise. */
static bool check_newest(struct recovery *recovery, const struct checkpoint *last,
                         struct error *error)
{
    uint64_t size;
    if (!last_known(recovery, &size, error))
        return false;
    if (size <= last->size)
        return true;
    error_set(error, ERROR_LOG,
              "the last signed checkpoint in \"%s\" is of size %" PRIu64
              ", and the database knows one "
              "of size %" PRIu64 ": this directory is an old copy",
              directory_path(recovery->directory), last->size, size);
    error_hint(error,
               "Copy the directory of the worker that signed last here, and run this again. If it "
               "is lost, run: retentionctl log recover --checkpoint FILE, with the newest "
               "checkpoint that was anchored or that an auditor has.");
    return false;
}

static bool recover(struct recovery *recovery, struct error *error)
{
    struct checkpoint last;
    if (!directory_last_checkpoint(recovery->directory, recovery->keys, recovery->key_count, &last,
                                   NULL, NULL, error))
        return false;
    if (last.size == 0)
        return error_set(error, ERROR_LOG, "there is no signed checkpoint in \"%s\"",
                         directory_path(recovery->directory));
    if (!begin(recovery, INT64_MAX, error) || !check_newest(recovery, &last, error))
        return false;
    /* more than was signed: a worker stopped in between; then only holds can be missing */
    uint64_t size = recovery->database_size > last.size ? recovery->database_size : last.size;
    if (!check_tree(recovery, &last, error) || !bring_back_all(recovery, last.size, error) ||
        !bring_checkpoints_back(recovery, last.size, error) || !recover_holds(recovery, error) ||
        !end(recovery, size, error))
        return false;
    print_recovered(recovery, size);
    return recover_holds_report(recovery, error);
}

/* --- with a checkpoint --- */

static bool root_of_database(struct recovery *recovery, uint64_t size,
                             uint8_t ret_root[MERKLE_HASH_SIZE], struct error *error)
{
    enum { CHUNK = 10000 };
    struct merkle_tree tree = {0};
    while (tree.size < size) {
        struct arena *arena _cleanup_arena_ = arena_new();
        uint64_t to = size - tree.size > CHUNK ? tree.size + CHUNK : size;
        const char *const values[] = {arena_printf(arena, "%" PRIu64, tree.size),
                                      arena_printf(arena, "%" PRIu64, to)};
        PGresult *result _cleanup_result_ =
            session_query(&recovery->session,
                          "SELECT pg_catalog.encode(leaf_hash, 'hex') FROM retention.log_leaf "
                          "WHERE index >= $1::bigint AND index < $2::bigint ORDER BY index",
                          2, values, error);
        if (!result)
            return false;
        if ((uint64_t)PQntuples(result) != to - tree.size)
            return error_set(error, ERROR_LOG, "entries of the tree are missing in the database");
        for (int i = 0; i < PQntuples(result); i++) {
            uint8_t hash[MERKLE_HASH_SIZE];
            if (!hex_decode(hash, sizeof(hash), PQgetvalue(result, i, 0), 2 * sizeof(hash)))
                return error_set(error, ERROR_LOG, "a leaf's hash in the database is broken");
            merkle_tree_append_hash(&tree, hash);
        }
    }
    merkle_tree_root(&tree, ret_root);
    return true;
}

static bool read_file(const char *path, struct text *out, struct error *error)
{
    char buffer[4096];
    size_t n;
    FILE *file = fopen(path, "re");
    if (!file)
        return error_set(error, ERROR_FAILED, "could not open \"%s\"", path);
    while ((n = fread(buffer, 1, sizeof(buffer), file)) > 0 && out->length < NOTE_MOST_BYTES)
        text_add_n(out, buffer, n);
    fclose(file);
    return true;
}

/* Nor can a checkpoint that is older than another one that is known: it was not the last. */
static bool check_last(struct recovery *recovery, const struct checkpoint *checkpoint,
                       struct error *error)
{
    struct checkpoint there;
    uint64_t known;
    if (!last_known(recovery, &known, error) ||
        !directory_last_checkpoint(recovery->directory, recovery->keys, recovery->key_count, &there,
                                   NULL, NULL, error))
        return false;
    if (checkpoint->size >= known && checkpoint->size >= there.size)
        return true;
    if (there.size > known)
        error_set(error, ERROR_LOG,
                  "this checkpoint is of size %" PRIu64 ", and \"%s\" has one of size %" PRIu64,
                  checkpoint->size, directory_path(recovery->directory), there.size);
    else
        error_set(error, ERROR_LOG,
                  "this checkpoint is of size %" PRIu64
                  ", and the database knows one of size %" PRIu64,
                  checkpoint->size, known);
    error_hint(error,
               "Take the newest one that was anchored or that an auditor has. Only if you are "
               "sure that nothing was signed after the one that is known, take that: from "
               "checkpoints/ of the directory, or column note of retention.log_checkpoint.");
    return false;
}

static bool allow(struct recovery *recovery, const char *path, struct error *error)
{
    struct text note _cleanup_text_ = {0};
    struct checkpoint checkpoint;
    uint8_t root[MERKLE_HASH_SIZE];
    if (!read_file(path, &note, error) ||
        !checkpoint_open_by(&checkpoint, text_string(&note), note.length, recovery->keys,
                            recovery->key_count, NULL, error) ||
        !begin(recovery, INT64_MAX, error) || !check_last(recovery, &checkpoint, error))
        return false;
    if (recovery->database_size < checkpoint.size) {
        error_set(error, ERROR_LOG,
                  "the database lacks %" PRIu64 " entries that this checkpoint signs",
                  checkpoint.size - recovery->database_size);
        error_hint(error, "Only the log directory that signed it has them: copy it here, and run "
                          "\"retentionctl log recover\".");
        return false;
    }
    if (!root_of_database(recovery, checkpoint.size, root, error))
        return false;
    if (memcmp(root, checkpoint.root, sizeof(root)) != 0)
        return error_set(error, ERROR_LOG,
                         "the database's log is another one than this checkpoint's");
    uint64_t size = recovery->database_size;
    if (!end(recovery, size, error))
        return false;
    if (recovery->cli->json)
        json_object_set_new(output_document(recovery->cli), "log_size",
                            json_integer((json_int_t)size));
    else
        printf("The database has all that this checkpoint of size %" PRIu64
               " says. The worker of \"%s\" may go on.\n",
               checkpoint.size, directory_path(recovery->directory));
    return true;
}

/* Said before a transaction begins: it is the owner's alone, and no group may. */
static bool may_recover(struct session *session, struct error *error)
{
    PGresult *result _cleanup_result_ = session_query(
        session,
        "SELECT pg_catalog.has_function_privilege('retention.recover_begin(bigint)', 'EXECUTE')", 0,
        NULL, error);
    if (!result || PQgetvalue(result, 0, 0)[0] == 't')
        return result != NULL;
    error_set(error, ERROR_FAILED, "role \"%s\" may not bring entries back", session->role);
    error_hint(error,
               "It takes the role that installed the schema, a member of %sowner; connect as it "
               "with -d.",
               session->prefix);
    return false;
}

bool command_log_recover(struct cli *cli, struct error *error)
{
    const struct settings *settings = cli_settings(cli, error);
    if (!settings)
        return false;
    if (!settings->log.origin || !settings->log.directory)
        return error_set(error, ERROR_CONFIG, "the main file does not set log.%s",
                         settings->log.origin ? "directory" : "origin");
    const char *checkpoint = cli_option(cli, "checkpoint");
    struct recovery recovery = {.cli = cli, .kek_file = settings->log.epoch_kek};
    recovery.directory = directory_open(settings->log.directory, error);
    bool done = recovery.directory && session_open(&recovery.session, cli, SESSION_SCHEMA, error) &&
                may_recover(&recovery.session, error) && session_bound(&recovery.session, error) &&
                find_keys(&recovery, settings, error) &&
                (checkpoint ? allow(&recovery, checkpoint, error) : recover(&recovery, error));
    session_close(&recovery.session);
    directory_free(recovery.directory);
    return done;
}
