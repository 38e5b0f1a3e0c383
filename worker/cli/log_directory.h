/* The log directory, as the commands read it: --log, or the main file's log.directory. */
#ifndef CLI_LOG_DIRECTORY_H
#define CLI_LOG_DIRECTORY_H

#include "base/text.h"
#include "cli/command.h"
#include "ledger/directory.h"
#include "ledger/note.h"
#include "ledger/tile.h"

struct log_directory {
    struct directory *directory;   /* owned */
    struct note_verifier own;      /* of DIRECTORY/vkey, the one that signed; it proves nothing */
    struct note_verifier keys[32]; /* all of DIRECTORY/vkey, one a line */
    size_t key_count;
    struct checkpoint checkpoint;
    struct text note; /* the checkpoint as it is signed; owned */
    struct tile_source *source;
};

/* Opens it at its last checkpoint, whose signature by its own key is checked. It is to be closed
 * whether or not that succeeds. */
bool log_directory_open(struct log_directory *log, struct cli *cli, struct error *error);
void log_directory_close(struct log_directory *log);
#define _cleanup_log_directory_ _cleanup_(log_directory_close)

/* Opens an earlier checkpoint, which one of those keys signed, or one that the log names. */
bool log_directory_open_old(struct log_directory *log, const char *note, size_t length,
                            struct checkpoint *ret_old, struct error *error);
/* Appends an entry to out. ERROR_FAILED where it was pruned, or never was. */
bool log_directory_entry(const struct log_directory *log, uint64_t index, struct text *out,
                         struct error *error);
/* Appends the proof of an entry (C2SP tlog-proof) to out. */
bool log_directory_prove(const struct log_directory *log, uint64_t index, struct text *out,
                         struct error *error);

#endif
