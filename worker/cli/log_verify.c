/* retentionctl log verify: of a log directory or of one proof, with nothing but the vkey. No
 * configuration and no database is read, unless the database is to be compared. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/encode.h"
#include "base/text.h"
#include "cli/json.h"
#include "cli/log_compare.h"
#include "cli/log_key.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/settings.h"
#include "config/settings.h"
#include "ledger/proof.h"
#include "ledger/verify.h"

enum { PROOF_MOST = 1 << 20 };

/* --- what was found, for people --- */

/* "70,000 entries"; in the arena. */
static const char *count_of(struct cli *cli, uint64_t n, const char *one, const char *many)
{
    char number[32];
    return arena_printf(cli->arena, "%s %s",
                        text_thousands(number, n > INT64_MAX ? INT64_MAX : (int64_t)n),
                        n == 1 ? one : many);
}

static void say(const char *what, const char *text)
{
    printf("  %-12s", what);
    text_wrap(stdout, text, 14, 79, true);
}

static void say_runs(struct cli *cli, const struct verify_result *r)
{
    struct text text _cleanup_text_ = {0};
    text_printf(&text, "%s planned, %s", count_of(cli, r->runs, "run", "runs"),
                count_of(cli, r->runs_done, "done and adding up", "done and adding up"));
    if (r->runs_open)
        text_printf(&text, "; %s not ended where the log ends",
                    count_of(cli, r->runs_open, "had", "had"));
    if (r->runs_partly)
        text_printf(&text, "; %s below the prune, so that the totals could not be compared",
                    count_of(cli, r->runs_partly, "began", "began"));
    say("runs", text.data);
    text_clear(&text);
    text_printf(&text, "%s of %s", count_of(cli, r->batches, "batch", "batches"),
                count_of(cli, r->rows, "row", "rows"));
    if (r->record_files)
        text_printf(&text, "; %s in %s fit the entries",
                    count_of(cli, r->refs, "record digest", "record digests"),
                    count_of(cli, r->record_files, "file", "files"));
    if (r->records_pruned)
        text_printf(&text, "; digests of %s are pruned",
                    count_of(cli, r->records_pruned, "batch", "batches"));
    say("deletions", text.data);
}

/* What somebody should know of a log that verifies. */
static void say_notes(struct cli *cli, const struct verify_result *r)
{
    struct text text _cleanup_text_ = {0};
    if (r->pruned)
        say("pruned",
            arena_printf(cli->arena,
                         "%s: the log itself says so, and their hashes are in the tree; "
                         "%s saved",
                         count_of(cli, r->pruned, "entry is gone", "entries are gone"),
                         count_of(cli, r->proofs, "proof of one is", "proofs of such are")));
    if (r->anomalies) {
        text_printf(&text,
                    "%s of the worker's own: ", count_of(cli, r->anomalies, "entry", "entries"));
        text_printf(&text, "%s never used", count_of(cli, r->gaps, "number", "numbers"));
        if (r->counts)
            text_printf(&text, ", %s that came to other totals than the log",
                        count_of(cli, r->counts, "run", "runs"));
        if (r->unplaced)
            text_printf(&text, ", %s that got into the log late",
                        count_of(cli, r->unplaced, "entry", "entries"));
        uint64_t told = r->gaps + r->counts + r->unplaced;
        if (r->anomalies > told)
            text_printf(&text, ", %" PRIu64 " of other kinds", r->anomalies - told);
        say("anomalies", text.data);
    }
    if (r->unknown)
        say("unknown",
            arena_printf(cli->arena,
                         "%s of types that this version does not know (\"%s\"): in the "
                         "tree, but not understood",
                         count_of(cli, r->unknown, "entry", "entries"), r->unknown_type));
    if (r->records_extra)
        say("left over", arena_printf(cli->arena, "%s in records/ that no entry here tells of",
                                      count_of(cli, r->records_extra, "file", "files")));
    if (r->ahead)
        say("ahead", arena_printf(cli->arena, "%s of entries that no checkpoint covers yet",
                                  count_of(cli, r->ahead, "tile", "tiles")));
    if (r->strays)
        say("not checked",
            arena_printf(cli->arena, "%s no part of the log (\"%s\")",
                         count_of(cli, r->strays, "file is", "files are"), r->stray));
    if (r->holds)
        say("not checked", arena_printf(cli->arena, "%s of holds/, which are encrypted",
                                        count_of(cli, r->holds, "file", "files")));
}

