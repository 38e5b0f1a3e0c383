#include "config/settings.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/mdoc.h"
#include "base/text.h"
#include "config/file.h"
#include "config/value.h"

enum setting_type {
    SETTING_TEXT,
    SETTING_CONNINFO, /* must hold no password */
    SETTING_FILE,
    SETTING_DIRECTORY,
    SETTING_PREFIX,     /* of role names */
    SETTING_SIGN_AFTER, /* this and the next: one of words[] */
    SETTING_PACE,
    SETTING_LISTEN, /* a socket that only this machine reaches */
    SETTING_WINDOW, /* struct window */
    SETTING_INTEGER,
    SETTING_BOOLEAN,
    SETTING_DURATION, /* milliseconds; bounds too */
    SETTING_PERIOD,   /* struct span, and its text behind it; bounds in days */
};

enum reload { ON_RELOAD, AT_RESTART };

/* What a later version reads. */
enum available { NOW, LATER };

struct setting {
    const char *name; /* "group.key", or "key" at the top */
    enum setting_type type;
    size_t offset;
    int64_t least, most;
    const char *default_value; /* without quotes; NULL: none */
    enum reload reload;
    enum available available;
    const char *help; /* sentences; the first one says what it is */
};

static const char *const words[][4] = {
    [SETTING_SIGN_AFTER] = {"commit", "replicated"},
    [SETTING_PACE] = {"gentle", "normal", "fast"},
};

#define AT(member_) offsetof(struct settings, member_)
#define SECONDS     INT64_C(1000)
#define MINUTES     (60 * SECONDS)
#define HOURS       (60 * MINUTES)
#define DAYS        (24 * HOURS)

