#define _GNU_SOURCE
#include "ledger/directory.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/fault.h"
#include "base/text.h"
#include "ledger/lines.h"

/* Up to so many files written since the last directory_sync are synced one by one; where there are
 * more, the whole file system is, which costs less. */
enum { FEW_FILES = 32 };

/* Before a file gets its name it is called so, and a number. */
#define TEMPORARY ".new."
/* Who was killed while it wrote left one; nobody writes one for so long. */
enum { LEFT_AFTER_S = 3600 };

struct directory {
    char *path;
    int fd;
    int lock; /* -1: for reading */
    char *dirty[FEW_FILES];
    size_t dirty_count; /* beyond FEW_FILES: not named */
};

/* --- opening --- */

static bool fail(const struct directory *directory, const char *what, const char *name,
                 struct error *error)
{
    int why = errno;
    return error_set(error, ERROR_FAILED, "could not %s \"%s%s%s\": %s", what, directory->path,
                     *name ? "/" : "", name, strerror(why));
}

static void close_file(int *fd)
{
    if (*fd >= 0)
        close(*fd);
}

struct directory *directory_open(const char *path, struct error *error)
{
    struct directory *directory = xcalloc(1, sizeof(*directory));
    directory->path = xstrdup(path);
    directory->lock = -1;
    directory->fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory->fd >= 0)
        return directory;
    fail(directory, "open log directory", "", error);
    directory_free(directory);
    return NULL;
}

/* Files that nobody writes any more. Others than the one that has the lock may be writing theirs.
 */