static void print_verdict(struct cli *cli, const struct verify_result *r,
                          const struct log_compare *compare, bool own_key)
{
    struct text text _cleanup_text_ = {0};
    char first[32], last[32];
    printf("The log \"%s\" verifies.\n\n", r->checkpoint.origin);
    if (r->entries) {
        clock_format_utc(first, r->earliest_seconds);
        clock_format_utc(last, r->latest_seconds);
        say("entries", arena_printf(cli->arena, "%s, from %s to %s; each is in the tree",
                                    count_of(cli, r->entries, "entry", "entries"), first, last));
    } else {
        say("entries", r->pruned ? "none is there any more" : "none yet");
    }
    base64_encode(&text, r->checkpoint.root, sizeof(r->checkpoint.root));
    say("tree", arena_printf(cli->arena, "%s; root %s", count_of(cli, r->tiles, "tile", "tiles"),
                             text.data));
    say("key", log_key_text(cli, &r->signer));
    say_runs(cli, r);
    say("policies", count_of(cli, r->policies, "text", "texts"));
    say("checkpoints", arena_printf(cli->arena, "%s in the directory, all of this history",
                                    count_of(cli, r->checkpoints, "is kept", "are kept")));
    if (r->against_size)
        say("against",
            arena_printf(cli->arena, "the log extends the checkpoint of %s that was kept elsewhere",
                         count_of(cli, r->against_size, "entry", "entries")));
    if (compare)
        say("database", arena_printf(cli->arena,
                                     "%s and the digests of %s are those of the directory; %s "
                                     "newer than its checkpoint",
                                     count_of(cli, compare->entries, "entry", "entries"),
                                     count_of(cli, compare->digests, "batch", "batches"),
                                     count_of(cli, compare->newer, "is", "are")));
    say_notes(cli, r);
    putchar('\n');
    if (own_key)
        text_wrap(stdout,
                  "The key was taken from the log itself: that proves nothing against whoever made "
                  "the log. Get the key, and compare it, over another way.",
                  0, 79, false);
    if (!r->against_size)
        text_wrap(stdout,
                  "Whoever holds the signing key could have written another history: keep the "
                  "checkpoint, and verify --against it next time.",
                  0, 79, false);
    text_wrap(stdout, "What this does not prove: retention-log(7).", 0, 79, false);
}

/* --- and as a document --- */

static void set_number(json_t *object, const char *name, uint64_t n)
{
    json_object_set_new(object, name, json_integer((json_int_t)n));
}

