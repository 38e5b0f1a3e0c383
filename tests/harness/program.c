/* Running the built programs, and the files that tests need. */
#define _GNU_SOURCE
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/text.h"
#include "harness/db.h"

extern char **environ;

/* Works outside a test too (suites list their cases), where Check's assertions do not. */
static const char *path_below(const char *variable, const char *fallback, const char *relative)
{
    static char paths[4][PATH_MAX];
    static int next;
    char *path = paths[next++ % 4], base[PATH_MAX];
    const char *given = getenv(variable);
    if (given)
        snprintf(base, sizeof(base), "%s", given);
    else if (!realpath(fallback, base))
        abort();
    if (snprintf(path, PATH_MAX, "%s/%s", base, relative) >= PATH_MAX)
        abort();
    return path;
}

/* Run from the build tree by hand, its Makefile says where the sources are. */
static const char *source_directory(void)
{
    static char directory[PATH_MAX];
    if (!directory[0]) {
        FILE *makefile = fopen("Makefile", "r");
        char line[PATH_MAX];
        while (makefile && fgets(line, sizeof(line), makefile))
            if (sscanf(line, "abs_top_srcdir = %4000s", directory) == 1)
                break;
        if (makefile)
            fclose(makefile);
        if (!directory[0])
            snprintf(directory, sizeof(directory), ".");
    }
    return directory;
}

const char *source_path(const char *relative)
{
    return path_below("top_srcdir", source_directory(), relative);
}

const char *build_path(const char *relative)
{
    return path_below("top_builddir", ".", relative);
}

static _Noreturn void program_exec(const char *const *argv, const char *const *env)
{
    for (; env && *env; env++)
        putenv((char *)*env);
    const char *program = argv[0][0] == '/' ? argv[0] : build_path(argv[0]);
    execvp(program, (char *const *)argv);
    fprintf(stderr, "could not execute %s: %s\n", program, strerror(errno));
    _exit(127);
}

int program_wait(pid_t pid)
{
    int status;
    while (waitpid(pid, &status, 0) < 0)
        ck_assert_int_eq(errno, EINTR);
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static void read_both(int out, int err, struct text *out_text, struct text *err_text)
{
    struct pollfd fds[2] = {{.fd = out, .events = POLLIN}, {.fd = err, .events = POLLIN}};
    struct text *texts[2] = {out_text, err_text};
    while (fds[0].fd >= 0 || fds[1].fd >= 0) {
        if (poll(fds, 2, -1) < 0)
            continue;
        for (int i = 0; i < 2; i++) {
            char buffer[8192];
            if (fds[i].fd < 0 || !fds[i].revents)
                continue;
            ssize_t n = read(fds[i].fd, buffer, sizeof(buffer));
            if (n > 0)
                text_add_n(texts[i], buffer, (size_t)n);
            else if (n == 0 || errno != EINTR)
                fds[i].fd = -1;
        }
    }
}

struct program_result program_run_env(const char *const *argv, const char *const *env)
{
    int out[2], err[2];
    ck_assert_int_eq(pipe2(out, O_CLOEXEC), 0);
    ck_assert_int_eq(pipe2(err, O_CLOEXEC), 0);
    fflush(NULL);
    pid_t pid = fork();
    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        int null = open("/dev/null", O_RDONLY);
        dup2(null, 0);
        dup2(out[1], 1);
        dup2(err[1], 2);
        program_exec(argv, env);
    }
    close(out[1]);
    close(err[1]);
    struct text out_text = {0}, err_text = {0};
    read_both(out[0], err[0], &out_text, &err_text);
    close(out[0]);
    close(err[0]);
    struct program_result result = {.exit_code = program_wait(pid)};
    result.out = text_steal(&out_text);
    result.err = text_steal(&err_text);
    return result;
}

struct program_result program_run(const char *const *argv)
{
    return program_run_env(argv, NULL);
}

void program_result_free(struct program_result *result)
{
    free(result->out);
    free(result->err);
    *result = (struct program_result){0};
}

pid_t program_start(const char *const *argv, const char *const *env, const char *stderr_file)
{
    fflush(NULL);
    pid_t pid = fork();
    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        int null = open("/dev/null", O_RDWR);
        int err = stderr_file ? open(stderr_file, O_WRONLY | O_CREAT | O_APPEND, 0600) : null;
        dup2(null, 0);
        dup2(null, 1);
        dup2(err, 2);
        program_exec(argv, env);
    }
    return pid;
}

char *temporary_directory(void)
{
    const char *root = getenv("RETENTIOND_TEST_ROOT");
    char *path = NULL;
    ck_assert_int_ge(asprintf(&path, "%s/tmp-XXXXXX", root ? root : "/tmp"), 0);
    ck_assert_ptr_nonnull(mkdtemp(path));
    return path;
}

char *file_write(const char *directory, const char *name, const char *content)
{
    char *path = NULL;
    ck_assert_int_ge(asprintf(&path, "%s/%s", directory, name), 0);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    ck_assert_msg(fd >= 0, "%s: %s", path, strerror(errno));
    size_t n = strlen(content);
    ck_assert_int_eq(write(fd, content, n), (ssize_t)n);
    close(fd);
    return path;
}

char *file_read(const char *path)
{
    FILE *file = fopen(path, "r");
    ck_assert_msg(file != NULL, "%s: %s", path, strerror(errno));
    struct text text = {0};
    char buffer[8192];
    size_t n;
    while ((n = fread(buffer, 1, sizeof(buffer), file)) > 0)
        text_add_n(&text, buffer, n);
    fclose(file);
    return text_steal(&text);
}
