/* retentiond: the worker. */
#include <getopt.h>
#include <malloc.h>
#include <stdio.h>
#include <string.h>

#include "base/diag.h"
#include "base/error.h"
#include "base/log.h"
#include "config.h"
#include "config/settings.h"
#include "engine/view.h"
#include "engine/worker.h"
#include "service/http.h"
#include "service/journal.h"
#include "service/notify.h"

static const char usage[] =
    "usage: retentiond [-c FILE] [--once] [--check]\n"
    "Enforces data retention policies on a PostgreSQL database.\n"
    "\n"
    "  -c, --config FILE  read this main file instead of " DEFAULT_CONFIG_FILE "\n"
    "      --once         run every category once, then end; where another worker leads and\n"
    "                     goes on leading for one lease, end with 5\n"
    "      --check        validate configuration and policies against the database,\n"
    "                     change nothing, and end\n"
    "  -h, --help         print this and end\n"
    "  -V, --version      print the version and end\n"
    "\n"
    "SIGTERM and SIGINT finish what is in flight; SIGHUP reads configuration and policies\n"
    "again, and keeps those in effect where the new ones have errors.\n"
    "Exit codes: 0 done, 1 failed, 2 usage, 3 configuration or policy invalid, 5 stopped by a\n"
    "brake, a pause or awaiting approval, or another worker leads, 6 the database and its log\n"
    "directory do not fit each other.\n";

static const struct option long_options[] = {
    {"config", required_argument, NULL, 'c'}, {"once", no_argument, NULL, 'o'},
    {"check", no_argument, NULL, 'k'},        {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, 'V'},      {NULL, 0, NULL, 0},
};

/* --check is for people: what is wrong goes to standard error as it is, one finding each. */
static void on_policies(const struct diags *diags, void *arg)
{
    (void)arg;
    diags_print(diags);
    if (diags->errors == 0)
        puts("configuration and policies are valid");
}

/* What lives beside the worker. */
struct service {
    struct worker *worker;
    struct notify *notify;
};

static void on_changed(void *arg)
{
    struct service *service = arg;
    struct worker_view view;
    worker_look(service->worker, &view);
    notify_changed(service->notify, &view);
}

static void on_reloading(void *arg)
{
    notify_reloading(((struct service *)arg)->notify);
}

static void on_reloaded(void *arg)
{
    notify_reloaded(((struct service *)arg)->notify);
}

static void on_stopping(void *arg)
{
    notify_stopping(((struct service *)arg)->notify);
}

static int run(const char *config_file, enum worker_mode mode)
{
    struct diags diags _cleanup_diags_ = {0};
    struct error error _cleanup_error_ = {0};
    struct settings *settings = settings_load(config_file, &diags);
    diags_sort(&diags);
    diags_print(&diags);
    if (!settings)
        return 3;
    struct worker_options options = {
        .settings = settings,
        .mode = mode,
        .program = "retentiond",
    };
    struct service service = {0};
    options.arg = &service;
    if (mode == WORKER_CHECK)
        options.events.policies = on_policies;
    if (mode == WORKER_DAEMON) {
        options.events.changed = on_changed;
        options.events.reloading = on_reloading;
        options.events.reloaded = on_reloaded;
        options.events.stopping = on_stopping;
    }
    struct worker *worker = worker_new(&options);
    service.worker = worker;
    if (mode == WORKER_DAEMON)
        service.notify = notify_new(worker);
    worker_heed_signals(worker);
    struct http *http = mode == WORKER_DAEMON && settings->http.listen
                            ? http_new(worker, settings->http.listen, &error)
                            : NULL;
    int code = error.primary ? error_exit_code(&error) : worker_run(worker, &error);
    if (error.primary && mode == WORKER_CHECK)
        error_print("retentiond", &error);
    else if (error.primary)
        log_failure(LOG_LEVEL_ERROR, &error);
    http_free(http);
    notify_free(service.notify);
    worker_free(worker);
    settings_free(settings);
    return code;
}

/* Batch after batch has results of the same size: what was freed is kept for the next instead of
 * going back to the kernel page by page. */
static void keep_memory(void)
{
    enum { KEPT = 8 << 20 };
    (void)mallopt(M_MMAP_THRESHOLD, KEPT);
    (void)mallopt(M_TRIM_THRESHOLD, KEPT);
}

int main(int argc, char **argv)
{
    const char *config_file = DEFAULT_CONFIG_FILE;
    enum worker_mode mode = WORKER_DAEMON;
    int option;
    while ((option = getopt_long(argc, argv, "c:hV", long_options, NULL)) != -1) {
        switch (option) {
        case 'c':
            config_file = optarg;
            break;
        case 'o':
        case 'k': {
            enum worker_mode wanted = option == 'o' ? WORKER_ONCE : WORKER_CHECK;
            if (mode != WORKER_DAEMON && mode != wanted) {
                fputs("retentiond: --once and --check exclude each other\n", stderr);
                return 2;
            }
            mode = wanted;
            break;
        }
        case 'h':
            fputs(usage, stdout);
            return 0;
        case 'V':
            puts("retentiond " PACKAGE_VERSION);
            return 0;
        default:
            fputs("Try \"retentiond --help\".\n", stderr);
            return 2;
        }
    }
    if (optind < argc) {
        fprintf(stderr, "retentiond: unexpected argument \"%s\"\nTry \"retentiond --help\".\n",
                argv[optind]);
        return 2;
    }
    keep_memory();
    journal_open();
    return run(config_file, mode);
}
