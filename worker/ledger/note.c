#include "ledger/note.h"

#include <inttypes.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/encode.h"
#include "base/error.h"
#include "base/text.h"
#include "ledger/lines.h"
#include "ledger/merkle.h"

#define DASH "\xe2\x80\x94 " /* U+2014 and a space */

enum { ALGORITHM_ED25519 = 1 };

/* --- names and keys --- */

/* Length of a Unicode space at s, 0 if there is none (White_Space of Unicode, as Go has it). */
static size_t space_at(const char *s)
{
    static const char *const spaces[] = {
        " ",
        "\xc2\x85",
        "\xc2\xa0",
        "\xe1\x9a\x80",
        "\xe2\x80\x80",
        "\xe2\x80\x81",
        "\xe2\x80\x82",
        "\xe2\x80\x83",
        "\xe2\x80\x84",
        "\xe2\x80\x85",
        "\xe2\x80\x86",
        "\xe2\x80\x87",
        "\xe2\x80\x88",
        "\xe2\x80\x89",
        "\xe2\x80\x8a",
        "\xe2\x80\xa8",
        "\xe2\x80\xa9",
        "\xe2\x80\xaf",
        "\xe2\x81\x9f",
        "\xe3\x80\x80",
    };
    for (size_t i = 0; i < ARRAY_LENGTH(spaces); i++)
        if (text_starts_with(s, spaces[i]))
            return strlen(spaces[i]);
    return 0;
}

bool note_name_is_valid(const char *name)
{
    size_t length = strlen(name);
    if (length == 0 || length > NOTE_MOST_NAME || !text_is_valid_utf8(name, length))
        return false;
    for (const char *s = name; *s; s++)
        if ((unsigned char)*s < 0x20 || *s == '+' || space_at(s))
            return false;
    return true;
}

/* SHA256(name || 0A || 01 || key)[0..4] */
static void key_id(struct note_verifier *verifier)
{
    struct text text _cleanup_text_ = {0};
    uint8_t hash[MERKLE_HASH_SIZE];
    text_add(&text, verifier->name);
    text_add_char(&text, '\n');
    text_add_char(&text, ALGORITHM_ED25519);
    text_add_n(&text, verifier->key, NOTE_KEY_SIZE);
    merkle_sha256(text.data, text.length, hash);
    memcpy(verifier->id, hash, NOTE_ID_SIZE);
}

bool note_verifier_parse(struct note_verifier *ret_verifier, const char *vkey, struct error *error)
{
    /* The base64 may hold a "+" of its own: only the first two divide. */
    const char *first = strchr(vkey, '+'), *second = first ? strchr(first + 1, '+') : NULL;
    *ret_verifier = (struct note_verifier){0};
    if (!second || (size_t)(first - vkey) > NOTE_MOST_NAME)
        return error_set(error, ERROR_CONFIG, "verifier key is not of the form name+id+key");
    memcpy(ret_verifier->name, vkey, (size_t)(first - vkey));
    uint8_t id[NOTE_ID_SIZE], key[1 + NOTE_KEY_SIZE];
    size_t length = strlen(second + 1);
    if (length > 0 && second[length] == '\n')
        length--;
    if (!note_name_is_valid(ret_verifier->name) ||
        !hex_decode(id, sizeof(id), first + 1, (size_t)(second - first - 1)) ||
        !lines_read_base64(second + 1, length, key, sizeof(key)) || key[0] != ALGORITHM_ED25519)
        return error_set(error, ERROR_CONFIG,
                         "verifier key is not of the form name+id+key, or not for Ed25519");
    memcpy(ret_verifier->key, key + 1, NOTE_KEY_SIZE);
    key_id(ret_verifier);
    if (memcmp(ret_verifier->id, id, sizeof(id)) != 0) {
        error_set(error, ERROR_CONFIG, "verifier key does not fit its own id");
        error_hint(error, "It was altered, or copied incompletely.");
        return false;
    }
    return true;
}

void note_verifier_format(struct text *out, const struct note_verifier *verifier)
{
    char id[2 * NOTE_ID_SIZE + 1];
    uint8_t key[1 + NOTE_KEY_SIZE] = {ALGORITHM_ED25519};
    hex_encode(id, verifier->id, NOTE_ID_SIZE);
    memcpy(key + 1, verifier->key, NOTE_KEY_SIZE);
    text_printf(out, "%s+%s+", verifier->name, id);
    base64_encode(out, key, sizeof(key));
}

/* --- signing --- */