/* name, type, place, least, most, default, reload rule, availability, help */
static const struct setting table[] = {
    {"database.conninfo", SETTING_CONNINFO, AT(database.conninfo), 0, 0, NULL, AT_RESTART, NOW,
     "How the worker connects: a libpq connection string. It must hold no password; name a "
     "passfile "
     "in it, or use a socket. Default: libpq's environment variables."},
    {"database.connections", SETTING_INTEGER, AT(database.connections), 1, 32, "2", AT_RESTART, NOW,
     "Connections that act on rows. One more leads, listens and watches."},
    {"database.statement_timeout", SETTING_DURATION, AT(database.statement_timeout_ms), SECONDS,
     HOURS, "60 s", ON_RELOAD, NOW, "Longest time that a statement of a batch may take."},
    {"database.lock_timeout", SETTING_DURATION, AT(database.lock_timeout_ms), 1, 10 * SECONDS,
     "50 ms", ON_RELOAD, NOW,
     "Longest time that a batch waits for a lock. Rows that stay locked are left for later. A "
     "table "
     "that others keep locked is tried again for ten seconds; then its run ends, and a daemon "
     "takes "
     "it up again by itself."},
    {"policies", SETTING_DIRECTORY, AT(policies), 0, 0, "policies", ON_RELOAD, NOW,
     "Directory whose files that end in .cfg are the policies."},
    {"accept_functions", SETTING_FILE, AT(accept_functions), 0, 0, NULL, ON_RELOAD, NOW,
     "File with the functions of a newer version's schema, for the time between its \"retentionctl "
     "migrate\" and the upgrade of this worker: what \"retentionctl migrate --print-functions\" of "
     "the newer version prints. The worker then acts on a schema that is wholly as that file has "
     "it, too. Whoever may write the file can have the worker trust other functions, so it belongs "
     "to whom this file belongs. Default: the worker acts on the schema that it brings alone."},
    {"log.origin", SETTING_TEXT, AT(log.origin), 0, 0, NULL, AT_RESTART, NOW,
     "Name of the deletion log, such as example.com/retention. Every checkpoint carries it; it "
     "cannot be changed later."},
    {"log.directory", SETTING_DIRECTORY, AT(log.directory), 0, 0, NULL, AT_RESTART, NOW,
     "Directory of the deletion log's published form, which auditors copy. It belongs on a disk "
     "that "
     "is not restored together with the database."},
    {"log.epoch_kek", SETTING_FILE, AT(log.epoch_kek), 0, 0, NULL, AT_RESTART, NOW,
     "File with the key that wraps the keys of record digests. Only its owner may read it. "
     "Default: the systemd credential log-epoch-kek, where there is one. Required where a category "
     "keeps evidence of records, and where the log is signed and holds are placed: their copies in "
     "the log directory are encrypted under it. Keep a copy of it elsewhere."},
    {"log.epoch", SETTING_PERIOD, AT(log.epoch), 1, 3653, "1 month", ON_RELOAD, NOW,
     "How long a key of record digests is used before the next one."},
    {"log.signing_key", SETTING_FILE, AT(log.signing_key), 0, 0, NULL, AT_RESTART, NOW,
     "File with the seed of the key that signs the log; \"retentionctl log keygen\" makes one. "
     "Only "
     "its owner may read it. Default: the systemd credential log-signing-key, where there is one. "
     "Without a key the log is kept in the database alone: no tree, no checkpoints, nothing that "
     "an "
     "auditor could verify. With one, log.origin and log.directory are required."},
    {"log.checkpoint_every", SETTING_DURATION, AT(log.checkpoint_every_ms), SECONDS, DAYS, "60 s",
     AT_RESTART, NOW,
     "How long a new entry waits at most for a signed checkpoint. One is signed after each run "
     "too. "
     "While nothing is new, none is."},
    {"log.sign_after", SETTING_SIGN_AFTER, AT(log.sign_after), 0, 0, "commit", AT_RESTART, NOW,
     "What must have happened to entries before a checkpoint over them is signed: \"commit\", or "
     "\"replicated\", when every standby has them on disk. Where a failover may go to an "
     "asynchronous standby, the log could otherwise say more than the database then knows. "
     "Standbys "
     "are found by their physical replication slots, and where the worker's role is a member of "
     "pg_read_all_stats by their connections too."},
    {"log.standbys", SETTING_INTEGER, AT(log.standbys), 1, 100, "1", AT_RESTART, NOW,
     "With log.sign_after = \"replicated\": how many standbys there must be at least. One that has "
     "no "
     "replication slot and went is not known any more, and would not be waited for."},
    {"log.anchor", SETTING_TEXT, AT(log.anchor), 0, 0, NULL, AT_RESTART, NOW,
     "Command that takes each new checkpoint off this machine, run by /bin/sh with the checkpoint "
     "on standard input: a mail, an object in a store that cannot be overwritten, a witness. It "
     "has "
     "done its work when it exits 0; it is tried again otherwise, and killed after 60 seconds."},
    {"log.anchor_max_age", SETTING_DURATION, AT(log.anchor_max_age_ms), MINUTES, 366 * DAYS, NULL,
     AT_RESTART, NOW,
     "No run starts while the last checkpoint that was anchored is older than this. Default: runs "
     "do not depend on anchors. When nothing happens, a heartbeat entry is signed and anchored in "
     "time."},
    {"deidentify.hmac_key", SETTING_FILE, AT(deidentify.hmac_key), 0, 0, NULL, AT_RESTART, NOW,
     "File with the key of the keyed digests that \"hmac\" makes of values. Only its owner may "
     "read "
     "it. Default: the systemd credential hmac-key, where there is one. Required where a policy "
     "uses "
     "\"hmac\". Whoever has it can find the value of a digest by trying; when it is destroyed, "
     "nobody "
     "can."},
    {"pace.preset", SETTING_PACE, AT(pace.preset), 0, 0, "normal", ON_RELOAD, NOW,
     "How much the application may feel of a run. \"normal\": while others are in a transaction, "
     "only half of the connections work, rounded down, at least one, and a fifth of the time: a "
     "batch is up to twelve statements of about a millisecond (four of three where "
     "triggers are accepted), and they rest between them and before its entry and its commit, "
     "inside of the transaction, which so "
     "takes some hundredths of a second (one statement of three where the table has dependants or "
     "what decides is in other tables, where records are counted, and where others wait for a "
     "lock of ours); while nobody is, they work at full speed. \"gentle\": the "
     "same with an eighth of the time, and half of it while nobody else is there; at most 16 MB of "
     "write-ahead log a second. \"fast\": as fast as it goes, whatever others do. \"normal\" lets "
     "no standby or replication slot come to lie more than 64 MB behind, \"gentle\" 16, \"fast\" "
     "knows no limit. What is counted before and behind a run is shared among processes of the "
     "server as its own settings say (\"fast\"), only while no other session is at work or was "
     "within a second (\"normal\"; sessions that the worker may not see are), never (\"gentle\"). "
     "\"gentle\" also waits where vacuum was outrun, see pace.dead_percent. The "
     "gentler of this and the policy's counts."},
    {"pace.window", SETTING_WINDOW, AT(pace.window), 0, 0, NULL, ON_RELOAD, NOW,
     "Time of the day, such as 22:00-05:00, in which categories are acted on whose policy names no "
     "window; in each category's time zone. Default: always."},
    {"pace.standby_lag_mb", SETTING_INTEGER, AT(pace.standby_lag_mb), 0, 1000000, "0", ON_RELOAD,
     NOW,
     "How many megabytes of write-ahead log a standby or replication slot may lie behind while a "
     "run goes on; 0: what the preset says. While one is more than half as far behind, no batch "
     "begins, so that what is under way does not pass the limit. The distance that standbys have "
     "replayed is seen where "
     "the worker's role is a member of pg_read_all_stats; that of slots, always."},
    {"pace.wal_mb_per_second", SETTING_INTEGER, AT(pace.wal_mb_per_second), 0, 100000, "0",
     ON_RELOAD, NOW,
     "How fast the write-ahead log may grow while a run goes on, whoever writes it; 0: what the "
     "preset says."},
    {"pace.standbys", SETTING_INTEGER, AT(pace.standbys), 0, 100, "0", ON_RELOAD, NOW,
     "How many standbys must be connected for a run to go on: one that is gone is seen by nothing "
     "else if it has no replication slot. Those without one are seen where the worker's role is a "
     "member of pg_read_all_stats."},
    {"pace.dead_percent", SETTING_INTEGER, AT(pace.dead_percent), 0, 100, "50", ON_RELOAD, NOW,
     "Vacuum was outrun where more of a table's rows than this share of all, live and dead, are "
     "dead, "
     "and at least pace.dead_rows; 0: nobody looks. \"gentle\" then begins no batch until the "
     "table was vacuumed; \"normal\" goes on, and says so once, with the VACUUM command to run; "
     "\"fast\" does not look. Nothing is waited for where autovacuum is off, nor any longer where "
     "nothing vacuums the table for ten minutes, or behind an hour: the run says so, with the "
     "command, and goes on. Half by default: autovacuum, as it comes, begins at a fifth."},
    {"pace.dead_rows", SETTING_INTEGER, AT(pace.dead_rows), 1, 1000000000, "1000000", ON_RELOAD,
     NOW, "Fewer dead rows in a table than this are nothing to wait for."},
    {"pace.rows_per_second", SETTING_INTEGER, AT(pace.rows_per_second), 0, 1000000000, "0",
     ON_RELOAD, NOW,
     "Most rows to act on in a second, over all connections; 0: no limit. A policy may set less. A "
     "partition that is emptied as a whole does not count: it is as much work as one row."},
    {"pace.batch_rows", SETTING_INTEGER, AT(pace.batch_rows), 100, 1000000, "25000", ON_RELOAD, NOW,
     "Most rows of one transaction."},
    {"pace.family_rows", SETTING_INTEGER, AT(pace.family_rows), 100, 1000000, "10000", ON_RELOAD,
     NOW, "A record with more dependants than this is taken apart in batches of its own."},
    {"worker.lease", SETTING_DURATION, AT(worker.lease_ms), 2 * SECONDS, 5 * MINUTES, "15 s",
     AT_RESTART, NOW, "How long a worker that gives no sign of life keeps the leadership."},
    {"worker.max_skew", SETTING_DURATION, AT(worker.max_skew_ms), SECONDS, HOURS, "2 min",
     ON_RELOAD, NOW,
     "Largest difference between the clocks of worker and server with which a run may go on."},
    {"worker.wake_most", SETTING_DURATION, AT(worker.wake_most_ms), SECONDS, DAYS, "1 hour",
     ON_RELOAD, NOW,
     "All categories are counted anew this often at least, and when a day (UTC) begins, even if "
     "nothing is known to fall due."},
    {"worker.turn", SETTING_DURATION, AT(worker.turn_ms), SECONDS, DAYS, "10 min", ON_RELOAD, NOW,
     "How long a run of a daemon acts while other categories are due; then they have their turn, "
     "and it goes on. At least ten times as long as it took to count what is due."},
    {"worker.stop_within", SETTING_DURATION, AT(worker.stop_within_ms), SECONDS, 10 * MINUTES,
     "20 s", ON_RELOAD, NOW,
     "How long a worker that is told to stop waits for the batches under way before it cancels "
     "them. Ten seconds later it ends in any case. The service manager must wait longer."},
    {"worker.role_prefix", SETTING_PREFIX, AT(worker.role_prefix), 0, 0, "retention_", AT_RESTART,
     NOW, "What the names of the database roles begin with."},
    {"holds.dual_control", SETTING_BOOLEAN, AT(holds.dual_control), 0, 0, "true", ON_RELOAD, NOW,
     "Whether releasing or narrowing a hold takes two persons. Once it does, taking that back "
     "needs "
     "approval: see \"retentionctl hold rules\"."},
    {"holds.grace", SETTING_PERIOD, AT(holds.grace), 0, 3653, "30 days", ON_RELOAD, NOW,
     "How long a released hold still keeps its records; \"0 days\": not at all. A shorter one than "
     "is in effect needs approval, as above."},
    {"http.listen", SETTING_LISTEN, AT(http.listen), 0, 0, NULL, AT_RESTART, NOW,
     "Where /metrics, /healthz and /readyz are served: unix: and the absolute name of a socket, "
     "127.0.0.1: or [::1]: and a port. Nobody is asked who they are, so no other address is "
     "allowed; what is served are names of categories and numbers. Default: nowhere."},
};

