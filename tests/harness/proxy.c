#define _GNU_SOURCE
#include "harness/proxy.h"

#include <arpa/inet.h>
#include <check.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/cluster.h"

enum { MOST_PAIRS = 64, CUT = 'c', HOLD = 'h', HOLD_OLDEST = 'o', HOLD_OTHERS = 'n' };

struct proxy {
    pid_t pid;
    int port;
    int control; /* a command goes out, the same byte comes back */
};

struct pair {
    int client, server;
    unsigned number; /* in order of coming */
    bool held;
};

static struct pair pairs[MOST_PAIRS];
static size_t pair_count;

static void drop(size_t i)
{
    close(pairs[i].client);
    close(pairs[i].server);
    pairs[i] = pairs[--pair_count];
}

static void take_in(int listener, const struct sockaddr_un *server)
{
    struct pair pair = {.client = accept(listener, NULL, NULL),
                        .server = socket(AF_UNIX, SOCK_STREAM, 0)};
    if (pair.client < 0 || pair_count == MOST_PAIRS ||
        connect(pair.server, (const struct sockaddr *)server, sizeof(*server)) != 0) {
        close(pair.client);
        close(pair.server);
        return;
    }
    static unsigned count;
    pair.number = count++;
    pairs[pair_count++] = pair;
}

/* False where one end is closed. What is sent fits the socket's buffer, or the proxy waits. */
static bool pass(int from, int to)
{
    char buffer[65536];
    ssize_t n = read(from, buffer, sizeof(buffer));
    for (ssize_t done = 0; done < n;) {
        ssize_t sent = send(to, buffer + done, (size_t)(n - done), MSG_NOSIGNAL);
        if (sent <= 0)
            return false;
        done += sent;
    }
    return n > 0;
}

static void obey(int control)
{
    char command;
    if (read(control, &command, 1) != 1)
        _exit(0); /* the test is over */
    while (command == CUT && pair_count > 0)
        drop(0);
    size_t oldest = 0;
    for (size_t i = 1; i < pair_count; i++)
        if (pairs[i].number < pairs[oldest].number)
            oldest = i;
    for (size_t i = 0; i < pair_count; i++)
        if (command == HOLD || (command == HOLD_OLDEST) == (i == oldest))
            pairs[i].held = true;
    if (write(control, &command, 1) != 1)
        _exit(0);
}

static void serve(int listener, int control, const struct sockaddr_un *server)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (;;) {
        struct pollfd fds[2 + 2 * MOST_PAIRS] = {{.fd = listener, .events = POLLIN},
                                                 {.fd = control, .events = POLLIN}};
        size_t count = pair_count;
        for (size_t i = 0; i < count; i++) {
            bool held = pairs[i].held;
            fds[2 + 2 * i] = (struct pollfd){.fd = held ? -1 : pairs[i].client, .events = POLLIN};
            fds[3 + 2 * i] = (struct pollfd){.fd = held ? -1 : pairs[i].server, .events = POLLIN};
        }
        if (poll(fds, 2 + 2 * count, -1) < 0)
            _exit(1);
        for (size_t i = count; i-- > 0;) { /* the last takes the place of one that is dropped */
            bool open = true;
            if (fds[2 + 2 * i].revents)
                open = pass(pairs[i].client, pairs[i].server);
            if (open && fds[3 + 2 * i].revents)
                open = pass(pairs[i].server, pairs[i].client);
            if (!open)
                drop(i);
        }
        if (fds[1].revents)
            obey(control);
        if (fds[0].revents)
            take_in(listener, server);
    }
}

struct proxy *proxy_new(const struct cluster *cluster)
{
    struct proxy *proxy = calloc(1, sizeof(*proxy));
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct sockaddr_un server = {.sun_family = AF_UNIX};
    socklen_t length = sizeof(address);
    int listener = socket(AF_INET, SOCK_STREAM, 0), ends[2];
    ck_assert_ptr_nonnull(proxy);
    char *conninfo = cluster_conninfo(cluster, "postgres", NULL);
    char directory[81];
    ck_assert_int_eq(sscanf(conninfo, "host=%80s", directory), 1);
    free(conninfo);
    ck_assert_int_lt(
        snprintf(server.sun_path, sizeof(server.sun_path), "%s/.s.PGSQL.5432", directory),
        (int)sizeof(server.sun_path));
    ck_assert_int_eq(bind(listener, (struct sockaddr *)&address, sizeof(address)), 0);
    ck_assert_int_eq(listen(listener, 16), 0);
    ck_assert_int_eq(getsockname(listener, (struct sockaddr *)&address, &length), 0);
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    proxy->port = ntohs(address.sin_port);
    proxy->control = ends[0];
    proxy->pid = fork();
    ck_assert_int_ge(proxy->pid, 0);
    if (proxy->pid == 0) {
        close(ends[0]);
        serve(listener, ends[1], &server);
    }
    close(ends[1]);
    close(listener);
    return proxy;
}

void proxy_free(struct proxy *proxy)
{
    if (!proxy)
        return;
    close(proxy->control);
    waitpid(proxy->pid, NULL, 0);
    free(proxy);
}

char *proxy_conninfo(const struct proxy *proxy, const char *database, const char *user)
{
    char *text;
    ck_assert_int_ge(
        asprintf(&text, "host=127.0.0.1 port=%d dbname=%s user=%s", proxy->port, database, user),
        0);
    return text;
}

static void command(struct proxy *proxy, char what)
{
    char answer;
    ck_assert_int_eq(write(proxy->control, &what, 1), 1);
    ck_assert_int_eq(read(proxy->control, &answer, 1), 1);
}

void proxy_cut(struct proxy *proxy)
{
    command(proxy, CUT);
}

void proxy_hold(struct proxy *proxy)
{
    command(proxy, HOLD);
}

void proxy_hold_oldest(struct proxy *proxy)
{
    command(proxy, HOLD_OLDEST);
}

void proxy_hold_others(struct proxy *proxy)
{
    command(proxy, HOLD_OTHERS);
}
