#include "cli/log_key.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/text.h"

enum { KEYS_MOST = 32, KEY_FILE_MOST = 65536 };

bool log_file_read(const char *path, size_t most, struct text *out, struct error *error)
{
    char buffer[8192];
    FILE *file = fopen(path, "rbe");
    size_t n = 0;
    if (!file)
        return error_set(error, ERROR_FAILED, "could not read \"%s\": %s", path, strerror(errno));
    while (out->length <= most && (n = fread(buffer, 1, sizeof(buffer), file)) > 0)
        text_add_n(out, buffer, n);
    bool failed = ferror(file) != 0;
    int why = errno;
    fclose(file);
    if (failed)
        return error_set(error, ERROR_FAILED, "could not read \"%s\": %s", path, strerror(why));
    if (out->length > most)
        return error_set(error, ERROR_FAILED, "\"%s\" is longer than it can be", path);
    return true;
}

static bool is_known(const struct note_verifier *keys, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (memcmp(&keys[i], &keys[count], sizeof(*keys)) == 0)
            return true;
    return false;
}

bool log_keys_read(struct cli *cli, const char *path, const struct note_verifier **ret_keys,
                   size_t *ret_count, struct error *error)
{
    struct text text _cleanup_text_ = {0};
    struct note_verifier *keys = arena_alloc(cli->arena, KEYS_MOST * sizeof(*keys));
    size_t count = 0;
    if (!log_file_read(path, KEY_FILE_MOST, &text, error))
        return false;
    char *save = NULL;
    for (char *line = text.data ? strtok_r(text.data, "\r\n", &save) : NULL; line;
         line = strtok_r(NULL, "\r\n", &save)) {
        if (count == KEYS_MOST)
            return error_set(error, ERROR_CONFIG, "\"%s\" holds more than %d keys", path,
                             KEYS_MOST);
        if (!note_verifier_parse(&keys[count], line, error)) {
            error_context(error, "while reading \"%s\"", path);
            return false;
        }
        if (strcmp(keys[0].name, keys[count].name) != 0)
            return error_set(error, ERROR_CONFIG, "\"%s\" holds keys of different logs", path);
        count += !is_known(keys, count); /* each once */
    }
    if (count == 0)
        return error_set(error, ERROR_CONFIG, "\"%s\" holds no verifier key", path);
    *ret_keys = keys;
    *ret_count = count;
    return true;
}

const char *log_key_text(struct cli *cli, const struct note_verifier *key)
{
    struct text text _cleanup_text_ = {0};
    note_verifier_format(&text, key);
    return arena_strdup(cli->arena, text.data);
}
