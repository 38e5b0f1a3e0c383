/* What the parts of `retentionctl log recover` share. */
#ifndef CLI_LOG_RECOVER_H
#define CLI_LOG_RECOVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cli/session.h"
#include "ledger/directory.h"
#include "ledger/note.h"

enum { RECOVERY_MOST_KEYS = 66 };

struct recovery {
    struct cli *cli;
    struct session session;
    struct directory *directory;
    const char *kek_file; /* of the main file, or NULL */
    struct note_verifier keys[RECOVERY_MOST_KEYS];
    size_t key_count;
    uint64_t database_size;
    uint64_t written, undone;

    /* Holds whose log entries were written again, in the arena: as array literals without braces.
     */
    const char *told, *told_scope; /* of the latter: whether one of them placed or extended it */
    int holds_back;
    const char *holds_lost; /* lines for people, in the arena; NULL: none */
    int lost_count;
    bool lacks_category, lacks_key; /* why, among others */
};

/* An entry `hold` was written again. uuid as 32 hex digits. */
void recovery_note_hold(struct recovery *recovery, const char *uuid, const char *what);
/* Within the transaction, after the entries: holds that are missing, or whose entries were written
 * again, come back from holds/ of the directory. What cannot is noted. */
bool recover_holds(struct recovery *recovery, struct error *error);
/* After COMMIT: false, and which holds could not be brought back, where there are any. */
bool recover_holds_report(struct recovery *recovery, struct error *error);

#endif