enum { SETTING_COUNT = sizeof(table) / sizeof(table[0]) };

static const char *const type_names[] = {
    "string",  "connection string", "file name", "directory", "string",   "string", "string",
    "address", "time of the day",   "integer",   "boolean",   "duration", "period"};

static unsigned int value_types(enum setting_type type)
{
    return type == SETTING_INTEGER   ? TYPE_INTEGER
           : type == SETTING_BOOLEAN ? TYPE_BOOLEAN
                                     : TYPE_STRING;
}

/* ---- values ---- */

struct reader {
    struct settings *settings;
    struct diags *diags;
    const char *directory; /* of the file, with its slash; "" */
};

/* "2 min": in the largest unit that divides it. */
static const char *duration_text(struct arena *arena, int64_t ms)
{
    static const struct {
        int64_t ms;
        const char *name;
    } units[] = {{DAYS, "day"}, {HOURS, "hour"}, {MINUTES, "min"}, {SECONDS, "s"}, {1, "ms"}};
    size_t i = 0;
    while (ms % units[i].ms)
        i++;
    int64_t n = ms / units[i].ms;
    return arena_printf(arena, "%" PRId64 " %s%s", n, units[i].name, i < 2 && n != 1 ? "s" : "");
}

static const char *days_text(struct arena *arena, int64_t days)
{
    return arena_printf(arena, "%" PRId64 " %s", days, days == 1 ? "day" : "days");
}