static void remove_left(struct directory *directory)
{
    int fd = openat(directory->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
    const struct dirent *entry;
    struct stat sb;
    if (!dir) {
        close_file(&fd);
        return;
    }
    while ((entry = readdir(dir)))
        if (strncmp(entry->d_name, TEMPORARY, strlen(TEMPORARY)) == 0 &&
            fstatat(directory->fd, entry->d_name, &sb, AT_SYMLINK_NOFOLLOW) == 0 &&
            S_ISREG(sb.st_mode) && sb.st_mtime < clock_wall_us() / 1000000 - LEFT_AFTER_S)
            unlinkat(directory->fd, entry->d_name, 0);
    closedir(dir);
}

struct directory *directory_open_locked(const char *path, struct error *error)
{
    if (mkdir(path, 0755) != 0 && errno != EEXIST) {
        int why = errno;
        error_set(error, ERROR_FAILED, "could not make log directory \"%s\": %s", path,
                  strerror(why));
        return NULL;
    }
    struct directory *directory = directory_open(path, error);
    if (!directory)
        return NULL;
    directory->lock =
        openat(directory->fd, "lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (directory->lock < 0) {
        fail(directory, "open", "lock", error);
    } else if (flock(directory->lock, LOCK_EX | LOCK_NB) == 0) {
        remove_left(directory);
        return directory;
    } else if (errno == EWOULDBLOCK) {
        error_set(error, ERROR_FAILED, "log directory \"%s\" is in use by another process", path);
        error_hint(error, "A worker that leads writes to it; one log has one directory.");
    } else {
        fail(directory, "lock", "lock", error);
    }
    directory_free(directory);
    return NULL;
}

bool directory_claim(struct directory *directory, const char *who, struct error *error)
{
    size_t length = strlen(who);
    return (directory->lock >= 0 && ftruncate(directory->lock, 0) == 0 &&
            pwrite(directory->lock, who, length, 0) == (ssize_t)length) ||
           fail(directory, "write", "lock", error);
}

bool directory_read_claim(const struct directory *directory, struct text *out, struct error *error)
{
    bool absent;
    return directory_read(directory, "lock", DIRECTORY_MOST_NAME, out, &absent, error);
}

bool directory_remove_lock(struct directory *directory, struct error *error)
{
    return unlinkat(directory->fd, "lock", 0) == 0 || fail(directory, "remove", "lock", error);
}

static void forget_dirty(struct directory *directory)
{
    for (size_t i = 0; i < directory->dirty_count && i < FEW_FILES; i++)
        free(directory->dirty[i]);
    directory->dirty_count = 0;
}

void directory_free(struct directory *directory)
{
    if (!directory)
        return;
    forget_dirty(directory);
    if (directory->lock >= 0) {
        /* nobody's any more; where that fails, whoever takes it next says who it is */
        if (ftruncate(directory->lock, 0) != 0)
            errno = 0;
        close(directory->lock);
    }
    if (directory->fd >= 0)
        close(directory->fd);
    free(directory->path);
    free(directory);
}

const char *directory_path(const struct directory *directory)
{
    return directory->path;
}

char *directory_holder(const struct directory *directory)
{
    char host[256] = "", *holder = NULL;
    char *real _cleanup_free_ = realpath(directory->path, NULL);
    if (gethostname(host, sizeof(host) - 1) != 0)
        snprintf(host, sizeof(host), "unknown");
    if (asprintf(&holder, "%s:%s", host, real ? real : directory->path) < 0)
        abort();
    return holder;
}

/* --- reading --- */

/* Nothing that a name leads to lies outside, as long as the folders are ours. */
static bool name_is_safe(const char *name)
{
    return *name && *name != '/' && !strstr(name, "..") && strlen(name) <= DIRECTORY_MOST_NAME;
}

bool directory_read(const struct directory *directory, const char *name, size_t most,
                    struct text *out, bool *ret_absent, struct error *error)
{
    if (ret_absent)
        *ret_absent = false;
    errno = EINVAL;
    int fd _cleanup_(close_file) =
        name_is_safe(name)
            ? openat(directory->fd, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
            : -1;
    if (fd < 0 && (errno == ENOENT || errno == ENOTDIR) && ret_absent) {
        *ret_absent = true;
        return true;
    }
    struct stat sb;
    if (fd < 0 || fstat(fd, &sb) != 0)
        return fail(directory, "open", name, error);
    if (!S_ISREG(sb.st_mode) || sb.st_size < 0 || (uint64_t)sb.st_size > most)
        return error_set(error, ERROR_LOG, "\"%s/%s\" is %s", directory->path, name,
                         S_ISREG(sb.st_mode) ? "too long" : "no regular file");
    char buffer[16384];
    size_t before = out->length;
    ssize_t n;
    while ((n = read(fd, buffer, sizeof(buffer))) > 0) {
        text_add_n(out, buffer, (size_t)n);
        if (out->length - before > most)
            return error_set(error, ERROR_LOG, "\"%s/%s\" is too long", directory->path, name);
    }
    return n == 0 || fail(directory, "read", name, error);
}

bool directory_exists(const struct directory *directory, const char *name)
{
    return name_is_safe(name) && faccessat(directory->fd, name, F_OK, 0) == 0;
}

bool directory_has(const struct directory *directory, const char *name, const void *bytes,
                   size_t length)
{
    struct text found _cleanup_text_ = {0};
    struct error ignored _cleanup_error_ = {0};
    bool absent;
    return directory_read(directory, name, length, &found, &absent, &ignored) && !absent &&
           found.length == length && memcmp(text_string(&found), bytes, length) == 0;
}

static void close_dir(DIR **dir)
{
    if (*dir)
        closedir(*dir);
}

bool directory_each(const struct directory *directory, const char *folder, directory_each_fn *fn,
                    void *arg, struct error *error)
{
    int fd = openat(directory->fd, folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT || fail(directory, "open", folder, error);
    DIR *dir _cleanup_(close_dir) = fdopendir(fd);
    if (!dir) {
        close(fd);
        return fail(directory, "open", folder, error);
    }
    const struct dirent *entry;
    while (errno = 0, (entry = readdir(dir)))
        if (*entry->d_name != '.' && !fn(arg, entry->d_name))
            return true;
    return errno == 0 || fail(directory, "read", folder, error);
}

/* --- writing --- */

/* Makes the folders on the way to name. */
static bool make_folders(struct directory *directory, const char *name, struct error *error)
{
    char folder[DIRECTORY_MOST_NAME + 1];
    for (const char *slash = name; (slash = strchr(slash, '/')); slash++) {
        memcpy(folder, name, (size_t)(slash - name));
        folder[slash - name] = '\0';
        if (mkdirat(directory->fd, folder, 0755) != 0 && errno != EEXIST)
            return fail(directory, "make", folder, error);
    }
    return true;
}

static void note_dirty(struct directory *directory, const char *name)
{
    if (directory->dirty_count < FEW_FILES)
        directory->dirty[directory->dirty_count] = xstrdup(name);
    directory->dirty_count++;
}

static bool write_all(int fd, const void *bytes, size_t length)
{
    const char *at = bytes;
    while (length > 0) {
        ssize_t n = write(fd, at, length);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return false;
        at += n;
        length -= (size_t)n;
    }
    return true;
}

/* A name without its bytes, as a loss of power leaves one, would pass for the newest checkpoint, or
 * for what was written once and for all. Other files are written again by whoever finds that no
 * checkpoint covers them. */
static bool is_kept(const char *name)
{
    static const char *const kept[] = {"checkpoint", "policies/", "proofs/"};
    for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
        if (strncmp(name, kept[i], strlen(kept[i])) == 0)
            return true;
    return false;
}

/* The bytes into a new file, which gets its name by rename. */
static bool write_new(struct directory *directory, const char *temporary, const char *name,
                      const void *bytes, size_t length, struct error *error)
{
    int fd _cleanup_(close_file) = openat(
        directory->fd, temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (fd < 0 || !write_all(fd, bytes, length / 2))
        return fail(directory, "write", name, error);
    (void)FAULT_POINT("log_file_half_written");
    if (!write_all(fd, (const char *)bytes + length / 2, length - length / 2))
        return fail(directory, "write", name, error);
    if (is_kept(name) && fsync(fd) != 0)
        return fail(directory, "sync", name, error);
    if (renameat(directory->fd, temporary, directory->fd, name) == 0)
        return true;
    if (errno == ENOENT && !make_folders(directory, name, error))
        return false;
    return renameat(directory->fd, temporary, directory->fd, name) == 0 ||
           fail(directory, "write", name, error);
}

bool directory_write(struct directory *directory, const char *name, const void *bytes,
                     size_t length, struct error *error)
{
    char temporary[sizeof(TEMPORARY) + 20];
    uint64_t number;
    if (!name_is_safe(name)) {
        errno = EINVAL;
        return fail(directory, "write", name, error);
    }
    /* No process number: workers and commands in containers of their own have the same ones. */
    random_bytes(&number, sizeof(number));
    snprintf(temporary, sizeof(temporary), TEMPORARY "%" PRIu64, number);
    if (!write_new(directory, temporary, name, bytes, length, error)) {
        unlinkat(directory->fd, temporary, 0);
        return false;
    }
    (void)FAULT_POINT("log_file_renamed");
    note_dirty(directory, name);
    return true;
}

bool directory_remove(struct directory *directory, const char *name, struct error *error)
{
    if (!name_is_safe(name) ||
        (unlinkat(directory->fd, name, 0) != 0 &&
         (errno != EISDIR || unlinkat(directory->fd, name, AT_REMOVEDIR) != 0) && errno != ENOENT &&
         errno != ENOTEMPTY))
        return fail(directory, "remove", name, error);
    (void)FAULT_POINT("log_file_removed");
    note_dirty(directory, name);
    return true;
}

static bool sync_one(struct directory *directory, const char *name, int flags, struct error *error)
{
    int fd _cleanup_(close_file) = openat(directory->fd, name, O_RDONLY | O_CLOEXEC | flags);
    return (fd >= 0 && fsync(fd) == 0) || fail(directory, "sync", *name ? name : ".", error);
}

/* The file, then every folder up to the top: a new folder is an entry of the one above. */
static bool sync_path(struct directory *directory, const char *name, struct error *error)
{
    char folder[DIRECTORY_MOST_NAME + 1];
    /* what was removed since stands in no folder: that has to last, too */
    if (directory_exists(directory, name) && !sync_one(directory, name, 0, error))
        return false;
    snprintf(folder, sizeof(folder), "%s", name);
    for (char *slash; (slash = strrchr(folder, '/'));) {
        *slash = '\0';
        if (directory_exists(directory, folder) && !sync_one(directory, folder, O_DIRECTORY, error))
            return false;
    }
    return sync_one(directory, ".", O_DIRECTORY, error);
}

bool directory_sync(struct directory *directory, struct error *error)
{
    (void)FAULT_POINT("log_before_sync");
    if (directory->dirty_count > FEW_FILES) {
        if (syncfs(directory->fd) != 0)
            return fail(directory, "sync", "", error);
    } else {
        for (size_t i = 0; i < directory->dirty_count; i++)
            if (!sync_path(directory, directory->dirty[i], error))
                return false;
    }
    forget_dirty(directory);
    return true;
}

/* --- what is in it --- */

void directory_checkpoint_name(struct text *out, uint64_t size)
{
    text_printf(out, "checkpoints/%" PRIu64, size);
}

void directory_records_name(struct text *out, const char *run, uint64_t seq)
{
    text_printf(out, "records/%s.%" PRIu64, run, seq);
}

static bool take_largest(void *arg, const char *name)
{
    uint64_t *largest = arg, size;
    if (lines_read_number(name, strlen(name), &size) && size > *largest)
        *largest = size;
    return true;
}

static bool open_checkpoint(const struct directory *directory, const char *name,
                            const struct text *note, const struct note_verifier *verifiers,
                            size_t count, struct checkpoint *ret_checkpoint, size_t *ret_by,
                            struct error *error)
{
    if (checkpoint_open_by(ret_checkpoint, text_string(note), note->length, verifiers, count,
                           ret_by, error))
        return true;
    error_context(error, "while reading \"%s/%s\"", directory->path, name);
    return false;
}

bool directory_last_checkpoint(const struct directory *directory,
                               const struct note_verifier *verifiers, size_t count,
                               struct checkpoint *ret_checkpoint, struct text *ret_note,
                               size_t *ret_by, struct error *error)
{
    struct text note _cleanup_text_ = {0}, larger _cleanup_text_ = {0}, name _cleanup_text_ = {0};
    struct checkpoint kept;
    uint64_t largest = 0;
    size_t by = 0;
    bool absent;
    *ret_checkpoint = (struct checkpoint){0};
    if (!directory_read(directory, "checkpoint", NOTE_MOST_BYTES, &note, &absent, error) ||
        (!absent && !open_checkpoint(directory, "checkpoint", &note, verifiers, count,
                                     ret_checkpoint, &by, error)) ||
        !directory_each(directory, "checkpoints", take_largest, &largest, error))
        return false;
    if (largest > ret_checkpoint->size) {
        directory_checkpoint_name(&name, largest);
        if (!directory_read(directory, name.data, NOTE_MOST_BYTES, &larger, NULL, error) ||
            !open_checkpoint(directory, name.data, &larger, verifiers, count, &kept, &by, error))
            return false;
        if (kept.size != largest)
            return error_set(error, ERROR_LOG, "\"%s/%s\" is the checkpoint of size %" PRIu64,
                             directory->path, name.data, kept.size);
        *ret_checkpoint = kept;
        text_clear(&note);
        text_add_n(&note, larger.data, larger.length);
    }
    if (ret_note)
        text_add_n(ret_note, text_string(&note), note.length);
    if (ret_by)
        *ret_by = by;
    return true;
}

struct widest {
    unsigned least, found; /* the narrowest that is wide enough; 0: none */
};

static bool take_width(void *arg, const char *name)
{
    struct widest *widest = arg;
    uint64_t width;
    if (lines_read_number(name, strlen(name), &width) && width >= widest->least &&
        width < TILE_WIDTH && (widest->found == 0 || width < widest->found))
        widest->found = (unsigned)width;
    return true;
}

/* The width to try after one of which there is no whole file: that of the tile, then the full one,
 * then partial ones that are wider. 0: there is no other. */
static unsigned next_width(const struct directory *directory, const struct tile *tile,
                           unsigned tried)
{
    struct widest widest = {.least = (tried == TILE_WIDTH ? tile->width : tried) + 1};
    struct text name _cleanup_text_ = {0};
    struct error ignored _cleanup_error_ = {0};
    if (tile->width == TILE_WIDTH)
        return 0;
    if (tried == tile->width)
        return TILE_WIDTH;
    tile_path(&name, &(struct tile){tile->level, tile->index, TILE_WIDTH});
    text_add(&name, ".p");
    return directory_each(directory, name.data, take_width, &widest, &ignored) ? widest.found : 0;
}

/* The first `width` hashes or entries of the file of this tile, appended to out. */
static bool read_first(const struct directory *directory, const struct tile *tile, unsigned width,
                       struct text *out, bool *ret_absent, struct error *error)
{
    bool is_bundle = tile->level == TILE_ENTRIES;
    struct text name _cleanup_text_ = {0}, bytes _cleanup_text_ = {0};
    tile_path(&name, tile);
    if (!directory_read(directory, name.data, is_bundle ? DIRECTORY_MOST_BUNDLE : TILE_BYTES,
                        &bytes, ret_absent, error))
        return false;
    if (*ret_absent)
        return true;
    size_t at = 0, n = 0, length;
    const uint8_t *entry, *data = (const uint8_t *)text_string(&bytes);
    if (!is_bundle && bytes.length % MERKLE_HASH_SIZE == 0) {
        n = bytes.length / MERKLE_HASH_SIZE;
        at = width * (size_t)MERKLE_HASH_SIZE;
    }
    while (is_bundle && n < width && bundle_next(data, bytes.length, &at, &entry, &length))
        n++;
    if (n < width)
        return error_set(error, ERROR_LOG, "\"%s/%s\" is cut off after %zu %s", directory->path,
                         name.data, n, is_bundle ? "entries" : "hashes");
    text_add_n(out, data, at);
    return true;
}

/* The same of whichever file has so many. One that is cut off, as a loss of power leaves it, hides
 * no other; where there is no other, it is what failed. */
static bool read_tile(const struct directory *directory, const struct tile *tile, struct text *out,
                      bool *ret_absent, struct error *error)
{
    struct error first _cleanup_error_ = {0};
    struct tile other = *tile;
    for (; other.width > 0; other.width = next_width(directory, tile, other.width)) {
        struct error own _cleanup_error_ = {0};
        if (!read_first(directory, &other, tile->width, out, ret_absent, &own)) {
            if (!first.primary)
                error_move(&first, &own);
        } else if (!*ret_absent) {
            return true;
        }
    }
    *ret_absent = !first.primary;
    if (first.primary)
        error_move(error, &first);
    return *ret_absent;
}

bool directory_fetch_tile(void *arg, const struct tile *tile, uint8_t *ret_bytes)
{
    struct text bytes _cleanup_text_ = {0};
    struct error error _cleanup_error_ = {0};
    bool absent;
    if (!read_tile(arg, tile, &bytes, &absent, &error) || absent)
        return false;
    memcpy(ret_bytes, bytes.data, bytes.length);
    return true;
}

bool directory_read_bundle(const struct directory *directory, uint64_t index, unsigned width,
                           struct text *out, bool *ret_absent, struct error *error)
{
    const struct tile tile = {TILE_ENTRIES, index, width};
    return read_tile(directory, &tile, out, ret_absent, error);
}
