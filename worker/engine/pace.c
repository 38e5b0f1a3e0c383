#include "engine/pace.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

/* A statement of fewer records does not get shorter: what begins and ends it takes the time. */
enum { LEAST_ROWS = 200, LEAST_AIM_US = 300 };

/* Where each statement is planned anew they are so many times as long, and as many fewer. */
enum { PLANNED = 3 };

/* As long as nobody knows better. */
#define USUAL_ROW_BYTES 300.0
#define MB              (1024.0 * 1024.0)

/* Write-ahead log beyond its limit is made up for in so much time, at most. */
#define DEBT_SECONDS 10.0

/* Others count as at work where every tenth look finds one of them in a transaction. Most looks
 * miss transactions that are short, however many there are: one look that finds somebody weighs as
 * much as five that do not. */
#define BUSY        0.1
#define BUSY_RISES  0.2 /* the weight of the newest look, where it finds somebody */
#define BUSY_FALLS  0.04
#define RATE_WEIGHT 0.2 /* of the newest batch */

/* Dead rows are waited for as long as somebody came in this time, and that long in all: what a
 * transaction that never ends still sees, no vacuum clears away. */
#define VACUUM_COMES_US INT64_C(600000000)
#define DEAD_MOST_US    INT64_C(3600000000)

const struct pace_preset pace_presets[] = {
    {.name = "gentle",
     .help = "connections work half of the time; while others do, half of them an eighth of it",
     .duty = 0.5,
     .busy_duty = 0.125,
     .busy_statement_us = 1000,
     .busy_statements = 12,
     .busy_connections = 0.5,
     .standby_lag_mb = 16,
     .wal_mb_per_second = 16,
     .dead = DEAD_WAITED,
     .share = SHARE_NEVER},
    {.name = "normal",
     .help = "connections work all of the time; while others do, half of them a fifth of it",
     .duty = 1,
     .busy_duty = 0.2,
     .busy_statement_us = 1000,
     .busy_statements = 12,
     .busy_connections = 0.5,
     .standby_lag_mb = 64,
     .dead = DEAD_TOLD,
     .share = SHARE_ALONE},
    {.name = "fast", .help = "as fast as it goes, whatever others do", .duty = 1, .busy_duty = 1},
    {0},
};

const char *pace_gentler(const char *one, const char *other)
{
    if (!one || !other)
        return one ? one : other;
    for (const struct pace_preset *p = pace_presets; p->name; p++)
        if (text_equal(p->name, one) || text_equal(p->name, other))
            return p->name;
    return one;
}

/* Planning takes a statement as long however short it is: those that are planned anew each time
 * have more to do. */
static int64_t longest_us(const struct pace *pace)
{
    return pace->preset.busy_statement_us *
           (pace->uncut || pace->no_rests || pace->planned ? PLANNED : 1);
}

void pace_init(struct pace *pace, const struct pace_limits *limits, int64_t now_us)
{
    const struct pace_preset *preset = pace_presets;
    while (preset[1].name && !text_equal(preset->name, limits->preset))
        preset++;
    *pace = (struct pace){
        .preset = *preset,
        .standbys = limits->standbys,
        .rows_per_second = limits->rows_per_second,
        .batch_rows = limits->batch_rows,
        .uncut = limits->uncut,
        .planned = limits->planned,
        .available = (double)limits->rows_per_second,
        .at_us = now_us,
        .row_bytes = USUAL_ROW_BYTES,
        .waits_since_us = now_us,
        .dead_percent = limits->dead_percent,
        .dead_rows = limits->dead_rows,
    };
    pace->aim_us = longest_us(pace);
    if (limits->standby_lag_mb)
        pace->preset.standby_lag_mb = limits->standby_lag_mb;
    if (limits->wal_mb_per_second)
        pace->preset.wal_mb_per_second = limits->wal_mb_per_second;
}

static void refill(struct pace *pace, int64_t now_us)
{
    double rate = (double)pace->rows_per_second;
    pace->available += (double)(now_us - pace->at_us) / 1e6 * rate;
    if (pace->available > rate)
        pace->available = rate;
    pace->at_us = now_us;
}

bool pace_is_busy(const struct pace *pace)
{
    return pace->busy >= BUSY || pace->waits_for_us;
}