static void refuse_range(struct reader *r, const struct setting *s, struct position at,
                         const char *least, const char *most, const char *value)
{
    diag_error(r->diags, at, "\"%s\" must be between %s and %s, not %s", s->name, least, most,
               value);
}

/* The value of a keyword of a connection string, key = value or URI, is never looked at. */
static bool holds_password(const char *conninfo)
{
    for (const char *p = conninfo; (p = strstr(p, "password")); p += strlen("password")) {
        const char *after = p + strlen("password");
        while (isspace((unsigned char)*after))
            after++;
        bool starts = p == conninfo || strchr(" \t\n?&l", p[-1]); /* l: sslpassword */
        if (starts && *after == '=')
            return true;
    }
    const char *user = strstr(conninfo, "://");
    if (!user)
        return false;
    user += 3;
    const char *host = user + strcspn(user, "/?");
    const char *at = memchr(user, '@', (size_t)(host - user));
    return at && memchr(user, ':', (size_t)(at - user));
}

/* Only what this machine alone reaches. */
static bool is_local_address(const char *value)
{
    static const char *const hosts[] = {"127.0.0.1:", "[::1]:"};
    if (text_starts_with(value, "unix:"))
        return value[5] == '/' && strlen(value + 5) < 108;
    for (size_t i = 0; i < ARRAY_LENGTH(hosts); i++) {
        const char *port = value + strlen(hosts[i]);
        if (text_starts_with(value, hosts[i]))
            return !port[strspn(port, "0123456789")] && text_number(port, 0) > 0 &&
                   text_number(port, 0) <= 65535;
    }
    return false;
}

static bool has_words(enum setting_type type)
{
    return type < ARRAY_LENGTH(words) && words[type][0];
}

static bool is_word(const char *const *word, const char *value)
{
    while (*word && !text_equal(*word, value))
        word++;
    return *word;
}

/* "a", "b" or "c" */
static const char *words_text(struct arena *arena, const char *const *word)
{
    const char *text = "";
    for (size_t i = 0; word[i]; i++)
        text = arena_printf(arena, "%s%s\"%s\"", text,
                            !i            ? ""
                            : word[i + 1] ? ", "
                                          : " or ",
                            word[i]);
    return text;
}

