#define _GNU_SOURCE
#include "vlog.h"

#include <check.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "harness/db.h"
#include "logmaker.h"

char *vlog_dir;
struct note_verifier vlog_key;
struct verify_result vlog_result;
struct error vlog_error;

void vlog_setup(void)
{
    char *vkey _cleanup_free_ = logmaker_vkey(0);
    ck_assert(note_verifier_parse(&vlog_key, vkey, NULL));
    vlog_dir = temporary_directory();
}

void vlog_teardown(void)
{
    char *command _cleanup_free_ = NULL;
    ck_assert_int_gt(asprintf(&command, "rm -rf '%s'", vlog_dir), 0);
    ck_assert_int_eq(system(command), 0);
    free(vlog_dir);
    error_clear(&vlog_error);
}

bool vlog_verify(const struct note_verifier *keys, size_t count, const char *against)
{
    struct verify_options options = {.directory = vlog_dir,
                                     .keys = keys,
                                     .key_count = count,
                                     .against = against,
                                     .against_length = against ? strlen(against) : 0};
    error_clear(&vlog_error);
    return verify_directory(&vlog_result, &options, &vlog_error);
}

void vlog_sound(void)
{
    bool right = vlog_verify(&vlog_key, 1, NULL);
    ck_assert_msg(right, "%s (%s)", vlog_error.primary, vlog_result.where);
}

void vlog_wrong(const char *where, const char *message)
{
    bool right = vlog_verify(&vlog_key, 1, NULL);
    ck_assert_msg(!right, "not noticed: %s", message);
    ck_assert_int_eq(vlog_error.code, ERROR_LOG);
    ck_assert_msg(strstr(vlog_error.primary, message), "\"%s\", not \"%s\"", vlog_error.primary,
                  message);
    ck_assert_str_eq(vlog_result.where, where);
}

char *vlog_path(const char *name)
{
    static char path[4][4096];
    static int next;
    char *p = path[next++ % 4];
    snprintf(p, sizeof(path[0]), "%s/%s", vlog_dir, name);
    return p;
}

struct vlog_bytes vlog_get(const char *name)
{
    struct vlog_bytes bytes = {0};
    FILE *file = fopen(vlog_path(name), "rb");
    ck_assert_msg(file != NULL, "%s", name);
    struct stat status;
    fstat(fileno(file), &status);
    bytes.length = (size_t)status.st_size;
    bytes.data = malloc(bytes.length + 1);
    ck_assert_uint_eq(fread(bytes.data, 1, bytes.length, file), bytes.length);
    bytes.data[bytes.length] = 0;
    fclose(file);
    return bytes;
}

void vlog_put(const char *name, const void *data, size_t length)
{
    FILE *file = fopen(vlog_path(name), "wb");
    ck_assert_msg(file != NULL, "%s", name);
    ck_assert_uint_eq(fwrite(data, 1, length, file), length);
    fclose(file);
}

void vlog_make(uint64_t size, unsigned records)
{
    struct logmaker *maker = logmaker_new(vlog_dir, records);
    for (uint64_t kept = 1; kept < size; kept *= 2) {
        logmaker_fill(maker, kept);
        logmaker_checkpoint(maker);
    }
    logmaker_fill(maker, size);
    logmaker_checkpoint(maker);
    logmaker_free(maker);
}

void vlog_flip(const char *name, size_t at)
{
    struct vlog_bytes bytes = vlog_get(name);
    ck_assert_uint_lt(at, bytes.length);
    bytes.data[at] ^= 1;
    vlog_put(name, bytes.data, bytes.length);
    free(bytes.data);
}

struct vlog_file vlog_files[VLOG_FILES];
int vlog_file_count;

void vlog_list(const char *below)
{
    DIR *d = opendir(vlog_path(below));
    ck_assert_ptr_nonnull(d);
    for (struct dirent *item; (item = readdir(d));) {
        char *name;
        struct stat status;
        if (item->d_name[0] == '.')
            continue;
        ck_assert_int_gt(asprintf(&name, "%s%s%s", below, *below ? "/" : "", item->d_name), 0);
        ck_assert_int_eq(stat(vlog_path(name), &status), 0);
        if (S_ISDIR(status.st_mode)) {
            vlog_list(name);
            free(name);
        } else {
            ck_assert_int_lt(vlog_file_count, VLOG_FILES);
            vlog_files[vlog_file_count++] = (struct vlog_file){name, vlog_get(name)};
        }
    }
    closedir(d);
}
