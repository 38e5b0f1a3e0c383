/* Reading the files of a log directory, for its verification. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/encode.h"
#include "base/error.h"
#include "base/text.h"
#include "ledger/verify_internal.h"

enum { CHUNK_REFS = 2048 };

static bool could_not_read(struct verify *v, const char *path, const char *why)
{
    snprintf(v->result->where, sizeof(v->result->where), "%s", path);
    return error_set(v->error, ERROR_FAILED, "could not read \"%s\": %s", path, why);
}

/* Opens a regular file; *ret_fd is -1 where there is none. */
static bool open_file(struct verify *v, const char *path, int *ret_fd, uint64_t *ret_size)
{
    struct stat status;
    /* Not blocked by what only looks like a file. */
    *ret_fd = openat(v->directory, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (*ret_fd < 0 && errno != ELOOP && errno != ENXIO)
        return errno == ENOENT || errno == ENOTDIR || could_not_read(v, path, strerror(errno));
    if (*ret_fd < 0 || fstat(*ret_fd, &status) != 0 || !S_ISREG(status.st_mode)) {
        if (*ret_fd >= 0)
            close(*ret_fd);
        return verify_fail(v, path, UINT64_MAX, "%s is not a regular file", path);
    }
    *ret_size = (uint64_t)status.st_size;
    return true;
}

/* Fills the buffer as far as the file goes. */
static bool read_some(int fd, uint8_t *bytes, size_t most, size_t *ret_length)
{
    *ret_length = 0;
    while (*ret_length < most) {
        ssize_t n = read(fd, bytes + *ret_length, most - *ret_length);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return false;
        if (n == 0)
            break;
        *ret_length += (size_t)n;
    }
    return true;
}

enum verify_read verify_read_file(struct verify *v, const char *path, void *ret_bytes, size_t most,
                                  size_t *ret_length)
{
    int fd;
    uint64_t size;
    if (!open_file(v, path, &fd, &size))
        return READ_FAILED;
    if (fd < 0)
        return READ_ABSENT;
    bool done = size <= most;
    if (!done)
        verify_fail(v, path, UINT64_MAX, "%s is longer than it can be", path);
    else if (!(done = read_some(fd, ret_bytes, most, ret_length)))
        could_not_read(v, path, strerror(errno));
    close(fd);
    return done ? READ_DONE : READ_FAILED;
}

enum verify_read verify_read_tile(struct verify *v, const struct tile *tile, uint8_t *ret_bytes)
{
    struct text path _cleanup_text_ = {0};
    uint8_t bytes[TILE_BYTES];
    size_t length, need = tile->width * (size_t)MERKLE_HASH_SIZE;
    struct tile file = *tile;
    tile_path(&path, &file);
    enum verify_read read = verify_read_file(v, path.data, bytes, sizeof(bytes), &length);
    if (read == READ_ABSENT && tile->width < TILE_WIDTH) { /* a full one takes its place */
        file.width = TILE_WIDTH;
        text_clear(&path);
        tile_path(&path, &file);
        read = verify_read_file(v, path.data, bytes, sizeof(bytes), &length);
    }
    if (read != READ_DONE)
        return read;
    if (length != file.width * (size_t)MERKLE_HASH_SIZE) {
        verify_fail(v, path.data, UINT64_MAX, "%s is %zu bytes long instead of %zu", path.data,
                    length, file.width * (size_t)MERKLE_HASH_SIZE);
        return READ_FAILED;
    }
    memcpy(ret_bytes, bytes, need);
    return READ_DONE;
}

enum verify_read verify_read_bundle(struct verify *v, const struct tile *tile, size_t *ret_length)
{
    struct text path _cleanup_text_ = {0};
    struct tile file = *tile;
    tile_path(&path, &file);
    enum verify_read read =
        verify_read_file(v, path.data, v->bundle, VERIFY_BUNDLE_MOST, ret_length);
    if (read != READ_ABSENT || tile->width == TILE_WIDTH)
        return read;
    file.width = TILE_WIDTH;
    text_clear(&path);
    tile_path(&path, &file);
    read = verify_read_file(v, path.data, v->bundle, VERIFY_BUNDLE_MOST, ret_length);
    if (read == READ_DONE) { /* as many as are asked for */
        size_t at = 0, n;
        const uint8_t *entry;
        for (unsigned i = 0; i < tile->width; i++)
            if (!bundle_next(v->bundle, *ret_length, &at, &entry, &n))
                break;
        *ret_length = at;
    }
    return read;
}

/* The root over sorted refs in an open file. */
static bool records_root(struct verify *v, int fd, const char *path, uint64_t index,
                         uint8_t ret_root[MERKLE_HASH_SIZE])
{
    static uint8_t refs[CHUNK_REFS][MERKLE_HASH_SIZE];
    struct merkle_tree tree = {0};
    uint8_t last[MERKLE_HASH_SIZE];
    size_t length;
    do {
        if (!read_some(fd, refs[0], sizeof(refs), &length))
            return could_not_read(v, path, strerror(errno));
        for (size_t i = 0; i < length / MERKLE_HASH_SIZE; i++) {
            if (tree.size > 0 && memcmp(last, refs[i], MERKLE_HASH_SIZE) >= 0)
                return verify_fail(v, path, index, "%s: digest %" PRIu64 " is out of order", path,
                                   tree.size);
            memcpy(last, refs[i], MERKLE_HASH_SIZE);
            merkle_tree_append(&tree, refs[i], MERKLE_HASH_SIZE);
        }
    } while (length == sizeof(refs));
    v->result->refs += tree.size;
    merkle_tree_root(&tree, ret_root);
    return true;
}

bool verify_records(struct verify *v, uint64_t index, const uint8_t run[16], uint64_t seq,
                    uint64_t rows, const uint8_t root[MERKLE_HASH_SIZE])
{
    char path[128], hex[33];
    uint8_t found[MERKLE_HASH_SIZE];
    uint64_t size;
    int fd;
    hex_encode(hex, run, 16);
    snprintf(path, sizeof(path), "records/%s.%" PRIu64, hex, seq);
    if (!open_file(v, path, &fd, &size))
        return false;
    if (fd < 0) {
        if (rows > 0)
            verify_miss(v, path, index);
        v->result->records_pruned++;
        return true;
    }
    v->result->record_files++;
    bool right = size % MERKLE_HASH_SIZE == 0 && size / MERKLE_HASH_SIZE == rows;
    if (!right)
        verify_fail(v, path, index,
                    "%s is %" PRIu64 " bytes long; entry %" PRIu64 " tells of %" PRIu64
                    " records, of 32 bytes each",
                    path, size, index, rows);
    else if ((right = records_root(v, fd, path, index, found)) &&
             !(right = memcmp(found, root, sizeof(found)) == 0))
        verify_fail(v, path, index,
                    "%s was altered: the root over its digests is not the one in entry %" PRIu64,
                    path, index);
    close(fd);
    return right;
}
