#include "ledger/hold_file.h"

#include <inttypes.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <string.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"
#include "ledger/lines.h"

enum { NONCE_SIZE = 12, TAG_SIZE = 16, PAD = 1024 };

static const char magic[] = "retention-hold/v1\nentries ";

static void free_cipher(EVP_CIPHER_CTX **context)
{
    EVP_CIPHER_CTX_free(*context);
}

void hold_file_name(struct text *out, const char *uuid)
{
    text_printf(out, "holds/%s", uuid);
}

bool hold_file_is_uuid(const char *name)
{
    size_t i = 0;
    for (; i < HOLD_UUID_LENGTH && name[i]; i++) {
        bool hyphen = i == 8 || i == 13 || i == 18 || i == 23;
        if (hyphen ? name[i] != '-' : !strchr("0123456789abcdef", name[i]))
            return false;
    }
    return i == HOLD_UUID_LENGTH && !name[i];
}

/* How long the lines are; 0: it is no such file. */
static size_t header(const char *bytes, size_t length, uint64_t *ret_entries)
{
    size_t start = sizeof(magic) - 1;
    if (length < start || memcmp(bytes, magic, start) != 0)
        return 0;
    const char *end = memchr(bytes + start, '\n', length - start < 24 ? length - start : 24);
    if (!end || !lines_read_number(bytes + start, (size_t)(end - bytes) - start, ret_entries))
        return 0;
    return (size_t)(end - bytes) + 1;
}

bool hold_file_entries(const char *bytes, size_t length, uint64_t *ret_entries)
{
    return header(bytes, length, ret_entries) > 0;
}

bool hold_file_seal(struct text *out, const uint8_t kek[32], const char *uuid, uint64_t entries,
                    const char *body, size_t length, struct error *error)
{
    EVP_CIPHER_CTX *context _cleanup_(free_cipher) = EVP_CIPHER_CTX_new();
    struct text lines _cleanup_text_ = {0};
    uint8_t nonce[NONCE_SIZE], tag[TAG_SIZE], spaces[PAD];
    size_t pad = PAD - length % PAD;
    int n, m;
    if (length > HOLD_FILE_MOST - 2 * PAD)
        return error_set(error, ERROR_FAILED, "hold %s is too large for the log directory", uuid);
    text_printf(&lines, "%s%" PRIu64 "\n", magic, entries);
    memset(spaces, ' ', sizeof(spaces));
    random_bytes(nonce, sizeof(nonce));
    uint8_t *sealed _cleanup_free_ = xmalloc(length + pad);
    if (!context || EVP_EncryptInit_ex(context, EVP_aes_256_gcm(), NULL, kek, nonce) != 1 ||
        EVP_EncryptUpdate(context, NULL, &n, (const uint8_t *)lines.data, (int)lines.length) != 1 ||
        EVP_EncryptUpdate(context, NULL, &n, (const uint8_t *)uuid, (int)strlen(uuid)) != 1 ||
        EVP_EncryptUpdate(context, sealed, &n, (const uint8_t *)body, (int)length) != 1 ||
        EVP_EncryptUpdate(context, sealed + n, &m, spaces, (int)pad) != 1 ||
        (size_t)(n + m) != length + pad || EVP_EncryptFinal_ex(context, sealed + n + m, &n) != 1 ||
        EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_GET_TAG, TAG_SIZE, tag) != 1)
        return error_set(error, ERROR_FAILED, "could not encrypt hold %s", uuid);
    text_add_n(out, lines.data, lines.length);
    text_add_n(out, (const char *)nonce, sizeof(nonce));
    text_add_n(out, (const char *)sealed, length + pad);
    text_add_n(out, (const char *)tag, sizeof(tag));
    return true;
}

bool hold_file_open(struct text *ret_body, const uint8_t kek[32], const char *uuid,
                    const char *bytes, size_t length, struct error *error)
{
    EVP_CIPHER_CTX *context _cleanup_(free_cipher) = EVP_CIPHER_CTX_new();
    uint64_t entries;
    size_t start = header(bytes, length, &entries);
    uint8_t tag[TAG_SIZE], end[16];
    int n;
    if (start == 0 || length < start + NONCE_SIZE + TAG_SIZE || length > HOLD_FILE_MOST)
        return error_set(error, ERROR_LOG, "the copy of hold %s is not as it was written", uuid);
    const uint8_t *lines = (const uint8_t *)bytes, *nonce = lines + start;
    const uint8_t *sealed = nonce + NONCE_SIZE;
    size_t size = length - start - NONCE_SIZE - TAG_SIZE;
    memcpy(tag, sealed + size, TAG_SIZE);
    uint8_t *body _cleanup_free_ = xmalloc(size + 1);
    if (context && EVP_DecryptInit_ex(context, EVP_aes_256_gcm(), NULL, kek, nonce) == 1 &&
        EVP_DecryptUpdate(context, NULL, &n, lines, (int)start) == 1 &&
        EVP_DecryptUpdate(context, NULL, &n, (const uint8_t *)uuid, (int)strlen(uuid)) == 1 &&
        EVP_DecryptUpdate(context, body, &n, sealed, (int)size) == 1 &&
        EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_SET_TAG, TAG_SIZE, tag) == 1 &&
        EVP_DecryptFinal_ex(context, end, &n) == 1) {
        text_add_n(ret_body, (const char *)body, size);
        OPENSSL_cleanse(body, size);
        return true;
    }
    OPENSSL_cleanse(body, size);
    return error_set(error, ERROR_CONFIG,
                     "the copy of hold %s cannot be decrypted: it was altered, or written under "
                     "another key-encryption key",
                     uuid);
}
