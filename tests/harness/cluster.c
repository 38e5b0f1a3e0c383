#define _GNU_SOURCE
#include "harness/cluster.h"

#include <errno.h>
#include <ftw.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/text.h"
#include "harness/db.h"
#include "harness/sitter.h"

/* Works outside a test too, where Check's assertions do not. */
#define REQUIRE(condition, ...)                                                                    \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, __VA_ARGS__);                                                          \
            fprintf(stderr, " (%s:%d)\n", __FILE__, __LINE__);                                     \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

/* Concepts. A cluster is a copy of one template data directory, made by initdb once a run. The
 * shared cluster belongs to the whole run: tests fork, so its place is decided (and exported in the
 * environment) before, and whoever asks first starts it under a lock; the parent stops it. */

struct cluster {
    char *directory; /* holds data/, the socket and log */
    char *data;
    char *log;
    bool running;
    bool shared;
};

static char *root; /* everything of this run */
static struct cluster the_shared;

static const char *binary_directory(void)
{
    static char directory[256];
    if (!directory[0]) {
        const char *given = getenv("PG_BINDIR");
        if (given) {
            snprintf(directory, sizeof(directory), "%s", given);
        } else {
            for (int version = 20; version >= 14 && !directory[0]; version--) {
                char path[256];
                snprintf(path, sizeof(path), "/usr/lib/postgresql/%d/bin/postgres", version);
                if (access(path, X_OK) == 0)
                    snprintf(directory, sizeof(directory), "/usr/lib/postgresql/%d/bin", version);
            }
        }
        REQUIRE(directory[0], "no PostgreSQL server binaries; set PG_BINDIR");
    }
    return directory;
}

/* Runs a shell command as the user that servers run as (postgres where we are root). */
/* glibc keeps the memory of one statement for the next, instead of giving it back page by page: a
 * quarter of all page faults of a suite. */
#define KEEPS_MEMORY "GLIBC_TUNABLES=glibc.malloc.hugetlb=1 MALLOC_TRIM_THRESHOLD_=67108864 MALLOC_MMAP_THRESHOLD_=67108864"

_printf_(1, 2) static int run_as_server(const char *format, ...)
{
    char *inner = NULL, *command = NULL;
    va_list args;
    va_start(args, format);
    REQUIRE(vasprintf(&inner, format, args) >= 0, "out of memory");
    va_end(args);
    const char *user =
        geteuid() == 0
            ? "setpriv --reuid=postgres --regid=postgres --init-groups env -i HOME=/tmp LC_ALL=C "
              "PATH=/usr/bin:/bin TMPDIR=/tmp " KEEPS_MEMORY
            : "env LC_ALL=C " KEEPS_MEMORY;
    REQUIRE(asprintf(&command, "%s sh -c '%s'", user, inner) >= 0, "out of memory");
    int status = system(command);
    free(inner);
    free(command);
    return status;
}

static void directory_make(const char *path)
{
    REQUIRE(mkdir(path, 0755) == 0 || errno == EEXIST, "mkdir %s: %s", path, strerror(errno));
    if (geteuid() == 0) {
        struct passwd *postgres = getpwnam("postgres");
        REQUIRE(postgres != NULL, "no user postgres");
        REQUIRE(chown(path, postgres->pw_uid, postgres->pw_gid) == 0, "chown %s", path);
    }
}

static struct cluster cluster_at(const char *name)
{
    struct cluster cluster = {0};
    REQUIRE(asprintf(&cluster.directory, "%s/%s", root, name) > 0, "out of memory");
    REQUIRE(asprintf(&cluster.data, "%s/data", cluster.directory) > 0, "out of memory");
    REQUIRE(asprintf(&cluster.log, "%s/server.log", cluster.directory) > 0, "out of memory");
    return cluster;
}

static void initdb(const char *directory)
{
    REQUIRE(run_as_server("%s/initdb -N -A trust -E UTF8 --locale=C.UTF-8 -U postgres %s "
                          ">/dev/null 2>&1",
                          binary_directory(), directory) == 0,
            "initdb failed");
}

