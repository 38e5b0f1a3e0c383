/* What the transformation "hmac" makes of a value: a keyed digest that knows its own kind. */
#ifndef LEDGER_PSEUDONYM_H
#define LEDGER_PSEUDONYM_H

#include <stdint.h>

enum { PSEUDONYM_LENGTH = 40 };

/* 32 hex digits of HMAC(Kd, "value\n" || value), where Kd = HMAC(key, "retention-hmac/v1\n" ||
 * domain), and 8 of HMAC(Kd, "check\n" || those). A value that is such a digest of the same key and
 * domain, as its last digits tell, comes back as it is. Equal values of a domain have equal
 * digests, and nothing but the key leads from one to the other. */
void pseudonym_make(const uint8_t key[32], const char *domain, const char *value,
                    char ret_digest[PSEUDONYM_LENGTH + 1]);

#endif
