/* Reading libconfig files: whole, checked for who may write them, free of libconfig's traps. */
#ifndef CONFIG_FILE_H
#define CONFIG_FILE_H

#include <libconfig.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/diag.h"

enum { CONFIG_FILE_MOST = 1024 * 1024 }; /* bytes */

/* Reads a whole file, NUL-terminated; the caller frees it. NULL, and errors in diags, if it cannot
 * be read, is no regular file, may be written by its group or others, or is over 1 MiB. */
char *config_file_read(const char *path, size_t *ret_length, struct diags *diags);

/* The paths of the *.cfg files of a directory, sorted, hidden ones left out. NULL, and errors in
 * diags, if it cannot be read, is no directory, may be written by its group or others, or holds
 * none. Free with config_paths_free. */
char **config_directory_list(const char *directory, size_t *ret_count, struct diags *diags);
void config_paths_free(char **paths, size_t count);

/* Initialises *config and reads the text into it. False, and errors in diags, on a trap or an error
 * of syntax. config_destroy it in either case. */
bool config_text_parse(config_t *config, const char *file, const char *text, size_t length,
                       struct diags *diags);

/* The line of a setting or element read by config_text_parse; libconfig's own is not to be trusted
 * (trap.h). 0 for the root. */
int config_line(const config_setting_t *setting);

#endif