static void cluster_create(struct cluster *cluster, bool own_system, const char *settings)
{
    char template[512], fresh[520], path[600];
    snprintf(template, sizeof(template), "%s/template", root);
    directory_make(cluster->directory);
    if (own_system) {
        initdb(cluster->data);
    } else {
        if (access(template, F_OK) != 0) {
            snprintf(fresh, sizeof(fresh), "%s.new", template);
            initdb(fresh);
            REQUIRE(rename(fresh, template) == 0, "rename %s", fresh);
        }
        REQUIRE(run_as_server("cp -a %s %s", template, cluster->data) == 0, "could not copy %s",
                template);
    }
    snprintf(path, sizeof(path), "%s/postgresql.auto.conf", cluster->data);
    FILE *f = fopen(path, "w");
    REQUIRE(f != NULL, "%s: %s", path, strerror(errno));
    fprintf(
        f,
        "listen_addresses = ''\nunix_socket_directories = '%s'\nfsync = off\n"
        "synchronous_commit = off\nfull_page_writes = off\nautovacuum = off\n"
        "max_connections = 60\nshared_buffers = 64MB\nlog_line_prefix = '%%m %%u@%%d [%%p] '\n"
        "log_parameter_max_length = 0\n"
        "jit = off\nmax_wal_size = 512MB\ntimezone = 'UTC'\nmax_prepared_transactions = 4\n%s\n",
        cluster->directory, settings ? settings : "");
    fclose(f);
}

void cluster_start(struct cluster *cluster)
{
    int status = run_as_server("%s/pg_ctl -w -t 60 -D %s -l %s start >/dev/null 2>&1",
                               binary_directory(), cluster->data, cluster->log);
    REQUIRE(status == 0, "could not start the server, see %s", cluster->log);
    cluster->running = true;
}

void cluster_stop(struct cluster *cluster, const char *mode)
{
    run_as_server("%s/pg_ctl -w -t 60 -D %s -m %s stop >/dev/null 2>&1", binary_directory(),
                  cluster->data, mode);
    cluster->running = false;
}

static struct cluster *cluster_make(bool own_system, const char *settings)
{
    static int number;
    char name[64];
    snprintf(name, sizeof(name), "own-%d-%d", (int)getpid(), number++);
    struct cluster *cluster = xcalloc(1, sizeof(*cluster));
    *cluster = cluster_at(name);
    cluster_create(cluster, own_system, settings);
    cluster_start(cluster);
    return cluster;
}

struct cluster *cluster_new(const char *settings)
{
    return cluster_make(false, settings);
}

struct cluster *cluster_new_system(const char *settings)
{
    return cluster_make(true, settings);
}

static int remove_one(const char *path, const struct stat *sb, int flag, struct FTW *ftw)
{
    (void)sb, (void)flag, (void)ftw;
    return remove(path);
}

static void remove_tree(const char *path)
{
    nftw(path, remove_one, 32, FTW_DEPTH | FTW_PHYS);
}

void cluster_free(struct cluster *cluster)
{
    if (!cluster || cluster->shared)
        return;
    if (cluster->running)
        cluster_stop(cluster, "immediate");
    remove_tree(cluster->directory);
    free(cluster->directory);
    free(cluster->data);
    free(cluster->log);
    free(cluster);
}

void cluster_backup(struct cluster *cluster, const char *name)
{
    REQUIRE(!cluster->running, "a running cluster cannot be copied");
    REQUIRE(run_as_server("rm -rf %s/%s && cp -a %s %s/%s", cluster->directory, name, cluster->data,
                          cluster->directory, name) == 0,
            "could not copy %s", cluster->data);
}

void cluster_restore(struct cluster *cluster, const char *name)
{
    REQUIRE(!cluster->running, "a running cluster cannot be restored");
    REQUIRE(run_as_server("rm -rf %s && cp -a %s/%s %s", cluster->data, cluster->directory, name,
                          cluster->data) == 0,
            "could not restore %s", cluster->data);
}