static void set_document(struct cli *cli, const struct verify_result *r, bool verified)
{
    json_t *document = output_document(cli);
    json_object_set_new(document, "verified", json_boolean(verified));
    if (!verified) {
        json_object_set_new(document, "where", *r->where ? json_text(r->where) : json_null());
        json_object_set_new(
            document, "entry",
            r->where_entry == UINT64_MAX ? json_null() : json_integer((json_int_t)r->where_entry));
    }
    json_object_set_new(document, "log",
                        *r->checkpoint.origin ? json_text(r->checkpoint.origin) : json_null());
    set_number(document, "size", r->checkpoint.size);
    json_object_set_new(document, "checkpoint", *r->note ? json_text(r->note) : json_null());
    if (*r->signer.name)
        json_object_set_new(document, "key", json_text(log_key_text(cli, &r->signer)));
    if (r->entries) {
        char when[32];
        json_object_set_new(document, "first",
                            json_text(clock_format_utc(when, r->earliest_seconds)));
        json_object_set_new(document, "last", json_text(clock_format_utc(when, r->latest_seconds)));
    }
    const struct {
        const char *name;
        uint64_t n;
    } numbers[] = {
        {"entries", r->entries},
        {"pruned", r->pruned},
        {"tiles", r->tiles},
        {"batches", r->batches},
        {"rows", r->rows},
        {"record_files", r->record_files},
        {"refs", r->refs},
        {"records_pruned", r->records_pruned},
        {"records_extra", r->records_extra},
        {"runs", r->runs},
        {"runs_done", r->runs_done},
        {"runs_open", r->runs_open},
        {"runs_partly", r->runs_partly},
        {"anomalies", r->anomalies},
        {"proofs", r->proofs},
        {"policies", r->policies},
        {"checkpoints", r->checkpoints},
        {"against", r->against_size},
        {"unknown", r->unknown},
        {"strays", r->strays},
        {"ahead", r->ahead},
        {"holds", r->holds},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(numbers); i++)
        set_number(document, numbers[i].name, numbers[i].n);
}

/* --- a directory --- */

struct watch {
    struct progress progress;
    int64_t began_us;
    struct log_compare *compare; /* NULL: not with a database */
};

static void show_progress(void *arg, uint64_t done, uint64_t total)
{
    struct watch *watch = arg;
    progress_update(&watch->progress, "verify", (int64_t)done, (int64_t)total,
                    clock_monotonic_us() - watch->began_us);
}

static bool compare_entry(void *arg, uint64_t index, const uint8_t leaf[MERKLE_HASH_SIZE],
                          const uint8_t *bytes, size_t length, struct error *error)
{
    const struct watch *watch = arg;
    return log_compare_entry(watch->compare, index, leaf, bytes, length, error);
}

/* With the database: everything, unless the directory's part fails. */
static bool verify_and_compare(struct cli *cli, struct verify_options *options, struct watch *watch,
                               struct log_compare *compare, struct verify_result *result,
                               struct error *error)
{
    options->entry = compare_entry;
    watch->compare = compare;
    return log_compare_open(compare, cli, error) && verify_directory(result, options, error) &&
           log_compare_end(compare, result, error);
}

/* A checkpoint was published since that of the result was read. */
static bool has_grown(struct cli *cli, const char *directory, const struct verify_result *result)
{
    struct text now _cleanup_text_ = {0};
    return log_file_read(arena_printf(cli->arena, "%s/checkpoint", directory), PROOF_MOST, &now,
                         NULL) &&
           strcmp(text_string(&now), result->note) != 0;
}

static bool is_own_key(struct cli *cli, const char *directory, const char *key)
{
    struct stat own, given;
    return stat(arena_printf(cli->arena, "%s/vkey", directory), &own) == 0 &&
           stat(key, &given) == 0 && own.st_dev == given.st_dev && own.st_ino == given.st_ino;
}

static bool verify_a_directory(struct cli *cli, const struct verify_options *given,
                               bool with_database, struct error *error)
{
    struct verify_options options = *given;
    struct verify_result *result = arena_alloc(cli->arena, sizeof(*result));
    struct log_compare compare = {0};
    struct watch watch = {.began_us = clock_monotonic_us()};
    bool verified = false;
    progress_init(&watch.progress, cli->json);
    watch.progress.printed_us = watch.began_us; /* a short log needs none */
    options.progress = show_progress;
    options.arg = &watch;
    if (!with_database)
        verified = verify_directory(result, &options, error);
    /* Tiles of a checkpoint that is not the last any more may go while they are read. */
    for (int tries = 0; with_database && !verified && tries < 4; tries++) {
        if (tries > 0 && !has_grown(cli, options.directory, result))
            break;
        log_compare_close(&compare);
        error_clear(error);
        verified = verify_and_compare(cli, &options, &watch, &compare, result, error);
    }
    progress_clear(&watch.progress);
    if (cli->json) {
        set_document(cli, result, verified);
        if (with_database) {
            set_number(cli->document, "database_entries", compare.entries);
            set_number(cli->document, "database_newer", compare.newer);
        }
    } else if (verified) {
        print_verdict(cli, result, with_database ? &compare : NULL,
                      is_own_key(cli, options.directory, cli_option(cli, "vkey")));
    } else if (error->code == ERROR_LOG) {
        puts("THE LOG DOES NOT VERIFY.");
        if (!error->detail && result->entries)
            error_detail(error,
                         !result->tiles_are_signed
                             ? "%s had been compared by then, with tiles that do not lead "
                               "to a root that is known to be signed."
                         : result->entries <= result->where_entry &&
                                 result->where_entry < UINT64_MAX
                             ? "%s before it had been checked and were right."
                             : "%s had been compared with the tree by then.",
                         count_of(cli, result->entries, "entry", "entries"));
    }
    log_compare_close(&compare);
    return verified;
}

