#include "ledger/pseudonym.h"

#include <openssl/crypto.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/encode.h"
#include "ledger/digest.h"

enum { VALUE_BYTES = 16, CHECK_BYTES = 4 };

static void add_check(const uint8_t key[DIGEST_SIZE], char digest[PSEUDONYM_LENGTH + 1])
{
    uint8_t check[DIGEST_SIZE];
    digest[2 * VALUE_BYTES] = '\0';
    digest_keyed(key, "check\n", digest, check);
    hex_encode(digest + 2 * VALUE_BYTES, check, CHECK_BYTES);
}

static bool is_made(const uint8_t key[DIGEST_SIZE], const char *value)
{
    char again[PSEUDONYM_LENGTH + 1];
    if (strlen(value) != PSEUDONYM_LENGTH || strspn(value, "0123456789abcdef") != PSEUDONYM_LENGTH)
        return false;
    memcpy(again, value, 2 * VALUE_BYTES);
    add_check(key, again);
    return strcmp(again, value) == 0;
}

void pseudonym_make(const uint8_t key[32], const char *domain, const char *value,
                    char ret_digest[PSEUDONYM_LENGTH + 1])
{
    uint8_t of_domain[DIGEST_SIZE], hash[DIGEST_SIZE];
    digest_keyed(key, "retention-hmac/v1\n", domain, of_domain);
    if (is_made(of_domain, value)) {
        memcpy(ret_digest, value, PSEUDONYM_LENGTH + 1);
    } else {
        digest_keyed(of_domain, "value\n", value, hash);
        hex_encode(ret_digest, hash, VALUE_BYTES);
        add_check(of_domain, ret_digest);
    }
    OPENSSL_cleanse(of_domain, sizeof(of_domain));
}
