#include "config/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/text.h"
#include "config/trap.h"

static void descriptor_close(int *fd)
{
    if (*fd >= 0)
        close(*fd);
}
#define _cleanup_fd_ _cleanup_(descriptor_close)

/* False, and an error, where others than the owner may write. */
static bool check_writers(const char *path, const struct stat *st, const char *what,
                          struct diags *diags)
{
    if (!(st->st_mode & (S_IWGRP | S_IWOTH)))
        return true;
    struct diag *d = diag_error(diags, (struct position){path, 0}, "%s may be written by %s", what,
                                st->st_mode & S_IWOTH ? "everybody" : "its group");
    diag_hint(diags, d, "Run: chmod go-w '%s'", path);
    return false;
}

char *config_file_read(const char *path, size_t *ret_length, struct diags *diags)
{
    struct position at = {path, 0};
    /* O_NONBLOCK: opening a FIFO must not wait for a writer. */
    int fd _cleanup_fd_ = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    struct stat st;
    if (fd < 0 || fstat(fd, &st) < 0) {
        diag_error(diags, at, "could not open the file: %s", strerror(errno));
        return NULL;
    }
    if (!S_ISREG(st.st_mode)) {
        diag_error(diags, at, "%s",
                   S_ISDIR(st.st_mode) ? "is a directory, not a file" : "is not a regular file");
        return NULL;
    }
    if (!check_writers(path, &st, "file", diags))
        return NULL;
    size_t length = 0;
    char *text = xmalloc(CONFIG_FILE_MOST + 2);
    while (length <= CONFIG_FILE_MOST) {
        ssize_t n = read(fd, text + length, CONFIG_FILE_MOST + 1 - length);
        if (n == 0)
            break;
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            diag_error(diags, at, "could not read the file: %s", strerror(errno));
            free(text);
            return NULL;
        }
        length += (size_t)n;
    }
    if (length > CONFIG_FILE_MOST) {
        diag_error(diags, at, "file is over 1 MiB");
        free(text);
        return NULL;
    }
    text[length] = '\0';
    *ret_length = length;
    return xrealloc(text, length + 1);
}

static int compare_paths(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static char **list_files(DIR *dir, const char *directory, size_t *ret_count)
{
    char **paths = NULL;
    size_t count = 0;
    for (const struct dirent *entry; (errno = 0, entry = readdir(dir));) {
        size_t n = strlen(entry->d_name);
        if (entry->d_name[0] == '.' || n <= 4 || strcmp(entry->d_name + n - 4, ".cfg") != 0)
            continue;
        struct text path = {0};
        text_printf(&path, "%s%s%s", directory, directory[strlen(directory) - 1] == '/' ? "" : "/",
                    entry->d_name);
        paths = xrealloc(paths, (count + 1) * sizeof(*paths));
        paths[count++] = text_steal(&path);
    }
    *ret_count = count;
    return paths;
}

char **config_directory_list(const char *directory, size_t *ret_count, struct diags *diags)
{
    struct position at = {directory, 0};
    *ret_count = 0;
    int fd = open(directory, O_RDONLY | O_CLOEXEC | O_DIRECTORY);
    struct stat st;
    if (fd < 0 || fstat(fd, &st) < 0) {
        struct diag *d = diag_error(diags, at, "could not open the directory: %s", strerror(errno));
        if (errno == ENOENT)
            diag_hint(diags, d, "Make it, or correct \"policies\" in the main file.");
        descriptor_close(&fd);
        return NULL;
    }
    DIR *dir = fdopendir(fd);
    if (!dir) {
        diag_error(diags, at, "could not read the directory: %s", strerror(errno));
        close(fd);
        return NULL;
    }
    char **paths = NULL;
    if (check_writers(directory, &st, "directory", diags)) {
        paths = list_files(dir, directory, ret_count);
        if (errno) { /* some of the files are not all of them */
            diag_error(diags, at, "could not read the directory: %s", strerror(errno));
            config_paths_free(paths, *ret_count);
            paths = NULL;
            *ret_count = 0;
        } else if (!paths)
            diag_hint(diags, diag_error(diags, at, "directory holds no policy file"),
                      "Policies are the files of this directory that end in .cfg.");
        else
            qsort(paths, *ret_count, sizeof(*paths), compare_paths);
    }
    closedir(dir);
    return paths;
}

void config_paths_free(char **paths, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(paths[i]);
    free(paths);
}

/* Walks the tree in the order of the text; false if it has more settings than there are lines. */
static bool attach_lines(config_setting_t *setting, const struct trap_lines *lines, size_t *next)
{
    for (int i = 0; config_setting_is_aggregate(setting) && i < config_setting_length(setting);
         i++) {
        config_setting_t *child = config_setting_get_elem(setting, (unsigned int)i);
        if (*next >= lines->count)
            return false;
        config_setting_set_hook(child, (void *)(intptr_t)lines->items[(*next)++]);
        if (!attach_lines(child, lines, next))
            return false;
    }
    return true;
}

bool config_text_parse(config_t *config, const char *file, const char *text, size_t length,
                       struct diags *diags)
{
    struct arena *arena _cleanup_arena_ = arena_new();
    struct trap_lines lines = {0};
    size_t next = 0;
    config_init(config);
    if (!trap_scan(arena, file, text, length, &lines, diags))
        return false;
    /* libconfig takes a comment that ends the file without a newline for an error */
    if (!config_read_string(config, arena_printf(arena, "%s\n", text))) {
        diag_error(diags, (struct position){file, config_error_line(config)}, "%s",
                   config_error_text(config));
        return false;
    }
    if (!attach_lines(config_root_setting(config), &lines, &next) || next != lines.count) {
        diag_error(diags, (struct position){file, 0}, "libconfig read the file differently");
        return false;
    }
    return true;
}

int config_line(const config_setting_t *setting)
{
    return (int)(intptr_t)config_setting_get_hook(setting);
}
