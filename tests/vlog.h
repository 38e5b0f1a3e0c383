/* A log directory of logmaker's in a temporary directory, verified as an auditor does who has its
 * key: the fixture of the suites ledger_verify*. */
#ifndef TESTS_VLOG_H
#define TESTS_VLOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "ledger/note.h"
#include "ledger/verify.h"

extern char *vlog_dir; /* the log directory */
extern struct note_verifier vlog_key;
extern struct verify_result vlog_result; /* of the last verification */
extern struct error vlog_error;

void vlog_setup(void);
void vlog_teardown(void);

/* Makes the log: checkpoints at powers of two and at the end; record digests a batch (0: none). */
void vlog_make(uint64_t size, unsigned records);
/* Verifies with these keys, and against a checkpoint kept (NULL: none). */
bool vlog_verify(const struct note_verifier *keys, size_t count, const char *against);
void vlog_sound(void);
/* Wrong, at this place, in these words. */
void vlog_wrong(const char *where, const char *message);

struct vlog_bytes {
    uint8_t *data; /* with a NUL after them; caller frees */
    size_t length;
};

/* Path of a file of the log; valid until four more were asked for. */
char *vlog_path(const char *name);
struct vlog_bytes vlog_get(const char *name);
void vlog_put(const char *name, const void *data, size_t length);
/* Changes a bit of a byte of a file. */
void vlog_flip(const char *name, size_t at);

struct vlog_file {
    char *name;
    struct vlog_bytes bytes;
};

enum { VLOG_FILES = 4096 };

extern struct vlog_file vlog_files[VLOG_FILES]; /* of vlog_list */
extern int vlog_file_count;

/* Adds every file below a folder of the log ("": all) to vlog_files. */
void vlog_list(const char *below);

#endif
