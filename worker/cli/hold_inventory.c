/* retentionctl hold inventory: how many records a hold covers now, and the root over their keyed
 * digests, into the log.
 *
 * All inventories of a hold are made under one key, that of the epoch in which it was placed: the
 * same records then have the same root. Of a category without a key, or with evidence = "counts",
 * records are counted and have no digest. Dependants are held with their records, and not counted.
 * Keys are read in pieces; 32 bytes a record stay in memory, to be sorted. */
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/encode.h"
#include "base/text.h"
#include "cli/hold.h"
#include "cli/json.h"
#include "cli/output.h"
#include "cli/plan.h"
#include "cli/policies.h"
#include "cli/settings.h"
#include "config/settings.h"
#include "ledger/digest.h"
#include "ledger/epoch.h"
#include "ledger/keyfile.h"
#include "policy/validate.h"

enum { KEY_COLUMNS_MOST = 32 };

struct inventory {
    struct cli *cli;
    struct session *session;
    struct policies policies;
    const char *hold;
    const char *category; /* the one that the hold names; NULL: all */
    int64_t epoch;
    uint8_t key[EPOCH_KEY_SIZE];
    uint8_t (*refs)[DIGEST_SIZE]; /* owned */
    size_t ref_count, ref_room;
    int64_t rows;
    struct table *table;
    json_t *categories;
};

/* The key that the hold's inventories are made under. */
static bool read_key(struct inventory *i, struct error *error)
{
    const struct settings *settings = cli_settings(i->cli, error);
    if (!settings)
        return false;
    char *file _cleanup_free_ = keyfile_find(&keyfile_kek, settings->log.epoch_kek);
    if (!file) {
        error_set(error, ERROR_CONFIG, "the main file names no log.epoch_kek");
        error_hint(error, "It must name the key file that the worker uses. %s",
                   cli_credential_hint(i->cli, &keyfile_kek));
        return false;
    }
    const char *const values[] = {i->hold};
    PGresult *row _cleanup_result_ =
        session_file(i->session, "cli/hold_inventory_epoch.sql", 1, values, error);
    if (!row)
        return false;
    if (PQntuples(row) == 0) {
        error_set(error, ERROR_FAILED, "the log has no key for digests yet");
        error_hint(error, "The worker makes one when it first leads: start retentiond, or "
                          "\"retentionctl run\".");
        return false;
    }
    uint8_t kek[KEYFILE_SIZE], wrapped[EPOCH_WRAPPED_SIZE];
    const char *hex = PQgetvalue(row, 0, 1);
    cli_number(PQgetvalue(row, 0, 0), &i->epoch);
    if (!keyfile_load(&keyfile_kek, file, kek, error))
        return false;
    bool opened = hex_decode(wrapped, sizeof(wrapped), hex, strlen(hex)) &&
                  epoch_unwrap(kek, (uint64_t)i->epoch, wrapped, i->key, error);
    OPENSSL_cleanse(kek, sizeof(kek));
    if (!opened) {
        error_set(error, ERROR_FAILED, "the key file does not open the keys of the record digests");
        error_hint(error, "log.epoch_kek must name the file that the worker uses.");
    }
    return opened;
}

static void add_refs(struct inventory *i, struct digester *digester, const PGresult *rows)
{
    int columns = PQnfields(rows);
    const char *values[KEY_COLUMNS_MOST];
    size_t lengths[KEY_COLUMNS_MOST];
    for (int r = 0; r < PQntuples(rows); r++) {
        if (i->ref_count == i->ref_room) {
            i->ref_room = i->ref_room ? 2 * i->ref_room : 1024;
            i->refs = xrealloc(i->refs, i->ref_room * sizeof(*i->refs));
        }
        for (int c = 0; c < columns; c++) {
            values[c] = PQgetvalue(rows, r, c);
            lengths[c] = (size_t)PQgetlength(rows, r, c);
        }
        digester_ref(digester, values, lengths, i->refs[i->ref_count++]);
    }
}

/* Fetches the category's records; digester NULL: they are only counted. */
static bool fetch(struct inventory *i, struct digester *digester, int64_t *ret_rows,
                  struct error *error)
{
    *ret_rows = 0;
    for (;;) {
        PGresult *rows _cleanup_result_ =
            session_query(i->session, "FETCH FORWARD 10000 FROM inventory", 0, NULL, error);
        if (!rows)
            return false;
        if (PQntuples(rows) == 0)
            return session_execute(i->session, "CLOSE inventory", error);
        *ret_rows += PQntuples(rows);
        if (digester)
            add_refs(i, digester, rows);
    }
}

static bool take_category(struct inventory *i, const struct category *category, struct error *error)
{
    struct arena *arena = i->cli->arena;
    const struct sql_category *sql =
        sql_build_category(arena, i->policies.set, category, 0, i->policies.catalog);
    const struct sql_relation *relation = &sql->relations[sql->relation_count - 1];
    const char *cursor =
        arena_printf(arena, "DECLARE inventory NO SCROLL CURSOR FOR %s",
                     sql_inventory(arena, i->policies.set, category, i->policies.catalog));
    const char *const values[] = {i->hold};
    struct digester *digester = NULL;
    int64_t rows;
    if (!plan_settings(i->session, category, error))
        return false;
    PGresult *opened _cleanup_result_ = session_query(i->session, cursor, 1, values, error);
    if (!opened) {
        if (strcmp(error->sqlstate, "42501") == 0)
            error_hint(error, "Who asks must be able to read the governed tables, as the worker "
                              "is: connect as its role, or as a member of it.");
        return false;
    }
    if (category->evidence != EVIDENCE_COUNTS && relation->key.count &&
        relation->key.count <= KEY_COLUMNS_MOST)
        digester = digester_new(i->key, relation->relation, relation->key.count);
    bool done = fetch(i, digester, &rows, error);
    bool digested = digester != NULL;
    digester_free(digester);
    if (!done)
        return false;
    i->rows += rows;
    if (!rows)
        return true;
    json_array_append_new(i->categories, json_pack("{ss sI sb}", "category", category->name, "rows",
                                                   (json_int_t)rows, "digested", digested));
    table_row(i->table,
              (const char *const[]){category->name, arena_printf(arena, "%lld", (long long)rows),
                                    digested ? "" : "counted only: its log holds counts alone"});
    return true;
}