static void take_text(struct reader *r, const struct setting *s, struct position at,
                      const char *value, void *place)
{
    struct arena *arena = r->settings->arena;
    if (!value[strspn(value, " \t\r\n")]) {
        diag_error(r->diags, at, "\"%s\" is empty", s->name);
        return;
    }
    if (!text_is_valid_utf8(value, strlen(value))) {
        diag_error(r->diags, at, "\"%s\" is not valid UTF-8", s->name);
        return;
    }
    if (s->type == SETTING_CONNINFO && holds_password(value)) {
        struct diag *d = diag_error(r->diags, at, "\"%s\" holds a password", s->name);
        diag_hint(r->diags, d,
                  "Put it into a file that only its owner may read, and name that: passfile=FILE.");
        return;
    }
    if (s->type == SETTING_LISTEN && !is_local_address(value)) {
        struct diag *d = diag_error(r->diags, at, "\"%s\" cannot be \"%s\"", s->name, value);
        diag_hint(r->diags, d,
                  "Write unix:/run/retentiond/http.sock, 127.0.0.1:PORT or [::1]:PORT: only this "
                  "machine may reach it.");
        return;
    }
    if (s->type == SETTING_WINDOW) {
        struct window *window = place;
        if (window_parse(value, window) && window->from_minute != window->to_minute)
            return;
        diag_hint(r->diags, diag_error(r->diags, at, "\"%s\" cannot be \"%s\"", s->name, value),
                  "Write two times of the day: \"01:00-05:00\", or \"22:00-05:00\" over midnight.");
        return;
    }
    if (s->type == SETTING_PREFIX) {
        size_t good = strspn(value, "abcdefghijklmnopqrstuvwxyz0123456789_");
        if (value[good] || isdigit((unsigned char)*value) || strlen(value) > 40 ||
            text_starts_with(value, "pg_")) {
            struct diag *d = diag_error(r->diags, at, "\"%s\" cannot be \"%s\"", s->name, value);
            diag_hint(
                r->diags, d,
                "Use up to 40 lower-case letters, digits and _, and start with a letter; pg_ is "
                "PostgreSQL's own.");
            return;
        }
    }
    if (has_words(s->type) && !is_word(words[s->type], value)) {
        diag_error(r->diags, at, "\"%s\" must be %s, not \"%s\"", s->name,
                   words_text(arena, words[s->type]), value);
        return;
    }
    bool relative = (s->type == SETTING_FILE || s->type == SETTING_DIRECTORY) && *value != '/';
    *(const char **)place = arena_printf(arena, "%s%s", relative ? r->directory : "", value);
}

static void take_integer(struct reader *r, const struct setting *s, struct position at,
                         int64_t value, void *place)
{
    struct arena *arena = r->settings->arena;
    if (value < s->least || value > s->most)
        refuse_range(r, s, at, arena_printf(arena, "%" PRId64, s->least),
                     arena_printf(arena, "%" PRId64, s->most),
                     arena_printf(arena, "%" PRId64, value));
    else
        *(int64_t *)place = value;
}

static void take_span(struct reader *r, const struct setting *s, struct position at,
                      const char *value, void *place)
{
    struct arena *arena = r->settings->arena;
    const char *reason, *hint;
    struct span span;
    if (!span_parse(arena, value, &span, &reason, &hint)) {
        struct diag *d =
            diag_error(r->diags, at, "\"%s\" is \"%s\", which %s", s->name, value, reason);
        if (hint)
            diag_hint(r->diags, d, "%s", hint);
        return;
    }
    if (s->type == SETTING_PERIOD) {
        if (span_is_certainly_shorter(span, (struct span){.days = (int32_t)s->least}) ||
            span_is_certainly_shorter((struct span){.days = (int32_t)s->most}, span)) {
            refuse_range(r, s, at, days_text(arena, s->least), days_text(arena, s->most), value);
            return;
        }
        *(struct span *)place = span;
        const char **text = (const char **)((char *)place + sizeof(span));
        *text = span_text(arena, span);
        return;
    }
    int64_t ms = span.days * DAYS + span.microseconds / 1000;
    if (span.months || span.microseconds % 1000 || ms < s->least || ms > s->most)
        refuse_range(r, s, at, duration_text(arena, s->least), duration_text(arena, s->most),
                     value);
    else
        *(int64_t *)place = ms;
}

_Static_assert(offsetof(struct settings, log.epoch_text) ==
                       offsetof(struct settings, log.epoch) + sizeof(struct span) &&
                   offsetof(struct settings, holds.grace_text) ==
                       offsetof(struct settings, holds.grace) + sizeof(struct span),
               "take_span writes the text behind the span");

