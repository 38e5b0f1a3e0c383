/* retentionctl log keygen | rotate-key | shred-epoch: the keys of the deletion log. */
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/text.h"
#include "cli/json.h"
#include "cli/output.h"
#include "cli/session.h"
#include "cli/settings.h"
#include "config/settings.h"
#include "ledger/keyfile.h"
#include "ledger/note.h"

static const char *origin_of(struct cli *cli, const char *given, struct error *error)
{
    if (given)
        return given;
    const struct settings *settings = cli_settings(cli, error);
    if (settings && !settings->log.origin)
        error_set(error, ERROR_CONFIG, "the main file does not say log.origin, the log's name");
    return settings ? settings->log.origin : NULL;
}

/* The vkey of a key file, in the arena. */
static const char *vkey_of(struct cli *cli, const char *origin, const char *file,
                           struct error *error)
{
    uint8_t seed[KEYFILE_SIZE];
    struct text vkey _cleanup_text_ = {0};
    if (!keyfile_load(&keyfile_signing, file, seed, error))
        return NULL;
    struct note_signer *signer = note_signer_new(origin, seed, error);
    OPENSSL_cleanse(seed, sizeof(seed));
    if (!signer)
        return NULL;
    note_verifier_format(&vkey, note_signer_verifier(signer));
    note_signer_free(signer);
    return arena_strdup(cli->arena, vkey.data);
}

bool command_log_keygen(struct cli *cli, struct error *error)
{
    const char *signing = cli_option(cli, "signing"), *kek = cli_option(cli, "kek");
    const char *origin = cli_option(cli, "origin"), *vkey = NULL;
    if (!signing && !kek)
        return error_set(error, ERROR_USAGE, "say --signing FILE, --kek FILE, or both");
    if (signing) {
        origin = origin_of(cli, origin, error);
        if (!origin)
            return false;
        if (!note_name_is_valid(origin))
            return error_set(error, ERROR_USAGE, "a log cannot be called \"%s\"", origin);
    }
    if (kek && !keyfile_create(&keyfile_kek, kek, error))
        return false;
    if (signing && (!keyfile_create(&keyfile_signing, signing, error) ||
                    !(vkey = vkey_of(cli, origin, signing, error))))
        return false;
    if (cli->json) {
        json_object_set_new(output_document(cli), "vkey", json_text(vkey));
        return true;
    }
    if (vkey)
        printf("%s\n", vkey);
    if (isatty(STDOUT_FILENO)) {
        puts("\nKeep copies where this machine is not:");
        if (signing)
            printf("  %s: %s\n", signing, keyfile_signing.loss);
        if (kek)
            printf("  %s: %s\n", kek, keyfile_kek.loss);
    }
    return true;
}

bool command_log_rotate_key(struct cli *cli, struct error *error)
{
    const char *origin = origin_of(cli, NULL, error);
    const char *vkey = origin ? vkey_of(cli, origin, cli_option(cli, "key"), error) : NULL;
    struct session session _cleanup_session_ = {0};
    if (!vkey || !session_open(&session, cli, SESSION_SCHEMA, error) ||
        !session_bound(&session, error) ||
        !cli_confirm(cli,
                     "The worker signs with its old key once more, and then stops all runs until "
                     "it is started with the new key.",
                     "rotate", "this cannot be undone", error))
        return false;
    const char *const values[] = {vkey};
    PGresult *result _cleanup_result_ =
        session_query(&session, "SELECT retention.rotate_key($1)", 1, values, error);
    if (!result)
        return false;
    if (cli->json)
        json_object_set_new(output_document(cli), "vkey", json_text(vkey));
    else
        printf(
            "%s\nThe worker signs this with its old key; let it run until \"retentionctl status\" "
            "says that the\nkey was rotated. Then set log.signing_key to \"%s\" and restart "
            "it.\n",
            vkey, cli_option(cli, "key"));
    return true;
}

bool command_log_shred_epoch(struct cli *cli, struct error *error)
{
    int64_t epoch;
    if (!cli_number(cli->operands[0], &epoch))
        return error_set(error, ERROR_USAGE, "EPOCH is a number, not \"%s\"", cli->operands[0]);
    struct session session _cleanup_session_ = {0};
    if (!session_open(&session, cli, SESSION_SCHEMA, error) || !session_bound(&session, error) ||
        !cli_confirm(cli,
                     "Nobody will be able to prove, or to find out, whether a record was among "
                     "those deleted in this epoch.",
                     cli->operands[0], "this cannot be undone", error))
        return false;
    const char *const values[] = {cli->operands[0]};
    PGresult *result _cleanup_result_ =
        session_query(&session, "SELECT retention.shred_epoch($1::bigint)", 1, values, error);
    if (!result)
        return false;
    if (cli->json)
        json_object_set_new(output_document(cli), "shredded", json_integer((json_int_t)epoch));
    else
        printf(
            "The key of epoch %s is gone from the tables of this database. Wrapped, it stays in "
            "their files until\nVACUUM and later rows take its place, and in backups and archived "
            "write-ahead log until they go.\n",
            cli->operands[0]);
    return true;
}
