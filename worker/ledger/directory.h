/* The log directory: the published form of the log as files (LOG-FORMAT: "Directory"). No database.
 *
 *   checkpoint              the last signed checkpoint
 *   checkpoints/SIZE        every one that was signed
 *   vkey                    the key that signs (an auditor has it from elsewhere)
 *   tile/L/N[.p/W]          hashes; tile/entries/N[.p/W] the entries
 *   records/RUN.SEQ         the sorted refs of a batch, 32 bytes each; RUN as 32 hex digits
 *   policies/SHA256         the texts approved
 *   proofs/INDEX            proofs of entries that a prune took away, and that later ones rest on
 *   lock                    locked by who writes, and says who that is
 *
 * Names below are relative to the directory. A file appears whole, by rename; it is durable after
 * directory_sync. Partial tiles that the last two checkpoints do not need are removed, so a reader
 * takes a wider one where the one it wants is gone, or cut off: directory_fetch_tile and
 * directory_read_bundle do. Verification (verify.h) reads files by itself, and passes by nothing.
 */
#ifndef LEDGER_DIRECTORY_H
#define LEDGER_DIRECTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ledger/note.h"
#include "ledger/tile.h"

struct directory;
struct error;
struct text;

enum {
    DIRECTORY_MOST_BUNDLE = TILE_WIDTH * (2 + 4096),
    DIRECTORY_MOST_NAME = 255,
};

/* For reading. ERROR_FAILED where it is none. */
struct directory *directory_open(const char *path, struct error *error);
/* For writing: made if absent (mode 0755), and locked until it is closed; refused where another
 * process has the lock. */
struct directory *directory_open_locked(const char *path, struct error *error);
/* Says in the lock, which must be ours, who has it (numbers, with spaces between them), until it is
 * closed. */
bool directory_claim(struct directory *directory, const char *who, struct error *error);
/* What was said there last; appended to out, nothing where nothing was. */
bool directory_read_claim(const struct directory *directory, struct text *out, struct error *error);
/* Nobody will write here any more: the lock's file goes, which is no part of a log. */
bool directory_remove_lock(struct directory *directory, struct error *error);
void directory_free(struct directory *directory); /* accepts NULL */
const char *directory_path(const struct directory *directory);
/* "HOST:/ABSOLUTE/PATH": who publishes there. The caller frees it. */
char *directory_holder(const struct directory *directory);

/* Appends a file of at most `most` bytes to out. Where there is none: true and *ret_absent; where
 * ret_absent is NULL, that is an error. */
bool directory_read(const struct directory *directory, const char *name, size_t most,
                    struct text *out, bool *ret_absent, struct error *error);
bool directory_exists(const struct directory *directory, const char *name);
/* Is there a file of that name that holds just these bytes? */
bool directory_has(const struct directory *directory, const char *name, const void *bytes,
                   size_t length);
/* Calls fn with the name of each file of a folder ("checkpoints", "records"), in any order, until
 * it returns false. A folder that is not there has none. */
typedef bool directory_each_fn(void *arg, const char *name);
bool directory_each(const struct directory *directory, const char *folder, directory_each_fn *fn,
                    void *arg, struct error *error);

/* Makes or replaces a file, and the folders on the way to it. */
bool directory_write(struct directory *directory, const char *name, const void *bytes,
                     size_t length, struct error *error);
/* Removes a file or an empty folder; one that is not there is no error. */
bool directory_remove(struct directory *directory, const char *name, struct error *error);
/* Makes everything written or removed so far durable. */
bool directory_sync(struct directory *directory, struct error *error);

/* A file's name: appended to out. */
void directory_checkpoint_name(struct text *out, uint64_t size); /* checkpoints/SIZE */
void directory_records_name(struct text *out, const char *run, uint64_t seq);

/* The checkpoint of the largest size that was signed: `checkpoint`, or a larger one in
 * checkpoints/, which a crash left behind. Checks its signature by one of the verifiers. None at
 * all: true, size 0. ret_note and ret_by may be NULL. */
bool directory_last_checkpoint(const struct directory *directory,
                               const struct note_verifier *verifiers, size_t count,
                               struct checkpoint *ret_checkpoint, struct text *ret_note,
                               size_t *ret_by, struct error *error);

/* For struct tile_source (arg is the directory): also from a wider partial tile or the full one. */
tile_fetch_fn directory_fetch_tile;
/* The first `width` entries of bundle n, as bundle_add wrote them, appended to out; *ret_absent
 * where there is no bundle of that width or wider. Also checks that it is well formed: where all
 * that there are are not, that is an error. */
bool directory_read_bundle(const struct directory *directory, uint64_t index, unsigned width,
                           struct text *out, bool *ret_absent, struct error *error);

#endif
