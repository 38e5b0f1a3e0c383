/* Writes the tree into the log directory: entries in, tiles and bundles out, then a signed
 * checkpoint. Memory is that of the right edge: one tile a level and one bundle.
 *
 *   publish_new(directory, size)   goes on after `size` entries that the directory has
 *   publish_entry(...)             full tiles and bundles are written as they fill
 *   publish_flush                  the partial ones; then all is durable
 *   publish_checkpoint             checkpoints/SIZE, then `checkpoint`, each by rename
 *
 * What was written but not signed counts for nothing: whoever starts again begins at the last
 * signed size and writes the same bytes anew. */
#ifndef LEDGER_PUBLISH_H
#define LEDGER_PUBLISH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ledger/merkle.h"

struct directory;
struct error;
struct note_signer;
struct publish;
struct text;

/* Reads the right edge at this size from the tiles. ERROR_LOG where they are not there. */
struct publish *publish_new(struct directory *directory, uint64_t size, struct error *error);
void publish_free(struct publish *publish); /* accepts NULL */

bool publish_entry(struct publish *publish, const void *entry, size_t length, struct error *error);
const struct merkle_tree *publish_tree(const struct publish *publish);
bool publish_flush(struct publish *publish, struct error *error);
/* Signs the tree as it is; the note is appended to ret_note. Refuses (ERROR_LOG) to sign a size
 * that checkpoints/ has with another root, or one below the last. publish_flush must have been
 * called after the last entry. */
bool publish_checkpoint(struct publish *publish, const struct note_signer *signer,
                        struct text *ret_note, struct error *error);
/* Puts a note that was signed before into checkpoints/ (and `checkpoint`): rebuilding. */
bool publish_signed(struct publish *publish, uint64_t size, const char *note, size_t length,
                    struct error *error);

#endif