/* The value as text; whoever calls it has checked the type. */
static const char *value_text(struct arena *arena, const config_setting_t *value)
{
    if (type_of(value) == TYPE_INTEGER)
        return arena_printf(arena, "%" PRId64, integer_of(value));
    if (type_of(value) == TYPE_BOOLEAN)
        return config_setting_get_bool(value) ? "true" : "false";
    return config_setting_get_string(value);
}

static void take_value(struct reader *r, const struct setting *s, struct position at,
                       const char *value)
{
    void *place = (char *)r->settings + s->offset;
    switch (s->type) {
    case SETTING_INTEGER:
        take_integer(r, s, at, strtoll(value, NULL, 10), place);
        break;
    case SETTING_BOOLEAN:
        *(bool *)place = strcmp(value, "true") == 0;
        break;
    case SETTING_DURATION:
    case SETTING_PERIOD:
        take_span(r, s, at, value, place);
        break;
    default:
        take_text(r, s, at, value, place);
    }
}

/* ---- the file ---- */

static void take_setting(struct reader *r, const struct setting *s, const config_setting_t *value)
{
    struct position at = {r->settings->file, config_line(value)};
    struct arena *arena = r->settings->arena;
    bool refused = s->available == LATER;
    if (!refused && !type_check(r->diags, r->settings->file, value,
                                arena_printf(arena, "\"%s\"", s->name), value_types(s->type)))
        return;
    if (!refused) {
        take_value(r, s, at, value_text(arena, value));
        return;
    }
    struct diag *d =
        diag_error(r->diags, at, "setting \"%s\" is not available in this version", s->name);
    if (s->default_value)
        diag_hint(r->diags, d, "It may only be %s.", s->default_value);
}

static bool is_group(const char *name)
{
    size_t n = strlen(name);
    for (size_t i = 0; i < SETTING_COUNT; i++)
        if (strncmp(table[i].name, name, n) == 0 && table[i].name[n] == '.')
            return true;
    return false;
}

/* The nearest setting: of the same group first, then by its last part anywhere. */
static void refuse_unknown(struct reader *r, const config_setting_t *setting, const char *name)
{
    const char *names[2 * SETTING_COUNT];
    size_t count = 0;
    struct position at = {r->settings->file, config_line(setting)};
    struct diag *d = diag_error(r->diags, at, "unknown setting \"%s\"", name);
    for (size_t i = 0; i < SETTING_COUNT; i++)
        names[count++] = table[i].name;
    const char *last = strrchr(name, '.');
    last = last ? last + 1 : name;
    for (size_t i = 0; i < SETTING_COUNT; i++) {
        const char *dot = strchr(table[i].name, '.');
        if (strcmp(dot ? dot + 1 : table[i].name, last) == 0) {
            diag_hint(r->diags, d, "Did you mean \"%s\"?", table[i].name);
            return;
        }
    }
    const char *nearest = text_nearest(name, names, count);
    if (!strchr(name, '.') && type_of(setting) == TYPE_GROUP) {
        static const char *const groups[] = {"database", "log",  "pace",      "worker",
                                             "holds",    "http", "deidentify"};
        nearest = text_nearest(name, groups, ARRAY_LENGTH(groups));
    }
    if (nearest)
        diag_hint(r->diags, d, "Did you mean \"%s\"?", nearest);
    else
        diag_hint(r->diags, d, "\"retentionctl config --defaults\" prints every setting.");
}

static void take_member(struct reader *r, const char *group, config_setting_t *setting)
{
    struct arena *arena = r->settings->arena;
    const char *key = config_setting_name(setting);
    const char *name = group ? arena_printf(arena, "%s.%s", group, key) : key;
    for (size_t i = 0; i < SETTING_COUNT; i++)
        if (strcmp(table[i].name, name) == 0) {
            take_setting(r, &table[i], setting);
            return;
        }
    if (group || !is_group(name)) {
        refuse_unknown(r, setting, name);
        return;
    }
    if (!type_check(r->diags, r->settings->file, setting, arena_printf(arena, "\"%s\"", name),
                    TYPE_GROUP))
        return;
    for (int i = 0; i < config_setting_length(setting); i++)
        take_member(r, name, config_setting_get_elem(setting, (unsigned int)i));
}

static void take_defaults(struct reader *r)
{
    for (size_t i = 0; i < SETTING_COUNT; i++)
        if (table[i].default_value && table[i].available != LATER)
            take_value(r, &table[i], (struct position){r->settings->file, 0},
                       table[i].default_value);
}

