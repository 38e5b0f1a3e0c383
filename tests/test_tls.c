/* Certificates: one that has expired is told of, and the worker goes on by itself once it is
 * renewed; an authority that is not ours is refused. worker/pg/conn_error.c
 *
 * TLS takes TCP, so the server listens on an address of the loopback that nobody else uses. */
#define _GNU_SOURCE
#include <check.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "harness/cluster.h"
#include "harness/db.h"
#include "up_support.h"

enum { DAY = 86400 };

/* A certificate for `name`, signed by issuer's key; NULL: by its own. */
static X509 *certificate(EVP_PKEY *key, const char *name, const X509 *issuer, EVP_PKEY *issuer_key,
                         long from_s, long to_s)
{
    static long serial;
    X509 *made = X509_new();
    X509_NAME *subject = X509_get_subject_name(made);
    ck_assert_int_eq(X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
                                                (const unsigned char *)name, -1, -1, 0),
                     1);
    ASN1_INTEGER_set(X509_get_serialNumber(made), ++serial);
    X509_gmtime_adj(X509_getm_notBefore(made), from_s);
    X509_gmtime_adj(X509_getm_notAfter(made), to_s);
    X509_set_pubkey(made, key);
    X509_set_issuer_name(made, issuer ? X509_get_subject_name(issuer) : subject);
    ck_assert_int_gt(X509_sign(made, issuer ? issuer_key : key, EVP_sha256()), 0);
    return made;
}

static char *write_certificate(const char *directory, const char *name, X509 *made)
{
    char *path;
    ck_assert_int_ge(asprintf(&path, "%s/%s", directory, name), 0);
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_eq(PEM_write_X509(file, made), 1);
    fclose(file);
    X509_free(made);
    return path;
}

static void for_the_server(const char *path)
{
    const struct passwd *postgres = getpwnam("postgres");
    if (geteuid() == 0)
        ck_assert_int_eq(chown(path, postgres->pw_uid, postgres->pw_gid), 0);
}

START_TEST(certificates_expire_and_are_renewed)
{
    char settings[200], address[16];
    char *directory _cleanup_free_ = temporary_directory(), *conninfo _cleanup_free_ = NULL;
    EVP_PKEY *key = EVP_EC_gen("P-256"), *authority_key = EVP_EC_gen("P-256");
    X509 *authority = certificate(authority_key, "authority", NULL, NULL, -DAY, DAY);
    X509 *stranger = certificate(key, "stranger", NULL, NULL, -DAY, DAY);
    ck_assert_int_eq(X509_up_ref(authority), 1);
    char *root _cleanup_free_ = write_certificate(directory, "root.crt", authority);
    char *other _cleanup_free_ = write_certificate(directory, "other.crt", stranger);

    snprintf(address, sizeof(address), "127.9.%d.%d", getpid() >> 8 & 255, getpid() & 255);
    snprintf(settings, sizeof(settings), "listen_addresses = '%s'", address);
    struct cluster *cluster = cluster_new(settings);
    struct site site = up_site(cluster, NULL);
    const char *data = cluster_directory(cluster);
    char *key_file _cleanup_free_ = file_write(data, "server.key", "");
    FILE *file = fopen(key_file, "w");
    ck_assert_int_eq(PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL), 1);
    fclose(file);
    for_the_server(key_file);
#define CERTIFY(from_, to_)                                                                        \
    do {                                                                                           \
        char *path_ _cleanup_free_ = write_certificate(                                            \
            data, "server.crt", certificate(key, address, authority, authority_key, from_, to_));  \
        for_the_server(path_);                                                                     \
        db_exec(site.admin, "SELECT pg_reload_conf()");                                            \
    } while (0)
    CERTIFY(-DAY, DAY);
    db_exec(site.admin, "ALTER SYSTEM SET ssl = on");
    db_exec(site.admin, "SELECT pg_reload_conf()");

    ck_assert_int_ge(asprintf(&conninfo,
                              "host=%s dbname=%s user=t_worker sslmode=verify-full "
                              "sslrootcert=%s",
                              address, site.database, root),
                     0);
    up_conninfo(&site, conninfo, NULL, NULL);
    db_wait_until(site.admin, "SELECT current_setting('ssl') = 'on'");
    pid_t pid = site_start(&site, NULL, NULL);
    site_wait_empty(&site);
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM pg_stat_ssl JOIN pg_stat_activity "
                                           "USING (pid) WHERE usename = 't_worker' AND NOT ssl"),
                     0);

    /* expired; what was connected is not any more */
    CERTIFY(-2 * DAY, -DAY);
    db_exec(site.admin, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                        "WHERE usename = 't_worker'");
    site_wait_said(&site, "certificate verify failed");
    site_wait_said(&site, "Has the server's certificate expired");
    up_check_says(&site, 1, "certificate verify failed");
    up_ask_for_run(&site);
    ck_assert_int_eq(db_number(site.admin, "SELECT count(*) FROM event"), 10);

    /* renewed: it goes on by itself */
    CERTIFY(-DAY, DAY);
    site_wait_empty(&site);

    char *stranger_conninfo _cleanup_free_ = NULL;
    ck_assert_int_ge(asprintf(&stranger_conninfo,
                              "host=%s dbname=%s user=t_worker sslmode=verify-full "
                              "sslrootcert=%s",
                              address, site.database, other),
                     0);
    up_conninfo(&site, stranger_conninfo, NULL, NULL);
    up_check_says(&site, 1, "certificate verify failed");
    up_end(&site, pid, 1010);
    X509_free(authority);
    EVP_PKEY_free(key);
    EVP_PKEY_free(authority_key);
    cluster_free(cluster);
}
END_TEST

Suite *suite_tls(void)
{
    Suite *suite = suite_create("tls");
    TCase *tc = tcase_create("tls");
    tcase_set_timeout(tc, 90);
    tcase_add_test(tc, certificates_expire_and_are_renewed);
    suite_add_tcase(suite, tc);
    return suite;
}