bool pace_is_paced(const struct pace *pace)
{
    return pace->preset.busy_statement_us && pace_is_busy(pace);
}

bool pace_wants_looks(const struct pace *pace)
{
    const struct pace_preset *preset = &pace->preset;
    return preset->busy_statement_us || preset->standby_lag_mb || preset->wal_mb_per_second ||
           pace->standbys;
}

static double average(double old, double new, double weight)
{
    return old + (new - old) * weight;
}

/* How long statements are while others work: half as long at each look that finds others waiting
 * for our locks, and longer again, slowly. */
static void adapt_aim(struct pace *pace)
{
    int64_t most = longest_us(pace);
    if (pace->waits_for_us)
        pace->aim_us /= 2;
    else
        pace->aim_us += most / 20;
    if (pace->aim_us < LEAST_AIM_US)
        pace->aim_us = LEAST_AIM_US;
    if (pace->aim_us > most)
        pace->aim_us = most;
}

/* What the limit allows in the time that went by. What was written beyond it is waited for, whoever
 * wrote it, but not for ever: others do not write less when a run waits. */
static void allow_wal(struct pace *pace, const struct pressure *pressure, int64_t now_us)
{
    double rate = (double)pace->preset.wal_mb_per_second * MB;
    double seconds = (double)(now_us - pace->looked_us) / 1e6;
    double written = (double)(pressure->wal_bytes - pace->wal_bytes);
    pace->wal_limited = rate > 0;
    /* what batches have spent meanwhile is part of what was written */
    pace->wal_left =
        pace->looked ? pace->wal_left + pace->spent_bytes + rate * seconds - written : rate / 4;
    if (pace->wal_left > rate / 2)
        pace->wal_left = rate / 2;
    if (pace->wal_left < -rate * DEBT_SECONDS)
        pace->wal_left = -rate * DEBT_SECONDS;
}

/* So much that no standby can come to lie behind farther than it may. */
static void allow_lag(struct pace *pace, const struct pressure *pressure)
{
    int64_t most = pace->preset.standby_lag_mb;
    pace->lag_limited = most && (pressure->lag_bytes > 0 || pressure->standbys > 0);
    pace->lag_left = (double)most * MB / 2 - (double)pressure->lag_bytes;
}

void pace_look(struct pace *pace, const struct pressure *pressure, int64_t now_us)
{
    const struct pace_preset *preset = &pace->preset;
    double seen = pressure->others > 0 ? 1 : 0;
    pace->busy =
        pace->looked ? average(pace->busy, seen, seen > 0 ? BUSY_RISES : BUSY_FALLS) : seen;
    pace->waits_for_us = pressure->blocked > 0;
    if (preset->busy_statement_us)
        adapt_aim(pace);
    if (pace->looked && pace->rows_since > 1000) {
        double bytes = (double)(pressure->wal_bytes - pace->wal_bytes) / (double)pace->rows_since;
        pace->row_bytes = average(pace->row_bytes, bytes, 0.5);
    }
    allow_wal(pace, pressure, now_us);
    allow_lag(pace, pressure);
    pace->lag_bytes = pressure->lag_bytes;
    pace->standbys_seen = pressure->standbys;
    snprintf(pace->slowest, sizeof(pace->slowest), "%s",
             pressure->slowest ? pressure->slowest : "");
    pace->stands = PACE_FREE;
    if (pressure->standbys < pace->standbys)
        pace->stands = PACE_STANDBY_MISSING;
    else if (preset->standby_lag_mb &&
             (double)pressure->lag_bytes > (double)preset->standby_lag_mb * MB / 2)
        pace->stands = PACE_STANDBY_LAG;
    else if (pace->dead_waits)
        pace->stands = PACE_DEAD_ROWS;
    pace->wal_bytes = pressure->wal_bytes;
    pace->looked_us = now_us;
    pace->rows_since = 0;
    pace->spent_bytes = 0;
    pace->looked = true;
}

bool pace_wants_dead(const struct pace *pace)
{
    return pace->preset.dead != DEAD_IGNORED && pace->dead_percent > 0;
}

