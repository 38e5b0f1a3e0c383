/* Where a record went: its digest under each epoch's key is looked for in the batches of its
 * category. The keys stand wrapped in the database and leave this process in no form. */
#include <openssl/crypto.h>
#include <string.h>

#include "base/arena.h"
#include "base/encode.h"
#include "base/text.h"
#include "cli/explain.h"
#include "cli/json.h"
#include "cli/output.h"
#include "cli/settings.h"
#include "config/settings.h"
#include "ledger/digest.h"
#include "ledger/epoch.h"
#include "ledger/keyfile.h"
#include "policy/resolve.h"

/* The key's values as they stand in digests. */
static bool key_texts(struct explained *e, const char **texts, size_t *lengths, struct error *error)
{
    const struct catalog_table *table = resolve_table(e->policies.catalog, e->category->table);
    for (size_t i = 0; i < e->key.count; i++) {
        const struct catalog_column *column = catalog_column(table, e->key.items[i]);
        const char *const values[] = {e->cli->operands[i + 1], column->base_type};
        PGresult *result _cleanup_result_ =
            session_file(e->session, "cli/key_text.sql", 2, values, error);
        if (!result)
            return false;
        texts[i] = arena_strdup(e->cli->arena, PQgetvalue(result, 0, 0));
        lengths[i] = strlen(texts[i]);
    }
    return true;
}

static bool keys_unreadable(struct explained *e, const char *why, const char *hint,
                            struct error *error)
{
    error_set(error, ERROR_FAILED, "%s is not in its table, and the log cannot be searched: %s",
              explain_record_name(e), why);
    error_hint(error, "%s", hint);
    return false;
}

static bool tell_entry(struct explained *e, const PGresult *entry)
{
    static const struct table_column columns[] = {
        {NULL, CELL_NUMBER, "id"},   {NULL, CELL_SECOND, "at"},         {NULL, CELL_TEXT, "run"},
        {NULL, CELL_NUMBER, "seq"},  {NULL, CELL_TEXT, "stage"},        {NULL, CELL_TEXT, "action"},
        {NULL, CELL_TEXT, "sha256"}, {NULL, CELL_TEXT, "requested_by"},
    };
    struct cli *cli = e->cli;
    if (cli->json) {
        json_t *rows = output_json(entry, columns, ARRAY_LENGTH(columns));
        json_object_set(cli->document, "entry", json_array_get(rows, 0));
        json_object_set_new(cli->document, "found", json_string("log"));
        json_decref(rows);
        return true;
    }
#define FIELD(name) result_value(entry, 0, PQfnumber(entry, name))
    struct text text _cleanup_text_ = {0};
    text_printf(&text, "%s is gone.\n\n", explain_record_name(e));
    bool changed = text_equal(FIELD("action"), policy_action_name(ACTION_DEIDENTIFY));
    bool counted = text_equal(FIELD("action"), policy_action_name(ACTION_AGGREGATE));
    const struct stage *counting = policy_counting_stage(e->category);
    if (counted && counting && text_equal(counting->name, FIELD("stage")))
        changed = true;
    if (changed) /* what came after that was not this program's */
        text_add(&text, "No log entry says that it was deleted: somebody else did it, or the entry "
                        "is not in this database. The last that was done to it: ");
    text_printf(
        &text, "%s at %.19s UTC; %s and its log entry %s are one transaction (run %s, batch %s).",
        changed
            ? counted ? "it was counted in an aggregate and de-identified" : "it was de-identified"
        : counted ? "It was counted in an aggregate and deleted"
                  : "It was deleted",
        FIELD("at"), changed ? "that" : "the deletion", FIELD("id"), FIELD("run"), FIELD("seq"));
    if (FIELD("stage"))
        text_printf(&text, " The run enforced stage \"%s\" of the policy text with SHA-256 %s.",
                    FIELD("stage"), FIELD("sha256"));
    text_printf(&text,
                "\n\nThe entry: \"retentionctl log show %s\". The run: \"retentionctl log list "
                "--run %.8s\".\n",
                FIELD("id"), FIELD("run"));
#undef FIELD
    text_wrap(stdout, text.data, 0, 100, false);
    return true;
}