/* What one setting asks of others. */
static void check_together(struct reader *r)
{
    const struct settings *settings = r->settings;
    struct position at = {settings->file, 0};
    if (settings->log.signing_key && (!settings->log.origin || !settings->log.directory))
        diag_error(r->diags, at, "\"log.signing_key\" needs \"log.%s\"",
                   settings->log.origin ? "directory" : "origin");
    if (settings->log.anchor_max_age_ms > 0 && !settings->log.anchor)
        diag_error(r->diags, at, "\"log.anchor_max_age\" needs \"log.anchor\"");
}

static struct settings *load(const char *file, const char *text, size_t length, struct diags *diags)
{
    struct arena *arena = arena_new();
    struct settings *settings = arena_alloc(arena, sizeof(*settings));
    settings->arena = arena;
    settings->file = arena_strdup(arena, file);
    const char *slash = strrchr(file, '/');
    struct reader r = {settings, diags,
                       slash ? arena_strndup(arena, file, (size_t)(slash - file) + 1) : ""};
    size_t errors = diags->errors;
    config_t config;
    take_defaults(&r);
    if (config_text_parse(&config, settings->file, text, length, diags)) {
        config_setting_t *root = config_root_setting(&config);
        for (int i = 0; i < config_setting_length(root); i++)
            take_member(&r, NULL, config_setting_get_elem(root, (unsigned int)i));
        check_together(&r);
    }
    config_destroy(&config);
    if (diags->errors == errors)
        return settings;
    settings_free(settings);
    return NULL;
}

struct settings *settings_load(const char *path, struct diags *diags)
{
    size_t length;
    char *text _cleanup_free_ = config_file_read(path, &length, diags);
    return text ? load(path, text, length, diags) : NULL;
}

struct settings *settings_load_text(const char *file, const char *text, struct diags *diags)
{
    return load(file, text, strlen(text), diags);
}

void settings_free(struct settings *settings)
{
    if (settings)
        arena_free(settings->arena);
}

/* ---- reloading ---- */

/* 0: a string. A type that is none has to be named here. */
static size_t value_size(enum setting_type type)
{
    switch (type) {
    case SETTING_BOOLEAN:
        return sizeof(bool);
    case SETTING_INTEGER:
    case SETTING_DURATION:
        return sizeof(int64_t);
    case SETTING_PERIOD:
        return sizeof(struct span);
    case SETTING_WINDOW:
        return sizeof(struct window);
    case SETTING_TEXT:
    case SETTING_CONNINFO:
    case SETTING_FILE:
    case SETTING_DIRECTORY:
    case SETTING_PREFIX:
    case SETTING_SIGN_AFTER:
    case SETTING_PACE:
    case SETTING_LISTEN:
        break;
    }
    return 0;
}

static bool windows_are_equal(const struct window *a, const struct window *b)
{
    return a->given == b->given &&
           (!a->given || (a->from_minute == b->from_minute && a->to_minute == b->to_minute));
}

static bool is_equal(const struct setting *s, const struct settings *a, const struct settings *b)
{
    const char *x = (const char *)a + s->offset, *y = (const char *)b + s->offset;
    if (s->available == LATER)
        return true;
    if (s->type == SETTING_PERIOD) /* the text behind it says all, and has no padding */
        return text_equal(*(const char *const *)(x + sizeof(struct span)),
                          *(const char *const *)(y + sizeof(struct span)));
    if (s->type == SETTING_WINDOW)
        return windows_are_equal((const struct window *)x, (const struct window *)y);
    size_t size = value_size(s->type);
    return size ? memcmp(x, y, size) == 0
                : text_equal(*(const char *const *)x, *(const char *const *)y);
}

bool settings_are_equal(const struct settings *a, const struct settings *b)
{
    for (size_t i = 0; i < SETTING_COUNT; i++)
        if (!is_equal(&table[i], a, b))
            return false;
    return true;
}

/* No setting of type SETTING_PERIOD is read at restart only: its text would have to be kept too. */
void settings_keep(struct settings *settings, const struct settings *old,
                   void (*changed)(const char *name, void *arg), void *arg)
{
    for (size_t i = 0; i < SETTING_COUNT; i++) {
        const struct setting *s = &table[i];
        if (s->reload != AT_RESTART || is_equal(s, settings, old))
            continue;
        changed(s->name, arg);
        char *to = (char *)settings + s->offset;
        const char *from = (const char *)old + s->offset;
        size_t size = value_size(s->type);
        const char *text = size ? NULL : *(const char *const *)from;
        if (size)
            memcpy(to, from, size);
        else
            *(const char **)to = text ? arena_strdup(settings->arena, text) : NULL;
    }
}