static bool are_too_many(const struct pace *pace)
{
    double dead = (double)pace->dead.dead, all = dead + (double)pace->dead.live;
    return pace_wants_dead(pace) && dead >= (double)pace->dead_rows &&
           dead * 100 > all * (double)pace->dead_percent;
}

/* Why they are not waited for, or not any longer. */
static enum dead_note gives_up(const struct pace *pace, int64_t now_us)
{
    if (pace->preset.dead == DEAD_TOLD)
        return DEAD_MANY;
    if (pace->dead.off && !pace->dead.vacuuming)
        return DEAD_OFF;
    if (now_us - pace->dead_since_us > DEAD_MOST_US)
        return DEAD_NOT_ENOUGH;
    if (now_us - pace->dead_vacuumed_us > VACUUM_COMES_US)
        return pace->dead_vacuumed_us > pace->dead_since_us ? DEAD_NOT_ENOUGH : DEAD_NOBODY;
    return DEAD_NOTHING;
}

bool pace_dead(struct pace *pace, const struct dead_rows *dead, int64_t now_us)
{
    pace->dead = *dead;
    if (!are_too_many(pace)) {
        pace->dead_waits = false;
        pace->dead_since_us = 0;
        if (pace->preset.dead == DEAD_WAITED)
            pace->dead_note = DEAD_NOTHING; /* else once is enough */
        return false;
    }
    if (!pace->dead_since_us)
        pace->dead_since_us = pace->dead_vacuumed_us = now_us;
    if (dead->vacuuming)
        pace->dead_vacuumed_us = now_us;
    if (pace->dead_note)
        return false; /* it was told, and goes on */
    pace->dead_note = gives_up(pace, now_us);
    pace->dead_waits = !pace->dead_note;
    return pace->dead_note != DEAD_NOTHING;
}

static void add_dead(const struct pace *pace, struct text *out)
{
    char dead[32], all[32];
    text_printf(out, "%s of %s rows", text_thousands(dead, pace->dead.dead),
                text_thousands(all, pace->dead.dead + pace->dead.live));
}

void pace_describe_dead(const struct pace *pace, const char *table, struct text *out)
{
    static const char *const why[] = {
        [DEAD_NOTHING] = "",
        [DEAD_MANY] = "vacuum does not keep up",
        [DEAD_OFF] = "autovacuum is off for it",
        [DEAD_NOBODY] = "nothing vacuums it",
        [DEAD_NOT_ENOUGH] = ("vacuum could not clear them away, as where a transaction or a "
                             "replication slot is very old"),
    };
    add_dead(pace, out);
    text_printf(out, " of %s are dead, and %s; the run goes on; to clear them away, run: VACUUM %s",
                table, why[pace->dead_note], table);
}

/* Of so long a work. */
static int64_t rest_for(const struct pace *pace, int64_t work_us)
{
    double duty = pace_is_busy(pace) ? pace->preset.busy_duty : pace->preset.duty;
    return (int64_t)((double)work_us * (1 - duty) / duty);
}

static double average_of_some(double old, double new, double weight)
{
    return old > 0 ? average(old, new, weight) : new;
}

int64_t pace_spend(struct pace *pace, const struct pace_took *took, int64_t now_us)
{
    int64_t rows = took->rows;
    double bytes = pace->row_bytes * (double)rows;
    pace->rows_since += rows;
    pace->spent_bytes += bytes;
    pace->wal_left -= bytes;
    pace->lag_left -= bytes;
    if (pace->rows_per_second) {
        refill(pace, now_us);
        pace->available -= (double)rows;
    }
    int64_t work_us = took->took_us - took->rested_us;
    int64_t action_us = took->action_us > 0 ? took->action_us : work_us;
    if (rows > 0 && action_us > 0)
        pace->rows_per_us =
            average_of_some(pace->rows_per_us, (double)rows / (double)action_us, RATE_WEIGHT);
    if (took->action_us > 0 && took->statements > 0)
        pace->statement_us = average_of_some(
            pace->statement_us, (double)took->action_us / (double)took->statements, RATE_WEIGHT);
    int64_t rest = rest_for(pace, work_us) - took->rested_us;
    return rest > 0 ? rest : 0;
}