/* Looks under one key; ret_found->entry is NULL where the record is not there. */
static bool search_epoch(struct explained *e, const char *epoch, const uint8_t key[EPOCH_KEY_SIZE],
                         const char *const *texts, const size_t *lengths,
                         struct record_found *ret_found, struct error *error)
{
    struct digester *digester = digester_new(key, e->relation, e->key.count);
    text_clear(&ret_found->rk_text);
    digester_ref(digester, texts, lengths, ret_found->ref);
    digester_opening(digester, texts, lengths, &ret_found->rk_text, ret_found->opening);
    digester_free(digester);
    char hex[2 * DIGEST_SIZE + 1];
    hex_encode(hex, ret_found->ref, sizeof(ret_found->ref));
    const char *const values[] = {e->category->name, e->relation, epoch, hex};
    PGresult *entry = session_file(e->session, "cli/find_ref.sql", 4, values, error);
    if (!entry)
        return false;
    if (PQntuples(entry) > 0)
        ret_found->entry = entry;
    else
        PQclear(entry);
    return true;
}

static bool search(struct explained *e, const uint8_t kek[32], struct record_found *ret_found,
                   struct error *error)
{
    const char **texts = arena_alloc(e->cli->arena, e->key.count * sizeof(*texts));
    size_t *lengths = arena_alloc(e->cli->arena, e->key.count * sizeof(*lengths));
    struct error why _cleanup_error_ = {0};
    PGresult *epochs _cleanup_result_ = NULL;
    if (!key_texts(e, texts, lengths, error))
        return false;
    epochs = session_file(e->session, "cli/epoch_keys.sql", 0, NULL, &why);
    if (!epochs)
        return keys_unreadable(e, "role may not read the keys of the record digests",
                               "Connect as a role that is a member of the worker's group.", error);
    int shredded = 0;
    for (int r = 0; r < PQntuples(epochs); r++) {
        const char *epoch = PQgetvalue(epochs, r, 0), *hex = result_value(epochs, r, 1);
        uint8_t wrapped[EPOCH_WRAPPED_SIZE], key[EPOCH_KEY_SIZE];
        int64_t number = 0;
        if (!hex) {
            shredded++;
            continue;
        }
        cli_number(epoch, &number);
        if (!hex_decode(wrapped, sizeof(wrapped), hex, strlen(hex)) ||
            !epoch_unwrap(kek, (uint64_t)number, wrapped, key, &why))
            return keys_unreadable(e, "the key file does not open the keys of the record digests",
                                   "log.epoch_kek must name the file that the worker uses.", error);
        bool searched = search_epoch(e, epoch, key, texts, lengths, ret_found, error);
        OPENSSL_cleanse(key, sizeof(key));
        if (!searched || ret_found->entry)
            return searched;
    }
    error_set(error, ERROR_FAILED,
              "%s is not in its table, and no log entry says that it was deleted",
              explain_record_name(e));
    error_hint(error, shredded
                          ? "The keys of some epochs were shredded: what went under them cannot "
                            "be found any more."
                          : "It never was there, or somebody else deleted it.");
    return false;
}

void record_found_free(struct record_found *found)
{
    PQclear(found->entry);
    OPENSSL_cleanse(found->opening, sizeof(found->opening));
    text_free(&found->rk_text);
    *found = (struct record_found){0};
}

bool record_find(struct explained *e, struct record_found *ret_found, struct error *error)
{
    *ret_found = (struct record_found){0};
    if (e->category->evidence == EVIDENCE_COUNTS) {
        error_set(error, ERROR_FAILED, "%s is not in its table", explain_record_name(e));
        error_hint(error, "The log of this category holds counts alone (evidence = \"counts\"): it "
                          "cannot say in which entry one record went.");
        return false;
    }
    const struct settings *settings = cli_settings(e->cli, error);
    if (!settings)
        return false;
    char *file _cleanup_free_ = keyfile_find(&keyfile_kek, settings->log.epoch_kek);
    if (!file)
        return keys_unreadable(e, "the main file names no log.epoch_kek",
                               arena_printf(e->cli->arena,
                                            "It must name the key file that the worker uses. %s",
                                            cli_credential_hint(e->cli, &keyfile_kek)),
                               error);
    struct error why _cleanup_error_ = {0};
    uint8_t kek[KEYFILE_SIZE];
    if (!keyfile_load(&keyfile_kek, file, kek, &why))
        return keys_unreadable(e, why.primary,
                               "Only who may read the key file can find records in "
                               "the log.",
                               error);
    bool done = search(e, kek, ret_found, error);
    OPENSSL_cleanse(kek, sizeof(kek));
    if (!done)
        record_found_free(ret_found);
    return done;
}

