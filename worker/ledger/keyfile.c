#define _GNU_SOURCE
#include "ledger/keyfile.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/encode.h"
#include "base/error.h"
#include "base/text.h"

enum { DIGITS = 2 * KEYFILE_SIZE };

const struct keyfile_kind keyfile_kek = {
    "key-encryption key", "log-epoch-kek",
    "The record digests in the log are keyed: without this key, no new ones can be made, and no "
    "record can be proved to be among the old ones."};
const struct keyfile_kind keyfile_signing = {
    "signing key", "log-signing-key",
    "Without this key the log cannot go on: its checkpoints stay valid, but nobody can sign that a "
    "later one extends them."};

const struct keyfile_kind keyfile_hmac = {
    "key of keyed digests", "hmac-key",
    "What \"hmac\" makes of a value depends on this key: with another one, equal values of old and "
    "new records cannot be recognised any more."};

static void close_file(int *fd)
{
    if (*fd >= 0)
        close(*fd);
}

char *keyfile_find(const struct keyfile_kind *kind, const char *file)
{
    const char *directory = getenv("CREDENTIALS_DIRECTORY");
    char *path = NULL;
    if (file)
        return xstrdup(file);
    if (!directory || *directory != '/')
        return NULL;
    if (asprintf(&path, "%s/%s", directory, kind->credential) >= 0 && access(path, F_OK) == 0)
        return path;
    free(path);
    return NULL;
}

static bool is_credential(const char *file)
{
    const char *directory = getenv("CREDENTIALS_DIRECTORY");
    size_t n = directory ? strlen(directory) : 0;
    return n > 0 && *directory == '/' && strncmp(file, directory, n) == 0 && file[n] == '/' &&
           !strchr(file + n + 1, '/');
}

bool keyfile_load(const struct keyfile_kind *kind, const char *file, uint8_t ret_key[KEYFILE_SIZE],
                  struct error *error)
{
    int fd _cleanup_(close_file) = open(file, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    struct stat sb;
    if (fd < 0 || fstat(fd, &sb) != 0) {
        int why = errno;
        error_set(error, ERROR_CONFIG, "could not read %s \"%s\": %s", kind->name, file,
                  strerror(why));
        if (why == ENOENT)
            error_hint(error, "%s", kind->loss);
        return false;
    }
    if (!S_ISREG(sb.st_mode))
        return error_set(error, ERROR_CONFIG, "%s \"%s\" is not a regular file", kind->name, file);
    if (sb.st_uid != 0 && sb.st_uid != geteuid()) {
        error_set(error, ERROR_CONFIG, "%s \"%s\" belongs to user %u, neither root nor us",
                  kind->name, file, (unsigned)sb.st_uid);
        error_hint(error, "Whoever owns the file can read what it protects.");
        return false;
    }
    if (sb.st_mode & (is_credential(file) ? 037 : 077)) {
        error_set(error, ERROR_CONFIG, "%s \"%s\" is open to others than its owner (mode %04o)",
                  kind->name, file, (unsigned)(sb.st_mode & 07777));
        error_hint(error, "Run: chmod 600 \"%s\"", file);
        return false;
    }
    char digits[DIGITS + 2]; /* one more than allowed, so that too much is noticed */
    ssize_t got = read(fd, digits, sizeof(digits));
    if (got == DIGITS + 1 && digits[DIGITS] == '\n')
        got--;
    bool good = got == DIGITS && hex_decode(ret_key, KEYFILE_SIZE, digits, DIGITS);
    OPENSSL_cleanse(digits, sizeof(digits));
    if (!good)
        return error_set(error, ERROR_CONFIG, "%s \"%s\" is not 64 lower-case hex digits",
                         kind->name, file);
    return true;
}

bool keyfile_create(const struct keyfile_kind *kind, const char *file, struct error *error)
{
    int fd _cleanup_(close_file) = open(file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return error_set(error, ERROR_FAILED, "could not create %s \"%s\": %s", kind->name, file,
                         strerror(errno));
    uint8_t key[KEYFILE_SIZE];
    char digits[DIGITS + 1];
    random_bytes(key, sizeof(key));
    hex_encode(digits, key, sizeof(key));
    digits[DIGITS] = '\n';
    bool done = fchmod(fd, 0600) == 0 && write(fd, digits, sizeof(digits)) == sizeof(digits) &&
                fsync(fd) == 0;
    int why = errno;
    OPENSSL_cleanse(key, sizeof(key));
    OPENSSL_cleanse(digits, sizeof(digits));
    if (!done) {
        unlink(file);
        return error_set(error, ERROR_FAILED, "could not write %s \"%s\": %s", kind->name, file,
                         strerror(why));
    }
    return true;
}
