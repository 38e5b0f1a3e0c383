/* The settings of retentiond.cfg. One table (settings.c) has a row for each: name, type, bounds,
 * default, reload rule, help; the parser, `retentionctl config --defaults` and the manual page are
 * made from it. Secrets stand in files of their own: a setting holds the file's name at most. */
#ifndef CONFIG_SETTINGS_H
#define CONFIG_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/diag.h"
#include "base/span.h"
#include "base/window.h"

struct arena;

/* Strings without a default are NULL where they are not set. Names of files and directories that
 * are relative in the file are made relative to its directory. */
struct settings {
    struct arena *arena; /* owns the settings and their strings */
    const char *file;

    struct {
        const char *conninfo; /* NULL: libpq's environment */
        int64_t connections;  /* worker connections, besides the control connection */
        int64_t statement_timeout_ms;
        int64_t lock_timeout_ms;
    } database;

    const char *policies;         /* directory */
    const char *accept_functions; /* file, or NULL: only this program's */

    struct {
        const char *origin;
        const char *directory;
        const char *epoch_kek;   /* file with the key-encryption key */
        struct span epoch;       /* how long a digest key lives */
        const char *epoch_text;  /* the same, for the database */
        const char *signing_key; /* file with the signing key's seed */
        int64_t checkpoint_every_ms;
        const char *sign_after;    /* "commit", "replicated" */
        int64_t standbys;          /* how many at least, with "replicated" */
        const char *anchor;        /* command */
        int64_t anchor_max_age_ms; /* 0: none */
    } log;

    struct {
        const char *hmac_key; /* file with the key of "hmac" */
    } deidentify;

    struct {
        const char *preset;                        /* "gentle", "normal", "fast" */
        int64_t rows_per_second;                   /* 0: not limited */
        int64_t standby_lag_mb, wal_mb_per_second; /* 0: the preset's */
        int64_t standbys;                          /* that must be connected */
        int64_t dead_percent, dead_rows; /* too many are more than both; 0: nobody looks */
        int64_t batch_rows;
        int64_t family_rows;
        struct window window; /* of categories that have none */
    } pace;

    struct {
        int64_t lease_ms;
        int64_t max_skew_ms;
        int64_t wake_most_ms;
        int64_t turn_ms;
        int64_t stop_within_ms;
        const char *role_prefix;
    } worker;

    struct {
        bool dual_control;
        struct span grace;
        const char *grace_text;
    } holds;

    struct {
        const char *listen; /* "unix:/path", "127.0.0.1:port", "[::1]:port"; NULL: nowhere */
    } http;
};

/* Reads the file. NULL, and all errors in diags, if it cannot be read or anything in it is wrong.
 * The caller frees it. */
struct settings *settings_load(const char *path, struct diags *diags);
/* The same for a text; `file` is its name in messages, and what relative names are relative to. */
struct settings *settings_load_text(const char *file, const char *text, struct diags *diags);
void settings_free(struct settings *settings); /* accepts NULL */

/* For a reload: what is read at restart only keeps the value that it has in `old`; `changed` is
 * called with the name of each setting where that is another one. */
void settings_keep(struct settings *settings, const struct settings *old,
                   void (*changed)(const char *name, void *arg), void *arg);
bool settings_are_equal(const struct settings *a, const struct settings *b);

/* A row of the table, for people. */
struct setting_info {
    const char *name;          /* "database.connections" */
    const char *type;          /* "integer" */
    const char *least, *most;  /* as they are written in the file; NULL: no bounds */
    const char *default_value; /* as it is written in the file; NULL: none */
    const char *reload;        /* "on reload", "at restart" */
    bool available;            /* in this version */
    const char *help;
};

/* Calls `each` for every setting, in the order of the table. What info points to is valid during
 * the call. */
void settings_describe(void (*each)(const struct setting_info *info, void *arg), void *arg);

/* A file with every setting at its default, those without one in comments; reads back as such. */
void settings_print_defaults(FILE *out);
/* The list of settings for the manual page, mdoc. */
void settings_print_man(FILE *out);

#endif