/* Under the key of each epoch, newest first: a record that refuses is set aside anew under each. */
static const char *look_for_blocked(struct explained *e, const uint8_t kek[32])
{
    const char **texts = arena_alloc(e->cli->arena, e->key.count * sizeof(*texts));
    size_t *lengths = arena_alloc(e->cli->arena, e->key.count * sizeof(*lengths));
    struct error why _cleanup_error_ = {0};
    PGresult *epochs _cleanup_result_ = NULL;
    if (!key_texts(e, texts, lengths, &why))
        return "its key cannot be read";
    epochs = session_file(e->session, "cli/epoch_keys.sql", 0, NULL, &why);
    if (!epochs)
        return "only members of the worker's group may read the keys of the record digests";
    for (int r = 0; r < PQntuples(epochs); r++) {
        const char *hex = result_value(epochs, r, 1);
        uint8_t wrapped[EPOCH_WRAPPED_SIZE], key[EPOCH_KEY_SIZE], ref[DIGEST_SIZE];
        char digest[2 * DIGEST_SIZE + 1];
        int64_t number = 0;
        if (!hex)
            continue; /* shredded */
        if (!cli_number(PQgetvalue(epochs, r, 0), &number) ||
            !hex_decode(wrapped, sizeof(wrapped), hex, strlen(hex)) ||
            !epoch_unwrap(kek, (uint64_t)number, wrapped, key, &why))
            return "the key file does not open the keys of the record digests";
        struct digester *digester = digester_new(key, e->relation, e->key.count);
        OPENSSL_cleanse(key, sizeof(key));
        digester_ref(digester, texts, lengths, ref);
        digester_free(digester);
        hex_encode(digest, ref, sizeof(ref));
        const char *const values[] = {e->category->name, e->relation, digest};
        PGresult *row _cleanup_result_ =
            session_file(e->session, "cli/find_blocked.sql", 3, values, &why);
        if (!row)
            return "this role may not read which records were set aside";
        if (PQntuples(row) == 0)
            continue;
        e->blocked = (struct record_blocked){
            .yes = true,
            .sqlstate = arena_strdup(e->cli->arena, result_value(row, 0, 0)),
            .constraint = arena_strdup(e->cli->arena, result_value(row, 0, 1)),
            .last_seen = arena_strdup(e->cli->arena, result_value(row, 0, 2)),
        };
        break;
    }
    return NULL;
}

void explain_find_blocked(struct explained *e)
{
    struct error why _cleanup_error_ = {0};
    uint8_t kek[KEYFILE_SIZE];
    e->blocked = (struct record_blocked){0};
    if (e->blocked_count == 0)
        return;
    const struct settings *settings = cli_settings(e->cli, &why);
    char *file _cleanup_free_ =
        settings ? keyfile_find(&keyfile_kek, settings->log.epoch_kek) : NULL;
    if (e->category->evidence == EVIDENCE_COUNTS) {
        e->blocked.not_known = "this category keeps no digests (evidence = \"counts\")";
    } else if (!file || !keyfile_load(&keyfile_kek, file, kek, &why)) {
        e->blocked.not_known = "only who may read the key file (log.epoch_kek) can tell";
    } else {
        const char *not_known = look_for_blocked(e, kek);
        OPENSSL_cleanse(kek, sizeof(kek));
        e->blocked.not_known = not_known;
    }
}

bool explain_from_log(struct explained *e, struct error *error)
{
    struct record_found found;
    bool done = record_find(e, &found, error) && tell_entry(e, found.entry);
    record_found_free(&found);
    return done;
}
