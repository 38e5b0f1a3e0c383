/* retentionctl check: the key that wraps the keys of record digests. Without it, or with another
 * one, the worker does not start, so it is a finding like a policy's. */
#include <openssl/crypto.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/encode.h"
#include "cli/check.h"
#include "cli/settings.h"
#include "config/settings.h"
#include "ledger/epoch.h"
#include "ledger/keyfile.h"
#include "policy/transform.h"

static void add(struct cli *cli, enum diag_level level, const struct error *why)
{
    struct diag *diag =
        diag_add(&cli->diags, level, (struct position){cli->config_file, 0}, "%s", why->primary);
    if (why->hint)
        diag_hint(&cli->diags, diag, "%s", why->hint);
}

/* The first category that cannot run without the key, or NULL. */
static const struct category *needs_key(const struct policy_set *set)
{
    for (size_t i = 0; i < set->category_count; i++)
        if (set->categories[i].mode == MODE_ENFORCE &&
            set->categories[i].evidence == EVIDENCE_RECORDS)
            return &set->categories[i];
    return NULL;
}

/* Another person's file, which the worker may read and this person not, says nothing. */
static bool is_not_ours(const char *file)
{
    struct stat sb;
    return stat(file, &sb) == 0 && sb.st_uid != geteuid() &&
           (sb.st_uid != 0 || access(file, R_OK) != 0);
}

/* The newest key of the database must open; who may not read it does not look. */
static void check_opens(struct session *session, const uint8_t kek[KEYFILE_SIZE])
{
    struct error why _cleanup_error_ = {0};
    PGresult *epochs _cleanup_result_ = session_file(session, "cli/epoch_keys.sql", 0, NULL, &why);
    const char *hex = epochs && PQntuples(epochs) ? result_value(epochs, 0, 1) : NULL;
    uint8_t wrapped[EPOCH_WRAPPED_SIZE], key[EPOCH_KEY_SIZE];
    int64_t number = 0;
    if (!hex || !cli_number(PQgetvalue(epochs, 0, 0), &number))
        return;
    if (!hex_decode(wrapped, sizeof(wrapped), hex, strlen(hex)))
        error_set(&why, ERROR_CONFIG, "the wrapped key of epoch %lld has a wrong length",
                  (long long)number);
    else if (epoch_unwrap(kek, (uint64_t)number, wrapped, key, &why))
        OPENSSL_cleanse(key, sizeof(key));
    if (why.primary)
        add(session->cli, DIAG_ERROR, &why);
}

/* The key of "hmac", too. */
void check_hmac_key(struct cli *cli, const struct settings *settings, const struct policy_set *set)
{
    struct error why _cleanup_error_ = {0};
    uint8_t key[KEYFILE_SIZE];
    char *file _cleanup_free_ = keyfile_find(&keyfile_hmac, settings->deidentify.hmac_key);
    if (file && keyfile_load(&keyfile_hmac, file, key, &why))
        OPENSSL_cleanse(key, sizeof(key));
    else if (file)
        add(cli, is_not_ours(file) ? DIAG_WARNING : DIAG_ERROR, &why);
    for (size_t i = 0; i < set->category_count && !file; i++)
        for (size_t s = 0; s < set->categories[i].stage_count; s++)
            for (size_t k = 0; k < set->categories[i].stages[s].column_count; k++) {
                const struct transform *t = &set->categories[i].stages[s].columns[k];
                if (set->categories[i].mode == MODE_ENFORCE && t->as && t->as->keyed)
                    diag_hint(&cli->diags,
                              diag_error(&cli->diags, t->at,
                                         "\"%s\" of column \"%s\" needs a key, and "
                                         "deidentify.hmac_key is not set",
                                         t->as->name, t->column),
                              "%s If there is none yet, make one, (umask 077; openssl rand -hex "
                              "32 > hmac.key), and set deidentify: { hmac_key = \"hmac.key\"; };",
                              cli_credential_hint(cli, &keyfile_hmac));
            }
}

void check_epoch_key(struct cli *cli, const struct settings *settings, const struct policy_set *set,
                     struct session *session)
{
    struct error why _cleanup_error_ = {0};
    uint8_t kek[KEYFILE_SIZE];
    char *file _cleanup_free_ = keyfile_find(&keyfile_kek, settings->log.epoch_kek);
    const struct category *needy = needs_key(set);
    if (file && keyfile_load(&keyfile_kek, file, kek, &why)) {
        if (session)
            check_opens(session, kek);
        OPENSSL_cleanse(kek, sizeof(kek));
    } else if (file) {
        add(cli, is_not_ours(file) ? DIAG_WARNING : DIAG_ERROR, &why);
    } else if (needy) {
        error_set(&why, ERROR_CONFIG,
                  "category \"%s\" keeps evidence = \"records\", and log.epoch_kek is not set",
                  needy->name);
        error_hint(&why,
                   "%s If there is none yet, make one, (umask 077; openssl rand -hex 32 > "
                   "epoch.kek), and set log: { epoch_kek = \"epoch.kek\"; }; or use evidence = "
                   "\"counts\".",
                   cli_credential_hint(cli, &keyfile_kek));
        add(cli, DIAG_ERROR, &why);
    }
}
