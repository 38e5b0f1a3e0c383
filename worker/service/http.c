/* HTTP for probes and Prometheus: three resources, GET and HEAD, one request a connection.
 *
 * libevent's own evhttp bounds neither the number of connections nor the whole time of a request:
 * who sends a byte now and then could keep every descriptor of a program that deletes data. So this
 * is its bufferevents and listener, and of HTTP what it takes: read a head of at most MOST_HEAD
 * bytes within REQUEST_MS, all in all, answer, close. At most MOST_CLIENTS at a time; the next ones
 * wait in the kernel's queue. A body is not read. */
#include "service/http.h"

#include <arpa/inet.h>
#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/log.h"
#include "base/text.h"
#include "engine/view.h"
#include "engine/worker.h"
#include "service/metrics.h"
#include "service/words.h"

enum { MOST_HEAD = 4096, MOST_CLIENTS = 16, REQUEST_MS = 5000 };

struct client {
    struct http *http;
    struct bufferevent *stream;
    struct event *deadline;
    bool answered;
    struct client *next, **link; /* of the list of all */
};

struct http {
    struct worker *worker;
    struct evconnlistener *listener;
    char *path; /* of the socket, or NULL */
    struct client *clients;
    size_t count;
};

static void client_free(struct client *client)
{
    struct http *http = client->http;
    *client->link = client->next;
    if (client->next)
        client->next->link = client->link;
    bufferevent_free(client->stream);
    event_free(client->deadline);
    free(client);
    if (http->count-- == MOST_CLIENTS)
        evconnlistener_enable(http->listener);
}

/* --- answers --- */

static void answer(struct client *client, const char *status, const char *type, const char *body,
                   bool head_only)
{
    struct evbuffer *out = bufferevent_get_output(client->stream);
    client->answered = true;
    evbuffer_add_printf(out,
                        "HTTP/1.1 %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\n"
                        "Cache-Control: no-store\r\nConnection: close\r\n%s\r\n",
                        status, type, strlen(body),
                        strncmp(status, "405", 3) == 0 ? "Allow: GET, HEAD\r\n" : "");
    if (!head_only)
        evbuffer_add(out, body, strlen(body));
    bufferevent_disable(client->stream, EV_READ);
}

static void answer_metrics(struct client *client, const struct worker_view *view, bool head_only)
{
    struct text body _cleanup_text_ = {0};
    metrics_write(view, &body);
    answer(client, "200 OK", "text/plain; version=0.0.4; charset=utf-8", body.data, head_only);
}

static void answer_healthz(struct client *client, const struct worker_view *view, bool head_only)
{
    struct text body _cleanup_text_ = {0};
    words_describe(view, &body);
    text_add_char(&body, '\n');
    answer(client, "200 OK", "text/plain; charset=utf-8", body.data, head_only);
}

static void answer_readyz(struct client *client, const struct worker_view *view, bool head_only)
{
    struct text body _cleanup_text_ = {0};
    bool ready = words_is_ready(view, &body);
    if (ready)
        words_describe(view, &body);
    text_add_char(&body, '\n');
    answer(client, ready ? "200 OK" : "503 Service Unavailable", "text/plain; charset=utf-8",
           body.data, head_only);
}

static const struct {
    const char *path;
    void (*answer)(struct client *client, const struct worker_view *view, bool head_only);
} resources[] = {
    {"/metrics", answer_metrics},
    {"/healthz", answer_healthz},
    {"/readyz", answer_readyz},
};

static void refuse(struct client *client, const char *status)
{
    struct text body _cleanup_text_ = {0};
    text_printf(&body, "%s\n", status);
    answer(client, status, "text/plain; charset=utf-8", body.data, false);
}

/* "GET /metrics HTTP/1.1": the line, ended by a NUL. A query is ignored. */
static void answer_line(struct client *client, char *line)
{
    char *path = strchr(line, ' ');
    char *version = path ? strchr(path + 1, ' ') : NULL;
    if (!version || !text_starts_with(version + 1, "HTTP/1.") || path[1] != '/') {
        refuse(client, "400 Bad Request");
        return;
    }
    *path++ = *version = '\0';
    path[strcspn(path, "?")] = '\0';
    bool head_only = strcmp(line, "HEAD") == 0;
    if (!head_only && strcmp(line, "GET") != 0) {
        refuse(client, "405 Method Not Allowed");
        return;
    }
    for (size_t i = 0; i < ARRAY_LENGTH(resources); i++)
        if (strcmp(path, resources[i].path) == 0) {
            struct worker_view view;
            worker_look(client->http->worker, &view);
            resources[i].answer(client, &view, head_only);
            return;
        }
    refuse(client, "404 Not Found");
}

/* --- connections --- */

