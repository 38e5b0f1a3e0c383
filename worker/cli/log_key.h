/* The keys that an auditor gives to verify a log with. */
#ifndef CLI_LOG_KEY_H
#define CLI_LOG_KEY_H

#include <stddef.h>

#include "cli/command.h"
#include "ledger/note.h"

struct text;

/* Reads a file of at most `most` bytes, appended to out. ERROR_FAILED where it cannot be read. */
bool log_file_read(const char *path, size_t most, struct text *out, struct error *error);

/* Reads a file of vkeys, one a line; the array is the arena's. */
bool log_keys_read(struct cli *cli, const char *path, const struct note_verifier **ret_keys,
                   size_t *ret_count, struct error *error);

/* "name+id+key"; in the arena. */
const char *log_key_text(struct cli *cli, const struct note_verifier *key);

#endif
