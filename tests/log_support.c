#define _GNU_SOURCE
#include "log_support.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/text.h"
#include "harness/cluster.h"
#include "ledger/directory.h"
#include "ledger/note.h"

static struct note_verifier verifier_of(const struct log_site *site)
{
    struct note_verifier verifier;
    char *text = file_read(site->vkey);
    ck_assert(note_verifier_parse(&verifier, text, NULL));
    free(text);
    return verifier;
}

static void write_config(struct log_site *site, const char *conninfo, const char *directory,
                         const char *key, const char *log)
{
    char *text;
    ck_assert_int_ge(
        asprintf(&text,
                 "database: { conninfo = \"%s\"; };\npolicies = \"policies\";\n"
                 "log: { epoch_kek = \"kek\"; signing_key = \"%s\"; origin = \"log.example/t\"; "
                 "directory = \"%s\"; %s };\n",
                 conninfo, key ? key : "seed", directory ? directory : "log", log ? log : ""),
        0);
    free(site->site.config);
    site->site.config = file_write(site->site.directory, "retentiond.cfg", text);
    free(site->log);
    ck_assert_int_ge(
        asprintf(&site->log, "%s/%s", site->site.directory, directory ? directory : "log"), 0);
    free(text);
}

void log_site_config(struct log_site *site, struct cluster *cluster, const char *directory,
                     const char *key, const char *log)
{
    char *conninfo =
        cluster_conninfo(cluster ? cluster : site->site.cluster, site->site.database, "t_worker");
    write_config(site, conninfo, directory, key, log);
    free(conninfo);
}

void log_site_hosts(struct log_site *site, struct cluster *first, struct cluster *second,
                    const char *log)
{
    char *one = cluster_conninfo(first, site->site.database, "t_worker");
    char *two = cluster_conninfo(second, site->site.database, "t_worker"), *both;
    int host = (int)strcspn(one, " ");
    ck_assert_int_ge(asprintf(&both, "%.*s,%s target_session_attrs=read-write", host, one,
                              two + strlen("host=")),
                     0);
    write_config(site, both, NULL, NULL, log);
    free(one);
    free(two);
    free(both);
}

struct log_site log_site_new(struct cluster *cluster, int rows, const char *log)
{
    struct log_site site = {
        .site = site_new(cluster,
                         "CREATE TABLE public.t (id int PRIMARY KEY, at timestamptz NOT NULL "
                         "DEFAULT now() - interval '2 years'); CREATE INDEX ON public.t (at)",
                         NULL)};
    log_site_rows(&site, 1, rows);
    free(file_write(site.site.directory, "seed",
                    "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n"));
    uint8_t seed[32];
    for (int i = 0; i < 32; i++)
        seed[i] = (uint8_t)i;
    struct note_signer *signer = note_signer_new("log.example/t", seed, NULL);
    struct text key = {0};
    note_verifier_format(&key, note_signer_verifier(signer));
    text_add(&key, "\n");
    site.vkey = file_write(site.site.directory, "auditor.vkey", key.data);
    text_free(&key);
    note_signer_free(signer);
    ck_assert_int_ge(asprintf(&site.anchored, "%s/anchored", site.site.directory), 0);
    log_site_config(&site, NULL, NULL, NULL, log);
    site_policy(&site.site, "t",
                "data: { table = \"public.t\"; start = \"at\"; };\n"
                "stages = ( { name = \"gone\"; after = \"1 year\"; do = \"delete\"; } );\n"
                "brake: { rows = 1000000; fraction = 1.0; };");
    site_load_and_approve(&site.site, "t", 1000000);
    return site;
}

void log_site_free(struct log_site *site)
{
    free(site->log);
    free(site->anchored);
    free(site->vkey);
    if (site->site.admin)
        site_free(&site->site);
    *site = (struct log_site){0};
}