static void on_read(struct bufferevent *stream, void *arg)
{
    struct client *client = arg;
    struct evbuffer *in = bufferevent_get_input(stream);
    if (client->answered)
        return;
    bool whole = evbuffer_search(in, "\r\n\r\n", 4, NULL).pos >= 0 ||
                 evbuffer_search(in, "\n\n", 2, NULL).pos >= 0;
    if (!whole && evbuffer_get_length(in) < MOST_HEAD)
        return;
    if (!whole) {
        refuse(client, "431 Request Header Fields Too Large");
        return;
    }
    size_t length;
    char *line = evbuffer_readln(in, &length, EVBUFFER_EOL_CRLF);
    if (!line || strlen(line) != length)
        refuse(client, "400 Bad Request");
    else
        answer_line(client, line);
    free(line);
}

static void on_written(struct bufferevent *stream, void *arg)
{
    struct client *client = arg;
    (void)stream;
    if (client->answered)
        client_free(client);
}

static void on_ended(struct bufferevent *stream, short what, void *arg)
{
    (void)stream;
    (void)what;
    client_free(arg);
}

static void on_deadline(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    client_free(arg);
}

static void on_client(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *peer,
                      int length, void *arg)
{
    struct http *http = arg;
    struct event_base *base = evconnlistener_get_base(listener);
    struct bufferevent *stream = bufferevent_socket_new(base, fd, BEV_OPT_CLOSE_ON_FREE);
    (void)peer;
    (void)length;
    if (!stream) {
        close(fd);
        return;
    }
    struct client *client = xcalloc(1, sizeof(*client));
    *client = (struct client){.http = http, .stream = stream, .link = &http->clients};
    client->next = http->clients;
    if (client->next)
        client->next->link = &client->next;
    http->clients = client;
    client->deadline = evtimer_new(base, on_deadline, client);
    const struct timeval time = {REQUEST_MS / 1000, REQUEST_MS % 1000 * 1000};
    evtimer_add(client->deadline, &time);
    bufferevent_setcb(stream, on_read, on_written, on_ended, client);
    bufferevent_setwatermark(stream, EV_READ, 0, MOST_HEAD);
    bufferevent_enable(stream, EV_READ | EV_WRITE);
    if (++http->count == MOST_CLIENTS)
        evconnlistener_disable(listener);
}

/* Out of descriptors, say: the kernel keeps the connection, and it is tried again. */
static void on_error(struct evconnlistener *listener, void *arg)
{
    (void)listener;
    (void)arg;
    log_debug("could not accept an HTTP connection: %s", strerror(errno));
}

/* --- addresses --- */

struct address {
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
        struct sockaddr_un local;
    };
    socklen_t length;
};

/* What the settings let through: unix:PATH, 127.0.0.1:PORT, [::1]:PORT. */
static struct address address_of(const char *listen)
{
    struct address address = {0};
    uint16_t port = htons((uint16_t)text_number(strrchr(listen, ':') + 1, 0));
    if (text_starts_with(listen, "unix:")) {
        address.local.sun_family = AF_UNIX;
        snprintf(address.local.sun_path, sizeof(address.local.sun_path), "%s", listen + 5);
        address.length = sizeof(address.local);
    } else if (*listen == '[') {
        address.v6 = (struct sockaddr_in6){
            .sin6_family = AF_INET6, .sin6_port = port, .sin6_addr = in6addr_loopback};
        address.length = sizeof(address.v6);
    } else {
        address.v4 = (struct sockaddr_in){
            .sin_family = AF_INET, .sin_port = port, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
        address.length = sizeof(address.v4);
    }
    return address;
}

/* The socket of a worker that was killed is in the way; nothing but a socket is removed. */
static void remove_socket(const char *path)
{
    struct stat sb;
    if (path && lstat(path, &sb) == 0 && S_ISSOCK(sb.st_mode))
        unlink(path);
}

/* Another worker's must not be taken away. */
static bool is_served(const struct address *address)
{
    int fd = socket(address->any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    bool served = fd >= 0 && connect(fd, &address->any, address->length) == 0;
    if (fd >= 0)
        close(fd);
    return served;
}

struct http *http_new(struct worker *worker, const char *listen, struct error *error)
{
    struct http *http = xcalloc(1, sizeof(*http));
    struct address address = address_of(listen);
    http->worker = worker;
    http->path = address.any.sa_family == AF_UNIX ? xstrdup(listen + 5) : NULL;
    if (http->path && is_served(&address)) {
        error_set(error, ERROR_CONFIG, "http.listen \"%s\" is another process's", listen);
        free(http->path);
        free(http);
        return NULL;
    }
    remove_socket(http->path);
    mode_t mask = umask(0117); /* the socket's group may read: the supplementary group of a probe */
    http->listener =
        evconnlistener_new_bind(worker_loop(worker), on_client, http,
                                LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC | LEV_OPT_REUSEABLE,
                                64, &address.any, (int)address.length);
    int why = errno;
    umask(mask);
    if (!http->listener) {
        error_set(error, ERROR_CONFIG, "could not listen on http.listen \"%s\": %s", listen,
                  strerror(why));
        http_free(http);
        return NULL;
    }
    evconnlistener_set_error_cb(http->listener, on_error);
    return http;
}

void http_free(struct http *http)
{
    if (!http)
        return;
    while (http->clients)
        client_free(http->clients);
    if (http->listener) {
        evconnlistener_free(http->listener);
        remove_socket(http->path);
    }
    free(http->path);
    free(http);
}
