#define _GNU_SOURCE
#include "harness/sitter.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

enum { STOPS_WITHIN_MS = 20000 };

/* A postmaster's own file says its process. */
static void stop_server(const char *pid_file)
{
    FILE *f = fopen(pid_file, "r");
    int pid = 0;
    if (!f)
        return;
    if (fscanf(f, "%d", &pid) == 1 && pid > 1) {
        struct pollfd end = {.fd = pidfd_open(pid, 0), .events = POLLIN};
        if (end.fd >= 0 && kill(pid, SIGQUIT) == 0)
            poll(&end, 1, STOPS_WITHIN_MS);
        close(end.fd);
    }
    fclose(f);
}

static void clean(const char *root)
{
    char pattern[4096];
    glob_t found;
    snprintf(pattern, sizeof(pattern), "%s/*/data/postmaster.pid", root);
    if (glob(pattern, 0, NULL, &found) == 0)
        for (size_t i = 0; i < found.gl_pathc; i++)
            stop_server(found.gl_pathv[i]);
    if (!getenv("RETENTIOND_TEST_KEEP"))
        execlp("rm", "rm", "-rf", "--", root, (char *)NULL);
}

void sitter_start(const char *root)
{
    int ends[2];
    if (pipe(ends) != 0)
        return;
    pid_t pid = fork();
    if (pid == 0) {
        /* not of the group that is ended, nor of what is waited for */
        setsid();
        if (fork() != 0)
            _exit(0);
        close(ends[1]);
        int nothing = open("/dev/null", O_RDWR);
        for (int fd = 0; nothing >= 0 && fd <= STDERR_FILENO; fd++)
            dup2(nothing, fd);
        char byte;
        while (read(ends[0], &byte, 1) > 0)
            ;
        if (access(root, F_OK) == 0)
            clean(root);
        _exit(0);
    }
    close(ends[0]);
    fcntl(ends[1], F_SETFD, FD_CLOEXEC); /* it stays open until the last of us ends */
    if (pid > 0)
        while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
            ;
}