struct note_signer {
    EVP_PKEY *key;
    struct note_verifier verifier;
};

struct note_signer *note_signer_new(const char *name, const uint8_t seed[NOTE_KEY_SIZE],
                                    struct error *error)
{
    if (!note_name_is_valid(name)) {
        error_set(error, ERROR_CONFIG, "\"%s\" cannot be the name of a log", name);
        error_hint(error, "A name has no spaces and no \"+\"; a domain with a path is usual, as in "
                          "\"log.example.com/retention\".");
        return NULL;
    }
    struct note_signer *signer = xcalloc(1, sizeof(*signer));
    size_t length = NOTE_KEY_SIZE;
    memcpy(signer->verifier.name, name, strlen(name));
    signer->key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, NOTE_KEY_SIZE);
    if (!signer->key ||
        EVP_PKEY_get_raw_public_key(signer->key, signer->verifier.key, &length) != 1) {
        error_set(error, ERROR_FAILED, "could not make an Ed25519 key");
        note_signer_free(signer);
        return NULL;
    }
    key_id(&signer->verifier);
    return signer;
}

void note_signer_free(struct note_signer *signer)
{
    if (!signer)
        return;
    EVP_PKEY_free(signer->key); /* OpenSSL wipes it */
    free(signer);
}

const struct note_verifier *note_signer_verifier(const struct note_signer *signer)
{
    return &signer->verifier;
}

static bool text_is_valid(const char *text, size_t length)
{
    if (length == 0 || text[length - 1] != '\n' || !text_is_valid_utf8(text, length))
        return false;
    for (size_t i = 0; i < length; i++)
        if ((unsigned char)text[i] < 0x20 && text[i] != '\n')
            return false;
    return true;
}

static void free_context(EVP_MD_CTX **context)
{
    EVP_MD_CTX_free(*context);
}

bool note_sign(struct text *out, const struct note_signer *signer, const char *text, size_t length,
               struct error *error)
{
    EVP_MD_CTX *context _cleanup_(free_context) = EVP_MD_CTX_new();
    uint8_t blob[NOTE_ID_SIZE + NOTE_SIGNATURE_SIZE];
    size_t n = NOTE_SIGNATURE_SIZE;
    if (!text_is_valid(text, length))
        return error_set(error, ERROR_FAILED, "could not sign a text that no note may hold");
    memcpy(blob, signer->verifier.id, NOTE_ID_SIZE);
    if (!context || EVP_DigestSignInit(context, NULL, NULL, NULL, signer->key) != 1 ||
        EVP_DigestSign(context, blob + NOTE_ID_SIZE, &n, (const uint8_t *)text, length) != 1 ||
        n != NOTE_SIGNATURE_SIZE)
        return error_set(error, ERROR_FAILED, "could not sign");
    text_add_n(out, text, length);
    text_printf(out, "\n" DASH "%s ", signer->verifier.name);
    base64_encode(out, blob, sizeof(blob));
    text_add_char(out, '\n');
    return true;
}

/* --- verifying --- */

static bool signature_is_right(const struct note_verifier *verifier, const char *text,
                               size_t length, const uint8_t *signature, size_t n)
{
    EVP_MD_CTX *context _cleanup_(free_context) = EVP_MD_CTX_new();
    EVP_PKEY *key =
        EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, verifier->key, NOTE_KEY_SIZE);
    bool right = context && key && EVP_DigestVerifyInit(context, NULL, NULL, NULL, key) == 1 &&
                 EVP_DigestVerify(context, signature, n, (const uint8_t *)text, length) == 1;
    EVP_PKEY_free(key);
    return right;
}

/* Where the signatures begin: after the last blank line. 0: there is none. */
static size_t signatures_start(const char *note, size_t length)
{
    for (size_t i = length; i >= 2; i--)
        if (note[i - 1] == '\n' && note[i - 2] == '\n')
            return i;
    return 0;
}

/* One line "— name base64"; bytes becomes key id and signature. */
static bool parse_signature(const char *line, size_t length, struct text *name, struct text *bytes)
{
    size_t dash = strlen(DASH);
    if (length < dash || memcmp(line, DASH, dash) != 0)
        return false;
    line += dash;
    length -= dash;
    const char *space = memchr(line, ' ', length);
    if (!space)
        return false;
    text_clear(name);
    text_add_n(name, line, (size_t)(space - line));
    text_clear(bytes);
    return strlen(name->data) == name->length && note_name_is_valid(name->data) &&
           base64_decode(bytes, space + 1, length - (size_t)(space + 1 - line)) &&
           bytes->length > NOTE_ID_SIZE;
}