void log_site_reconnect(struct log_site *site, struct cluster *cluster)
{
    PQfinish(site->site.admin);
    PQfinish(site->site.approver);
    site->site.admin = db_connect(cluster, site->site.database, NULL);
    site->site.approver = db_connect(cluster, site->site.database, "t_approver");
    site->site.cluster = cluster;
}

void log_site_rows(struct log_site *site, int from, int to)
{
    db_exec(site->site.admin, "INSERT INTO public.t SELECT generate_series(%d, %d)", from, to);
}

int64_t log_site_size(const struct log_site *site)
{
    struct note_verifier verifier = verifier_of(site);
    struct checkpoint checkpoint;
    struct error error = {0};
    struct directory *directory = directory_open(site->log, &error);
    if (!directory) {
        error_clear(&error);
        return 0;
    }
    ck_assert_msg(
        directory_last_checkpoint(directory, &verifier, 1, &checkpoint, NULL, NULL, &error), "%s",
        error.primary);
    directory_free(directory);
    return (int64_t)checkpoint.size;
}

void log_site_verify(const struct log_site *site)
{
    free(log_site_ctl(site, 0, WORDS("log", "verify", site->log, "--vkey", site->vkey)));
    free(log_site_ctl(site, 0,
                      WORDS("log", "verify", site->log, "--vkey", site->vkey, "--database")));
    int64_t size = log_site_size(site);
    ck_assert_int_eq(db_number(site->site.admin, "SELECT count(*) FROM retention.log_leaf"), size);
    ck_assert_int_eq(db_number(site->site.admin, "SELECT max(index) + 1 FROM retention.log_leaf"),
                     size);
    ck_assert_int_eq(db_number(site->site.admin, "SELECT max(size) FROM retention.log_checkpoint"),
                     size);
    ck_assert_int_eq(db_number(site->site.admin, "SELECT count(*) FROM retention.log_pending"), 0);
    ck_assert_int_eq(db_number(site->site.admin,
                               "SELECT count(*) FROM retention.log_entry e WHERE NOT EXISTS "
                               "(SELECT FROM retention.log_leaf l WHERE l.entry = e.id)"),
                     0);
}

void log_site_no_fork(const struct log_site *site)
{
    char *command;
    ck_assert_int_ge(
        asprintf(&command,
                 "mkdir -p %s/kept && cd %s/checkpoints 2>/dev/null || exit 0; for f in *; do "
                 "if [ -e %s/kept/$f ]; then cmp -s $f %s/kept/$f || exit 1; "
                 "else cp $f %s/kept/$f; fi; done",
                 site->site.directory, site->log, site->site.directory, site->site.directory,
                 site->site.directory),
        0);
    ck_assert_msg(system(command) == 0, "two checkpoints of one size");
    free(command);
}

static char *both(struct program_result *result, int exit_code)
{
    char *text;
    ck_assert_int_ge(asprintf(&text, "%s%s", result->out, result->err), 0);
    ck_assert_msg(result->exit_code == exit_code, "exit code %d instead of %d:\n%s",
                  result->exit_code, exit_code, text);
    if (getenv("TEST_VERBOSE"))
        fputs(text, stderr);
    program_result_free(result);
    return text;
}

char *log_site_ctl(const struct log_site *site, int exit_code, const char *const *words)
{
    const char *argv[32] = {"retentionctl", "-c", site->site.config, "-d"};
    char *host;
    /* where the admin is connected */
    ck_assert_int_ge(asprintf(&host, "host=%s dbname=%s user=postgres", PQhost(site->site.admin),
                              site->site.database),
                     0);
    argv[4] = host;
    size_t n = 5;
    for (; *words; words++)
        argv[n++] = *words;
    struct program_result result = program_run(argv);
    free(host);
    return both(&result, exit_code);
}

char *log_site_once(const struct log_site *site, const char *fault, int exit_code)
{
    struct program_result result = site_once(&site->site, fault);
    return both(&result, exit_code);
}