/* --- a proof --- */

static void add_column(void *arg, const char *value, size_t length)
{
    json_t *key = arg;
    json_array_append_new(key, json_stringn(value, length));
}

/* What a proof of an entry or a record proves, as the document; it is printed from there too. */
static void describe_proof(struct cli *cli, const struct proof_result *r, enum proof_kind kind)
{
    json_t *document = output_document(cli);
    char when[32];
    json_object_set_new(document, "verified", json_true());
    json_object_set_new(document, "proves",
                        json_string(kind == PROOF_ENTRY         ? "entry"
                                    : kind == PROOF_CONSISTENCY ? "consistency"
                                                                : "record"));
    json_object_set_new(document, "log", json_text(r->checkpoint.origin));
    set_number(document, "size", r->checkpoint.size);
    if (kind == PROOF_CONSISTENCY)
        return;
    json_t *entry = json_object();
    set_number(document, "index", r->index);
    json_object_set_new(entry, "type", json_text(r->entry.type_name));
    json_object_set_new(entry, "time", json_text(clock_format_utc(when, r->entry.seconds)));
    for (size_t i = 0; r->entry.type && i < r->entry.type->field_count; i++)
        json_object_set_new(entry, r->entry.type->fields[i].name, json_text(r->entry.values[i]));
    json_object_set_new(document, "entry", entry);
    if (kind == PROOF_RECORD) {
        const char *relation;
        size_t length;
        json_t *key = json_array(), *record = json_object();
        proof_rk_read(r->rk_text, r->rk_length, &relation, &length, add_column, key);
        json_object_set_new(record, "relation", json_stringn(relation, length));
        json_object_set_new(record, "key", key);
        json_object_set_new(document, "record", record);
    }
}