void cluster_base_backup(struct cluster *cluster, const char *name)
{
    REQUIRE(run_as_server("%s/pg_basebackup -h %s -U postgres -D %s/%s -X stream -c fast --no-sync "
                          ">/dev/null 2>&1",
                          binary_directory(), cluster->directory, cluster->directory, name) == 0,
            "pg_basebackup failed");
}

void cluster_configure(struct cluster *cluster, const char *settings)
{
    char path[600];
    snprintf(path, sizeof(path), "%s/postgresql.auto.conf", cluster->data);
    FILE *f = fopen(path, "a");
    REQUIRE(f != NULL, "%s: %s", path, strerror(errno));
    fprintf(f, "%s\n", settings);
    fclose(f);
}

void cluster_touch(struct cluster *cluster, const char *name)
{
    REQUIRE(run_as_server("touch %s/%s", cluster->data, name) == 0, "could not make %s", name);
}

struct cluster *cluster_standby(struct cluster *primary, const char *slot)
{
    static int number;
    char name[64], settings[600];
    snprintf(name, sizeof(name), "standby-%d-%d", (int)getpid(), number++);
    struct cluster *standby = xcalloc(1, sizeof(*standby));
    *standby = cluster_at(name);
    directory_make(standby->directory);
    REQUIRE(run_as_server("%s/pg_basebackup -h %s -U postgres -D %s -R -C -S %s -X stream -c fast "
                          "--no-sync >/dev/null 2>&1",
                          binary_directory(), primary->directory, standby->data, slot) == 0,
            "pg_basebackup failed");
    snprintf(settings, sizeof(settings), "unix_socket_directories = '%s'", standby->directory);
    cluster_configure(standby, settings);
    cluster_start(standby);
    return standby;
}

void cluster_promote(struct cluster *standby)
{
    REQUIRE(run_as_server("%s/pg_ctl -w -t 60 -D %s promote >/dev/null 2>&1", binary_directory(),
                          standby->data) == 0,
            "could not promote %s", standby->data);
}

/* Databases come and go by hundreds: where memory serves as a file system, it does. */
static bool has_room(const char *path)
{
    enum { ROOM_BYTES_LOG2 = 32 };
    struct statvfs fs;
    return access(path, W_OK) == 0 && statvfs(path, &fs) == 0 &&
           (uint64_t)fs.f_bavail * fs.f_frsize >> ROOM_BYTES_LOG2;
}

void cluster_shared_setup(void)
{
    char pattern[64];
    snprintf(pattern, sizeof(pattern), "%s/retentiond-tests-XXXXXX",
             has_room("/dev/shm") ? "/dev/shm" : "/tmp");
    REQUIRE(mkdtemp(pattern) != NULL, "mkdtemp: %s", strerror(errno));
    root = xstrdup(pattern);
    chmod(root, 0755);
    directory_make(root);
    sitter_start(root);
    setenv("RETENTIOND_TEST_ROOT", root, 1);
    the_shared = cluster_at("shared");
    the_shared.shared = true;
    cluster_create(&the_shared, false, NULL);
    cluster_start(&the_shared);
}

void cluster_shared_teardown(void)
{
    if (the_shared.running)
        cluster_stop(&the_shared, "immediate");
    if (getenv("RETENTIOND_TEST_KEEP"))
        fprintf(stderr, "kept: %s\n", root);
    else
        remove_tree(root);
}

struct cluster *cluster_shared(void)
{
    return &the_shared;
}

char *cluster_conninfo(const struct cluster *cluster, const char *database, const char *user)
{
    char *conninfo = NULL;
    REQUIRE(asprintf(&conninfo, "host=%s port=5432 dbname=%s user=%s", cluster->directory, database,
                     user ? user : "postgres") > 0,
            "out of memory");
    return conninfo;
}

const char *cluster_directory(const struct cluster *cluster)
{
    return cluster->data;
}

const char *cluster_log_file(const struct cluster *cluster)
{
    return cluster->log;
}
