#include "ledger/epoch.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/error.h"
#include "ledger/keyfile.h"
#include "ledger/merkle.h"

enum { NONCE_SIZE = 12, TAG_SIZE = 16 };

static void free_cipher(EVP_CIPHER_CTX **context)
{
    EVP_CIPHER_CTX_free(*context);
}

bool epoch_kek_load(const char *file, uint8_t ret_kek[32], struct error *error)
{
    return keyfile_load(&keyfile_kek, file, ret_kek, error);
}

bool epoch_kek_create(const char *file, struct error *error)
{
    return keyfile_create(&keyfile_kek, file, error);
}

/* The epoch's number is bound to the wrapped key: one cannot be put in another's place. */
static void associated_data(uint64_t epoch, uint8_t ret_data[8])
{
    for (int i = 0; i < 8; i++)
        ret_data[i] = (uint8_t)(epoch >> (56 - 8 * i));
}

bool epoch_wrap(const uint8_t kek[32], uint64_t epoch, const uint8_t key[32],
                uint8_t ret_wrapped[EPOCH_WRAPPED_SIZE], struct error *error)
{
    EVP_CIPHER_CTX *context _cleanup_(free_cipher) = EVP_CIPHER_CTX_new();
    uint8_t *nonce = ret_wrapped, *sealed = nonce + NONCE_SIZE, *tag = sealed + EPOCH_KEY_SIZE;
    uint8_t data[8];
    int n;
    associated_data(epoch, data);
    random_bytes(nonce, NONCE_SIZE);
    if (!context || EVP_EncryptInit_ex(context, EVP_aes_256_gcm(), NULL, kek, nonce) != 1 ||
        EVP_EncryptUpdate(context, NULL, &n, data, sizeof(data)) != 1 ||
        EVP_EncryptUpdate(context, sealed, &n, key, EPOCH_KEY_SIZE) != 1 ||
        EVP_EncryptFinal_ex(context, sealed + n, &n) != 1 ||
        EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_GET_TAG, TAG_SIZE, tag) != 1)
        return error_set(error, ERROR_FAILED, "could not wrap the key of epoch %llu",
                         (unsigned long long)epoch);
    return true;
}

bool epoch_unwrap(const uint8_t kek[32], uint64_t epoch, const uint8_t wrapped[EPOCH_WRAPPED_SIZE],
                  uint8_t ret_key[32], struct error *error)
{
    EVP_CIPHER_CTX *context _cleanup_(free_cipher) = EVP_CIPHER_CTX_new();
    const uint8_t *nonce = wrapped, *sealed = nonce + NONCE_SIZE;
    uint8_t data[8], tag[TAG_SIZE], end[16];
    int n;
    associated_data(epoch, data);
    memcpy(tag, sealed + EPOCH_KEY_SIZE, TAG_SIZE);
    if (!context || EVP_DecryptInit_ex(context, EVP_aes_256_gcm(), NULL, kek, nonce) != 1 ||
        EVP_DecryptUpdate(context, NULL, &n, data, sizeof(data)) != 1 ||
        EVP_DecryptUpdate(context, ret_key, &n, sealed, EPOCH_KEY_SIZE) != 1 ||
        EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_SET_TAG, TAG_SIZE, tag) != 1 ||
        EVP_DecryptFinal_ex(context, end, &n) != 1) {
        OPENSSL_cleanse(ret_key, EPOCH_KEY_SIZE);
        error_set(error, ERROR_CONFIG, "could not unwrap the key of epoch %llu",
                  (unsigned long long)epoch);
        error_hint(error, "The key-encryption key is not the one that it was wrapped with, or the "
                          "stored key was altered.");
        return false;
    }
    return true;
}

void epoch_commitment(const uint8_t key[32], uint8_t ret_commit[32])
{
    static const char label[] = "retention-epoch-key/v1\n";
    uint8_t buffer[sizeof(label) - 1 + EPOCH_KEY_SIZE];
    memcpy(buffer, label, sizeof(label) - 1);
    memcpy(buffer + sizeof(label) - 1, key, EPOCH_KEY_SIZE);
    merkle_sha256(buffer, sizeof(buffer), ret_commit);
    OPENSSL_cleanse(buffer, sizeof(buffer));
}
