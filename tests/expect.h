/* Diagnostics as text, for tests: "LINE: message", "LINE: warning: message", and for each line of a
 * hint "    hint: ..." or "          ..." below it, as diags_print writes them. */
#ifndef TESTS_EXPECT_H
#define TESTS_EXPECT_H

#include "base/diag.h"

/* Sorts them first; the caller frees. */
char *diags_text(struct diags *diags);
/* Fails the test unless the diagnostics read exactly so. */
void expect_diags(struct diags *diags, const char *expected);

#endif