static void set_waits(struct pace *pace, enum pace_cause cause, int64_t now_us)
{
    pace->waited_us[pace->waits] += now_us - pace->waits_since_us;
    pace->waits_since_us = now_us;
    pace->waits = cause;
}

int64_t pace_wait_us(struct pace *pace, int64_t now_us)
{
    enum pace_cause cause = pace->stands;
    int64_t wait_us = cause == PACE_FREE ? 0 : -1;
    if (cause == PACE_FREE && pace->lag_limited && pace->lag_left < 0)
        cause = PACE_STANDBY_LAG;
    else if (cause == PACE_FREE && pace->wal_limited && pace->wal_left < 0)
        cause = PACE_WAL;
    if (cause != PACE_FREE)
        wait_us = -1;
    if (cause == PACE_FREE && pace->rows_per_second) {
        refill(pace, now_us);
        if (pace->available <= 0) {
            cause = PACE_ROWS;
            wait_us = (int64_t)(-pace->available / (double)pace->rows_per_second * 1e6) + 1000;
        }
    }
    set_waits(pace, cause, now_us);
    return wait_us;
}

/* Never more than rows_per_second allows in one: the batch would take longer. */
static int64_t most_rows(const struct pace *pace)
{
    int64_t most = pace->batch_rows;
    return pace->rows_per_second && pace->rows_per_second < most ? pace->rows_per_second : most;
}

int64_t pace_statement_rows(const struct pace *pace)
{
    int64_t most = most_rows(pace);
    if (!pace_is_paced(pace))
        return most;
    int64_t rows = (int64_t)(pace->rows_per_us * (double)pace->aim_us);
    if (rows < LEAST_ROWS)
        rows = LEAST_ROWS;
    return rows < most ? rows : most;
}

int64_t pace_statements(const struct pace *pace)
{
    const struct pace_preset *preset = &pace->preset;
    if (!pace_is_paced(pace) || pace->uncut || pace->no_rests || pace->aim_us < longest_us(pace))
        return 1;
    int64_t most = preset->busy_statements / (pace->planned ? PLANNED : 1),
            fit = most_rows(pace) / pace_statement_rows(pace);
    if (pace->statement_us > 0) { /* even the fewest rows may take long */
        double in_time = (double)(most * longest_us(pace)) / pace->statement_us;
        fit = in_time < (double)fit ? (int64_t)in_time : fit;
    }
    fit = fit < most ? fit : most;
    return fit > 1 ? fit : 1;
}

int64_t pace_batch_rows(const struct pace *pace)
{
    return pace_statements(pace) * pace_statement_rows(pace);
}

int64_t pace_rest_us(const struct pace *pace)
{
    return rest_for(pace, pace->statement_us > 0 ? (int64_t)pace->statement_us : pace->aim_us);
}

int64_t pace_connections(const struct pace *pace, int64_t connections)
{
    double share = pace->preset.busy_connections;
    if (!pace_is_busy(pace) || share <= 0)
        return connections;
    int64_t some = (int64_t)((double)connections * share);
    return some > 0 ? some : 1;
}

void pace_describe(const struct pace *pace, enum pace_cause cause, struct text *out)
{
    switch (cause) {
    case PACE_STANDBY_LAG:
        text_printf(out,
                    "standby or slot \"%s\" is %" PRId64
                    " MB behind; batches begin at half of the %" PRId64 " that pace allows",
                    pace->slowest, (int64_t)((double)pace->lag_bytes / MB),
                    pace->preset.standby_lag_mb);
        break;
    case PACE_STANDBY_MISSING:
        text_printf(out,
                    "%" PRId64 " of %" PRId64
                    " standbys are connected; those without a replication slot "
                    "are seen by members of pg_read_all_stats alone",
                    pace->standbys_seen, pace->standbys);
        break;
    case PACE_WAL:
        text_printf(out, "write-ahead log grows by more than %" PRId64 " MB a second",
                    pace->preset.wal_mb_per_second);
        break;
    case PACE_DEAD_ROWS:
        add_dead(pace, out);
        text_add(out, " of the table are dead; batches begin again once it was vacuumed");
        break;
    case PACE_FREE:
    case PACE_ROWS:
    case PACE_CAUSES:
        break;
    }
}
