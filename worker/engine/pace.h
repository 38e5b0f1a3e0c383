/* Pace: how fast records may go, by what the server feels. A pure controller: the run tells it what
 * a look at the server showed (pressure.h) and what its batches took, and asks how large the next
 * batch should be, how long a connection rests behind one, and whether the run has to wait.
 *
 * What an application feels is how much of the processors we take, and for how long at once. What
 * begins and ends a batch takes as long whatever is between, and most of the time of a short one.
 * So while others work, a batch is a few short statements, and the connection rests between them,
 * before its entry, its commit and behind it; others may wait that long for a row of it, but if
 * they do, batches are of one statement for a while. While nobody works, they are long. Four things
 * make the run wait: the bucket of rows_per_second, standbys that are behind or missing, a limit on
 * write-ahead log, and dead rows that nobody clears away as fast as they come. Standbys and
 * write-ahead log are turned into bytes that may be written until the next look.
 *
 * Autovacuum, as it comes, begins where a fifth of a table is dead. Where half of it is, vacuum has
 * been outrun, and the table grows by what could have been used again. It is waited for no longer
 * than somebody does something about it. */
#ifndef ENGINE_PACE_H
#define ENGINE_PACE_H

#include <stdbool.h>
#include <stdint.h>

struct text;

/* What a preset sets. */
struct pace_preset {
    const char *name, *help;
    double duty, busy_duty;    /* share of the time in which a connection works; while others do */
    int64_t busy_statement_us; /* aim for a statement while others work; 0: as long as it takes */
    int64_t busy_statements;   /* of a batch, at most */
    double busy_connections;   /* the share of them that work */
    int64_t standby_lag_mb, wal_mb_per_second;          /* 0: no limit */
    enum { DEAD_IGNORED, DEAD_TOLD, DEAD_WAITED } dead; /* what too many dead rows come to */
    /* Whether what a run counts may be shared among several processes of the server: as its
     * settings say; only while nobody else is at work; never. */
    enum pace_share { SHARE_ALWAYS, SHARE_ALONE, SHARE_NEVER } share;
};

/* Ends with one without a name. The first is the gentlest. */
extern const struct pace_preset pace_presets[];

struct pace_limits {
    const char *preset;      /* "gentle", "normal", "fast" */
    int64_t rows_per_second; /* 0: not limited */
    int64_t batch_rows;
    bool uncut;                                /* a batch is one statement, whoever works */
    bool planned;                              /* each statement is planned anew */
    int64_t standby_lag_mb, wal_mb_per_second; /* 0: the preset's */
    int64_t standbys;                          /* that must be connected */
    int64_t dead_percent,
        dead_rows; /* too many are more than both; percent of all; 0: nobody asks */
};

/* What a look at the server showed. */
struct pressure {
    int64_t others;  /* sessions other than ours that are in a transaction */
    int64_t blocked; /* of them, those that wait for a lock of ours */
    int64_t standbys;
    int64_t lag_bytes; /* of the standby or slot that is farthest behind; 0: none */
    const char *slowest;
    int64_t wal_bytes; /* ever written */
};

/* What a batch took. */
struct pace_took {
    int64_t rows;    /* that were acted on one by one; none of a leaf that went whole */
    int64_t took_us; /* from its beginning to its end */
    int64_t action_us, statements; /* of it, the server's for the records; 0: not measured */
    int64_t rested_us;             /* between the statements, so that others could work */
};

/* What is known of the table's dead rows. */
struct dead_rows {
    int64_t dead, live;
    bool off;       /* autovacuum will not come for most of them */
    bool vacuuming; /* somebody is at it */
};

enum dead_note {
    DEAD_NOTHING,
    DEAD_MANY,       /* nobody waits for it */
    DEAD_OFF,        /* autovacuum is off: there is nothing to wait for */
    DEAD_NOBODY,     /* nobody came */
    DEAD_NOT_ENOUGH, /* vacuum came, and they were as many */
};