/* ---- for people ---- */

static const char *as_written(struct arena *arena, enum setting_type type, const char *value)
{
    return value && value_types(type) == TYPE_STRING ? arena_printf(arena, "\"%s\"", value) : value;
}

void settings_describe(void (*each)(const struct setting_info *info, void *arg), void *arg)
{
    for (size_t i = 0; i < SETTING_COUNT; i++) {
        const struct setting *s = &table[i];
        struct arena *arena _cleanup_arena_ = arena_new();
        struct setting_info info = {
            .name = s->name,
            .type = type_names[s->type],
            .default_value = as_written(arena, s->type, s->default_value),
            .reload = s->reload == ON_RELOAD ? "on reload" : "at restart",
            .available = s->available == NOW,
            .help = s->help,
        };
        if (s->most && s->type == SETTING_INTEGER) {
            info.least = arena_printf(arena, "%" PRId64, s->least);
            info.most = arena_printf(arena, "%" PRId64, s->most);
        } else if (s->most && s->type == SETTING_DURATION) {
            info.least = as_written(arena, s->type, duration_text(arena, s->least));
            info.most = as_written(arena, s->type, duration_text(arena, s->most));
        } else if (s->most && s->type == SETTING_PERIOD) {
            info.least = as_written(arena, s->type, days_text(arena, s->least));
            info.most = as_written(arena, s->type, days_text(arena, s->most));
        }
        each(&info, arg);
    }
}

/* Prints help as lines of comments, at most 96 columns wide. */
static void print_comment(FILE *out, const char *indent, const char *help)
{
    enum { WIDTH = 90 };
    while (*help) {
        size_t n = strlen(help);
        if (n > WIDTH)
            for (n = WIDTH; n > 1 && help[n] != ' ';)
                n--;
        fprintf(out, "%s// %.*s\n", indent, (int)n, help);
        help += n + (help[n] == ' ');
    }
}

struct defaults {
    FILE *out;
    char group[32]; /* open, or "" */
};

static void print_default(const struct setting_info *info, void *arg)
{
    struct defaults *d = arg;
    const char *dot = strchr(info->name, '.');
    size_t n = dot ? (size_t)(dot - info->name) : 0;
    if (strlen(d->group) != n || strncmp(d->group, info->name, n) != 0) {
        if (*d->group)
            fputs("};\n", d->out);
        snprintf(d->group, sizeof(d->group), "%.*s", (int)n, info->name);
        fputs("\n", d->out);
        if (*d->group)
            fprintf(d->out, "%s: {\n", d->group);
    }
    const char *indent = dot ? "  " : "", *key = dot ? dot + 1 : info->name;
    print_comment(d->out, indent, info->help);
    fprintf(d->out, "%s// %c%s", indent, toupper((unsigned char)*info->type), info->type + 1);
    if (info->least)
        fprintf(d->out, ", from %s to %s", info->least, info->most);
    fprintf(d->out, "; read %s%s.\n", info->reload,
            info->available ? "" : "; not available in this version");
    if (info->default_value && info->available)
        fprintf(d->out, "%s%s = %s;\n", indent, key, info->default_value);
    else
        fprintf(d->out, "%s// %s = %s;\n", indent, key,
                info->default_value ? info->default_value : "\"\"");
}

void settings_print_defaults(FILE *out)
{
    struct defaults d = {.out = out};
    fputs("// Every setting of retentiond.cfg, with its default. What has none is a comment.\n",
          out);
    settings_describe(print_default, &d);
    if (*d.group)
        fputs("};\n", out);
}

static void print_man(const struct setting_info *info, void *arg)
{
    FILE *out = arg;
    fprintf(out, ".It Va %s\n", info->name);
    fprintf(out, "%c%s", toupper((unsigned char)*info->type), info->type + 1);
    if (info->least)
        fprintf(out, ", from %s to %s", info->least, info->most);
    if (info->default_value)
        fprintf(out, "; default %s", info->default_value);
    fprintf(out, "; %s.\n",
            strcmp(info->reload, "on reload") == 0 ? "a reload is enough" : "needs a restart");
    if (!info->available)
        fputs("Not available in this version.\n", out);
    mdoc_print_text(out, info->help);
}

void settings_print_man(FILE *out)
{
    fputs(".Bl -tag -width Ds\n", out);
    settings_describe(print_man, out);
    fputs(".El\n", out);
}
