/* Other people's verifiers of logs: Go's sumdb note and tlog, npm's @sigstore/verify, openssl. */
#ifndef TESTS_VERIFIERS_H
#define TESTS_VERIFIERS_H

#include <stdbool.h>

#include "harness/db.h"

/* Runs a script in a directory; $top and $build are the trees, $ctl is ours, $tlogcheck and
 * sigstorecheck are theirs. */
struct program_result verifiers_sh(const char *directory, const char *script);
/* Makes the programs. False, said loudly, where something that they need is not there; with CI=true
 * that fails the test. */
bool verifiers_prepare(void);

/* What openssl alone is asked, as retention-log(7) has it: the signature of log/checkpoint by the
 * key in the file vkey. */
#define VERIFIERS_OPENSSL                                                                          \
    "sed 's/^[^+]*+[^+]*+//' vkey | base64 -d | tail -c 32 >key;"                                  \
    "{ printf '\\060\\052\\060\\005\\006\\003\\053\\145\\160\\003\\041\\000'; cat key; } |"        \
    "  openssl pkey -pubin -inform DER -out key.pem && head -n 3 log/checkpoint >text &&"          \
    "tail -n 1 log/checkpoint | cut -d ' ' -f 3 | base64 -d | tail -c 64 >signature &&"            \
    "openssl pkeyutl -verify -pubin -inkey key.pem -rawin -in text -sigfile signature"

#endif
