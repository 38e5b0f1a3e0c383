#define _GNU_SOURCE
#include "harness/machine.h"

#include <check.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"

enum { MOST_TRIES = 300, BUFFERS = 8 };

static char directory[256];
static bool is_up;

static struct program_result run(const char *command, const char *const *more)
{
    static char script[4096];
    const char *argv[16] = {"/bin/bash", script, command, directory};
    snprintf(script, sizeof(script), "%s", source_path("tests/harness/machine.sh"));
    for (size_t i = 0; more && more[i]; i++)
        argv[4 + i] = more[i];
    return program_run(argv);
}

/* Outside of a test, where Check's assertions do not work: both outputs, and whether it exited 0.
 */
__attribute__((format(printf, 2, 3))) static bool shell(struct text *said, const char *format, ...)
{
    char *command, line[512];
    va_list args;
    va_start(args, format);
    if (vasprintf(&command, format, args) < 0)
        abort();
    va_end(args);
    fflush(NULL);
    FILE *pipe = popen(command, "r");
    while (pipe && fgets(line, sizeof(line), pipe))
        text_add(said, line);
    free(command);
    return pipe && pclose(pipe) == 0;
}

bool machine_is_possible(const char **ret_why)
{
    static char why[256];
    struct text said = {0};
    bool can = shell(&said, "bash '%s' can 2>&1", source_path("tests/harness/machine.sh"));
    snprintf(why, sizeof(why), "%.*s", (int)strcspn(text_string(&said), "\n"), text_string(&said));
    text_free(&said);
    *ret_why = why;
    return can;
}

static struct program_result in(const char *script)
{
    const char *const argv[] = {"/bin/bash", "-euo", "pipefail", "-c", script, NULL};
    return run("in", argv);
}

void machine_up(const char *script_file)
{
    const char *root = getenv("RETENTIOND_TEST_ROOT");
    struct text said = {0};
    char machine_sh[4096];
    snprintf(machine_sh, sizeof(machine_sh), "%s", source_path("tests/harness/machine.sh"));
    /* the name is that of a control group, too: others may run such a machine beside this one */
    snprintf(directory, sizeof(directory), "%s/machine-%d", root ? root : "/tmp", (int)getpid());
    is_up =
        shell(&said, "bash '%s' up '%s' 2>&1", machine_sh, directory) &&
        shell(&said, "make -s -C '%s' install DESTDIR='%s/m' 2>&1", build_path("."), directory) &&
        shell(&said, "bash '%s' in '%s' bash -euo pipefail -s < '%s' 2>&1", machine_sh, directory,
              script_file);
    if (!is_up)
        fprintf(stderr, "the machine could not be set up:\n%s\n", text_string(&said));
    text_free(&said);
}

void machine_down(void)
{
    struct text said = {0};
    if (!shell(&said, "bash '%s' down '%s' 2>&1", source_path("tests/harness/machine.sh"),
               directory))
        fprintf(stderr, "the machine could not be ended:\n%s\n", text_string(&said));
    text_free(&said);
}

static char *format_script(const char *format, va_list args) _printf_(1, 0);
static char *format_script(const char *format, va_list args)
{
    char *script;
    if (vasprintf(&script, format, args) < 0)
        abort();
    ck_assert_msg(is_up, "the machine could not be set up");
    return script;
}

struct program_result machine_try(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *script = format_script(format, args);
    va_end(args);
    struct program_result result = in(script);
    free(script);
    return result;
}

static void dump(const char *script, const struct program_result *result)
{
    struct program_result log = in("journalctl --no-pager -n 60 -o short-monotonic");
    fprintf(stderr, "script: %s\nexit code %d\n%s%s\njournal:\n%s\n", script, result->exit_code,
            result->out, result->err, log.out);
    program_result_free(&log);
}

const char *machine(const char *format, ...)
{
    static char *kept[BUFFERS];
    static int next;
    va_list args;
    va_start(args, format);
    char *script = format_script(format, args);
    va_end(args);
    struct program_result result = in(script);
    if (result.exit_code != 0)
        dump(script, &result);
    ck_assert_msg(result.exit_code == 0, "script failed: %s", script);
    free(script);
    int at = next++ % BUFFERS;
    free(kept[at]);
    size_t length = strlen(result.out);
    if (length > 0 && result.out[length - 1] == '\n')
        result.out[length - 1] = '\0';
    kept[at] = result.out;
    free(result.err);
    return kept[at];
}

void machine_until(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *script = format_script(format, args);
    va_end(args);
    for (int i = 0; i < MOST_TRIES; i++) {
        struct program_result result = in(script);
        bool done = result.exit_code == 0;
        if (!done && i == MOST_TRIES - 1)
            dump(script, &result);
        program_result_free(&result);
        if (done) {
            free(script);
            return;
        }
        const struct timespec pause = {.tv_nsec = 150000000};
        nanosleep(&pause, NULL);
    }
    ck_abort_msg("waited in vain: %s", script);
}