/* So that no two are printed alike: as it is where nothing can be misread, else in quotes. */
static void print_value(const char *value)
{
    static const char plain[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.:+-";
    if (*value && value[strspn(value, plain)] == '\0') {
        fputs(value, stdout);
        return;
    }
    putchar('"');
    for (size_t n; *value; value += n) {
        uint32_t code;
        n = text_character(value, &code);
        if (code == '"' || code == '\\')
            putchar('\\');
        for (size_t i = 0; i < n; i++)
            printf(code ? "%c" : "\\x%02x", (unsigned char)value[i]);
    }
    putchar('"');
}

static void print_proof(const json_t *document, const struct checkpoint *old)
{
    const char *log = json_string_value(json_object_get(document, "log")), *name;
    json_int_t size = json_integer_value(json_object_get(document, "size"));
    const json_t *record = json_object_get(document, "record"), *value;
    const json_t *entry = json_object_get(document, "entry");
    size_t i;
    char number[32], of[32];
    text_thousands(of, size);
    if (!entry) {
        printf("The log \"%s\" of %s entries extends the log of %s entries.\n", log, of,
               text_thousands(number, (int64_t)old->size));
        return;
    }
    text_thousands(number, json_integer_value(json_object_get(document, "index")));
    if (record) {
        printf("The record ");
        print_value(json_string_value(json_object_get(record, "relation")));
        json_array_foreach(json_object_get(record, "key"), i, value)
        {
            putchar(' ');
            print_value(json_string_value(value));
        }
        printf(" is proved: it is one of those of entry %s in the log\n\"%s\" of %s entries.\n\n",
               number, log, of);
    } else {
        printf("The entry is proved: it is entry %s in the log \"%s\" of %s entries.\n\n", number,
               log, of);
    }
    json_object_foreach((json_t *)(uintptr_t)entry, name, value)
    {
        printf("  %-12s", name);
        text_print_safe(stdout, json_string_value(value));
        putchar('\n');
    }
}

static bool verify_a_proof(struct cli *cli, const char *path, const struct verify_options *options,
                           struct error *error)
{
    struct text text _cleanup_text_ = {0};
    struct proof_result *result = arena_alloc(cli->arena, sizeof(*result));
    struct checkpoint old = {0};
    bool right;
    if (!log_file_read(path, PROOF_MOST, &text, error))
        return false;
    enum proof_kind kind = proof_kind_of(text_string(&text), text.length);
    if (kind == PROOF_NONE) {
        error_set(error, ERROR_LOG, "\"%s\" is neither a log directory nor a proof", path);
        return false;
    }
    if ((kind == PROOF_CONSISTENCY) != (options->against != NULL))
        return error_set(error, ERROR_USAGE,
                         kind == PROOF_CONSISTENCY
                             ? "a proof of consistency is verified --against the old checkpoint"
                             : "--against is for directories and proofs of consistency");
    const struct note_verifier *keys = options->keys;
    size_t count = options->key_count;
    if (kind == PROOF_ENTRY)
        right = proof_entry_verify(result, text.data, text.length, keys, count, error);
    else if (kind == PROOF_RECORD)
        right = proof_record_verify(result, text.data, text.length, keys, count, error);
    else
        right = checkpoint_open_by(&old, options->against, options->against_length, keys, count,
                                   NULL, error) &&
                proof_consistency_verify(result, text.data, text.length, &old, keys, count, error);
    if (!right) {
        if (error->primary && strstr(error->primary, "trusted") && !error->hint)
            error_hint(error, "Where the log's key was rotated, the file of --vkey takes all its "
                              "keys, one a line.");
        if (cli->json)
            json_object_set_new(output_document(cli), "verified", json_false());
        else
            puts("THE PROOF DOES NOT VERIFY.");
        return false;
    }
    describe_proof(cli, result, kind);
    if (!cli->json)
        print_proof(cli->document, &old);
    return true;
}

/* The main file's log directory, where none is named. */
static const char *configured_directory(struct cli *cli, struct error *error)
{
    const struct settings *settings = cli_settings(cli, error);
    if (!settings)
        return NULL;
    if (!settings->log.directory) {
        error_set(error, ERROR_USAGE, "\"log verify\" needs a log directory or a proof");
        error_hint(error, "\"%s\" names no log.directory either.", cli->config_file);
    }
    return settings->log.directory;
}

bool command_log_verify(struct cli *cli, struct error *error)
{
    const char *path = cli->operand_count ? cli->operands[0] : configured_directory(cli, error);
    const char *against = cli_option(cli, "against");
    struct text kept _cleanup_text_ = {0};
    struct verify_options options = {.directory = path};
    struct stat status;
    if (!path ||
        !log_keys_read(cli, cli_option(cli, "vkey"), &options.keys, &options.key_count, error))
        return false;
    if (against) {
        if (!log_file_read(against, PROOF_MOST, &kept, error))
            return false;
        options.against = text_string(&kept);
        options.against_length = kept.length;
    }
    if (stat(path, &status) == 0 && !S_ISDIR(status.st_mode))
        return cli_flag(cli, "database")
                   ? error_set(error, ERROR_USAGE, "--database is for log directories")
                   : verify_a_proof(cli, path, &options, error);
    return verify_a_directory(cli, &options, cli_flag(cli, "database"), error);
}