enum pace_cause {
    PACE_FREE,
    PACE_ROWS,            /* rows_per_second */
    PACE_WAL,             /* the limit of write-ahead log */
    PACE_STANDBY_LAG,     /* a standby or slot is too far behind */
    PACE_STANDBY_MISSING, /* fewer standbys are connected than there should be */
    PACE_DEAD_ROWS,       /* vacuum was outrun */
    PACE_CAUSES,
};

struct pace {
    struct pace_preset preset; /* with the limits that were set instead */
    int64_t standbys;
    int64_t rows_per_second; /* 0: not limited */
    int64_t batch_rows;
    bool uncut;
    bool no_rests; /* the server grants none: the same, and nothing measures it */
    bool planned;
    double available; /* records; may be negative */
    int64_t at_us;    /* when `available` was true */

    bool looked;       /* a look has come, which the following is of */
    double busy;       /* how often others were in a transaction, 0 to 1 */
    bool waits_for_us; /* others waited for our locks at the last look */
    int64_t aim_us;    /* of a statement while others work: halved while they wait for our locks */
    double rows_per_us, statement_us; /* of those before; 0: none yet */
    double row_bytes;                 /* write-ahead log of a record, whoever wrote it */
    /* Bytes that may be written until the next look, by the limit of write-ahead log and by what
     * the slowest standby may still lie behind; below zero the run waits. Where there is such a
     * limit. */
    double wal_left, lag_left;
    bool wal_limited, lag_limited;
    double spent_bytes;                       /* taken from both for batches since the last look */
    int64_t wal_bytes, looked_us, rows_since; /* of the last look, and acted on since */
    enum pace_cause stands;                   /* why nothing may be done until the next look */
    int64_t lag_bytes, standbys_seen;
    char slowest[64];

    int64_t dead_percent, dead_rows;
    struct dead_rows dead;                   /* as they were heard of last */
    bool dead_waits;                         /* the run waits for them */
    enum dead_note dead_note;                /* what was told since they are too many */
    int64_t dead_since_us, dead_vacuumed_us; /* since then; when vacuum was last seen at it */

    enum pace_cause waits;                          /* now */
    int64_t waits_since_us, waited_us[PACE_CAUSES]; /* sums by cause */
};

/* The gentler of two presets; NULL: the other. One must be a name. */
const char *pace_gentler(const char *one, const char *other);

void pace_init(struct pace *pace, const struct pace_limits *limits, int64_t now_us);
/* Something was heard of the server. */
void pace_look(struct pace *pace, const struct pressure *pressure, int64_t now_us);
bool pace_wants_dead(const struct pace *pace);
/* So many rows are dead. True: pace_describe_dead is to be told. */
bool pace_dead(struct pace *pace, const struct dead_rows *dead, int64_t now_us);
/* What there is to be told, and to be done, of a table's. */
void pace_describe_dead(const struct pace *pace, const char *table, struct text *out);
/* A batch is over. How long its connection should rest. */
int64_t pace_spend(struct pace *pace, const struct pace_took *took, int64_t now_us);
/* Microseconds until the next batch may start; 0: now; -1: not before the next look. */
int64_t pace_wait_us(struct pace *pace, int64_t now_us);
/* The most records that one batch, or one statement of it, should act on. */
int64_t pace_batch_rows(const struct pace *pace);
int64_t pace_statement_rows(const struct pace *pace);
/* How many statements a batch has, and how long the connection rests between them. */
int64_t pace_statements(const struct pace *pace);
int64_t pace_rest_us(const struct pace *pace);
/* How many of so many connections may work. */
int64_t pace_connections(const struct pace *pace, int64_t connections);
bool pace_is_busy(const struct pace *pace);
/* Others work, and statements are to be short for them. */
bool pace_is_paced(const struct pace *pace);
/* Whether anything hangs on looks: else none is needed. */
bool pace_wants_looks(const struct pace *pace);
/* The cause in words; nothing for PACE_FREE and PACE_ROWS, which nobody has to be told of. */
void pace_describe(const struct pace *pace, enum pace_cause cause, struct text *out);

#endif