bool note_open(const char *note, size_t length, const struct note_verifier *verifiers, size_t count,
               size_t *ret_length, size_t *ret_by, struct error *error)
{
    struct text name _cleanup_text_ = {0}, bytes _cleanup_text_ = {0};
    size_t start = length <= NOTE_MOST_BYTES ? signatures_start(note, length) : 0;
    /* The text ends before the blank line; its own newline is the first of the two. */
    if (start == 0 || start == length || !text_is_valid(note, length) ||
        !text_is_valid(note, start - 1))
        return error_set(error, ERROR_LOG, "note is not well formed");
    struct lines lines = {note + start, note + length};
    const char *line;
    size_t line_length, seen = 0, by = count;
    while (lines_next(&lines, &line, &line_length)) {
        if (++seen > NOTE_MOST_SIGNATURES || !parse_signature(line, line_length, &name, &bytes))
            return error_set(error, ERROR_LOG, "line %zu of the note's signatures is not one",
                             seen);
        for (size_t i = 0; i < count; i++) {
            if (strcmp(verifiers[i].name, name.data) != 0 ||
                memcmp(verifiers[i].id, bytes.data, NOTE_ID_SIZE) != 0)
                continue;
            if (!signature_is_right(&verifiers[i], note, start - 1,
                                    (const uint8_t *)bytes.data + NOTE_ID_SIZE,
                                    bytes.length - NOTE_ID_SIZE))
                return error_set(error, ERROR_LOG, "signature of \"%s\" is not right", name.data);
            if (by == count)
                by = i;
        }
    }
    if (by == count)
        return error_set(error, ERROR_LOG, "note is not signed by any key that is trusted");
    if (ret_length)
        *ret_length = start - 1;
    if (ret_by)
        *ret_by = by;
    return true;
}

/* --- checkpoints --- */

void checkpoint_format(struct text *out, const struct checkpoint *checkpoint)
{
    text_printf(out, "%s\n%" PRIu64 "\n", checkpoint->origin, checkpoint->size);
    base64_encode(out, checkpoint->root, sizeof(checkpoint->root));
    text_add_char(out, '\n');
}

bool checkpoint_parse(struct checkpoint *ret_checkpoint, const char *text, size_t length,
                      struct error *error)
{
    struct lines lines = {text, text + length};
    const char *origin, *size, *root;
    size_t origin_length, size_length, root_length;
    *ret_checkpoint = (struct checkpoint){0};
    if (!lines_next(&lines, &origin, &origin_length) || origin_length == 0 ||
        origin_length > NOTE_MOST_NAME || memchr(origin, '\0', origin_length) ||
        !lines_next(&lines, &size, &size_length) ||
        !lines_read_number(size, size_length, &ret_checkpoint->size) ||
        !lines_next(&lines, &root, &root_length) ||
        !lines_read_base64(root, root_length, ret_checkpoint->root, sizeof(ret_checkpoint->root)) ||
        lines.at != lines.end)
        return error_set(error, ERROR_LOG, "checkpoint is not origin, size and root");
    memcpy(ret_checkpoint->origin, origin, origin_length);
    return true;
}

bool checkpoint_sign(struct text *out, const struct checkpoint *checkpoint,
                     const struct note_signer *signer, struct error *error)
{
    struct text text _cleanup_text_ = {0};
    checkpoint_format(&text, checkpoint);
    return note_sign(out, signer, text.data, text.length, error);
}

bool checkpoint_open_by(struct checkpoint *ret_checkpoint, const char *note, size_t length,
                        const struct note_verifier *verifiers, size_t count, size_t *ret_by,
                        struct error *error)
{
    size_t text_length, by;
    if (!note_open(note, length, verifiers, count, &text_length, &by, error) ||
        !checkpoint_parse(ret_checkpoint, note, text_length, error))
        return false;
    if (strcmp(ret_checkpoint->origin, verifiers[by].name) != 0)
        return error_set(error, ERROR_LOG, "checkpoint is of log \"%s\", not of \"%s\"",
                         ret_checkpoint->origin, verifiers[by].name);
    if (ret_by)
        *ret_by = by;
    return true;
}

bool checkpoint_open(struct checkpoint *ret_checkpoint, const char *note, size_t length,
                     const struct note_verifier *verifier, struct error *error)
{
    return checkpoint_open_by(ret_checkpoint, note, length, verifier, 1, NULL, error);
}