static bool take_all(struct inventory *i, struct error *error)
{
    const struct policy_set *set = i->policies.set;
    bool found = false;
    for (size_t c = 0; c < set->category_count; c++) {
        const struct category *category = &set->categories[c];
        if (i->category && strcmp(category->name, i->category) != 0)
            continue;
        found = true;
        if (category->mode == MODE_DECLARED)
            continue;
        if (!policy_category_is_valid(category, set, &i->cli->diags))
            return error_set(error, ERROR_CONFIG, "the policy of category \"%s\" is not valid",
                             category->name);
        if (!take_category(i, category, error)) {
            error_context(error, "while reading category \"%s\"", category->name);
            return false;
        }
    }
    return found ||
           error_set(error, ERROR_CONFIG, "there is no policy of category \"%s\"", i->category);
}

static void tell(struct inventory *i, const char *root, const PGresult *last)
{
    struct cli *cli = i->cli;
    bool compared = PQntuples(last) > 0;
    const char *at = compared ? PQgetvalue(last, 0, 1) : NULL;
    const char *last_rows = compared ? PQgetvalue(last, 0, 2) : NULL;
    const char *last_root = compared ? PQgetvalue(last, 0, 3) : NULL;
    bool same = compared && strcmp(last_root, root) == 0;
    if (cli->json) {
        json_t *document = output_document(cli);
        json_object_set_new(document, "hold", json_text(i->hold));
        json_object_set_new(document, "rows", json_integer((json_int_t)i->rows));
        json_object_set_new(document, "root", json_text(root));
        json_object_set_new(document, "epoch", json_integer((json_int_t)i->epoch));
        json_object_set(document, "categories", i->categories);
        json_object_set_new(document, "last",
                            compared ? json_pack("{so so so sb}", "at", output_time(at), "rows",
                                                 json_number(last_rows), "root",
                                                 json_text(last_root), "same", same)
                                     : json_null());
        return;
    }
    char rows[32];
    if (table_rows(i->table)) {
        table_print(i->table, stdout);
        putchar('\n');
    }
    printf("Hold %.8s covers %s record%s now.\nRoot of their digests (key of epoch %lld):\n  %s\n",
           i->hold, text_thousands(rows, i->rows), i->rows == 1 ? "" : "s", (long long)i->epoch,
           root);
    if (!compared)
        puts("This is the first inventory of this hold.");
    else if (same)
        printf("The last inventory, of %.19s UTC, has the same root: these are the same records.\n",
               at);
    else
        printf("The last inventory, of %.19s UTC, has %s records and another root:\n  %s\n"
               "Records came or went since; a record that a hold covers goes only where somebody "
               "else deletes it,\nor where its subject, tenant or time was changed.\n",
               at, last_rows, last_root);
}

static bool record(struct inventory *i, struct error *error)
{
    uint8_t digest[DIGEST_SIZE];
    char root[2 * DIGEST_SIZE + 1], rows[24];
    digest_sort_refs(i->refs, i->ref_count);
    digest_records_root((const uint8_t(*)[DIGEST_SIZE])i->refs, i->ref_count, digest);
    hex_encode(root, digest, sizeof(digest));
    snprintf(rows, sizeof(rows), "%lld", (long long)i->rows);
    const char *const values[] = {i->hold, rows, root};
    PGresult *last _cleanup_result_ =
        session_file(i->session, "cli/hold_last_inventory.sql", 1, values, error);
    if (!last)
        return false;
    PGresult *done _cleanup_result_ =
        session_file(i->session, "cli/hold_inventory.sql", 3, values, error);
    if (!done)
        return false;
    tell(i, root, last);
    return true;
}

static bool take(struct inventory *i, struct error *error)
{
    static const struct table_column columns[] = {
        {"category", CELL_TEXT, NULL}, {"records", CELL_NUMBER, NULL}, {"remark", CELL_TEXT, NULL}};
    struct cli *cli = i->cli;
    const char *run_time;
    if (!policies_read(&i->policies, cli, error) ||
        !session_open(i->session, cli, SESSION_SCHEMA, error) ||
        !session_bound(i->session, error) ||
        !(i->hold = hold_find(i->session, cli->operands[0], error)) || !read_key(i, error) ||
        !policies_validate(&i->policies, i->session, error))
        return false;
    const char *const values[] = {i->hold};
    PGresult *row _cleanup_result_ =
        session_file(i->session, "cli/hold_in_force.sql", 1, values, error);
    if (!row)
        return false;
    i->category = arena_strdup(cli->arena, result_value(row, 0, 1));
    i->table = table_new(cli->arena, columns, ARRAY_LENGTH(columns));
    return plan_begin(i->session, &run_time, error) && take_all(i, error) &&
           session_execute(i->session, "COMMIT", error) && record(i, error);
}

bool command_hold_inventory(struct cli *cli, struct error *error)
{
    struct session session _cleanup_session_ = {0};
    struct inventory inventory = {.cli = cli, .session = &session, .categories = json_array()};
    bool done = take(&inventory, error);
    OPENSSL_cleanse(inventory.key, sizeof(inventory.key));
    free(inventory.refs);
    json_decref(inventory.categories);
    policies_free(&inventory.policies);
    return done;
}
