/* Nothing here shares code with what wrote the log but worker/ledger: entry.h reads only what it
 * would write, digest.h is tested with vectors that were made independently. */
#include "log_audit.h"

#include <arpa/inet.h>
#include <check.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/encode.h"
#include "base/error.h"
#include "ledger/digest.h"
#include "ledger/entry.h"
#include "ledger/epoch.h"

enum { MOST_KEY_COLUMNS = 8, MOST_EPOCHS = 64, MOST_COMPLAINTS = 20 };

struct logged {
    uint8_t ref[DIGEST_SIZE];
    bool seen;
};

struct audit {
    const char *relation;
    struct logged *refs; /* all of the relation's, sorted once they are all there */
    size_t count, capacity;
    struct digester *digesters[MOST_EPOCHS]; /* one an epoch */
    size_t epoch_count;
    int64_t rows;
    int complaints;
    struct text *report;
};

static void complain(struct audit *audit, const char *format, ...) _printf_(2, 3);

static void complain(struct audit *audit, const char *format, ...)
{
    if (audit->complaints++ >= MOST_COMPLAINTS)
        return;
    va_list args;
    va_start(args, format);
    text_printf(audit->report, "%s: ", audit->relation);
    text_vprintf(audit->report, format, args);
    text_add_char(audit->report, '\n');
    va_end(args);
}

static PGresult *ask(PGconn *conn, const char *sql, int count, const char *const *values)
{
    PGresult *result = PQexecParams(conn, sql, count, NULL, values, NULL, NULL, 1);
    ck_assert_msg(PQresultStatus(result) == PGRES_TUPLES_OK, "%s\nin: %s", PQerrorMessage(conn),
                  sql);
    return result;
}

static int64_t binary_bigint(const PGresult *result, int row, int column)
{
    uint32_t words[2];
    ck_assert_int_eq(PQgetlength(result, row, column), 8);
    memcpy(words, PQgetvalue(result, row, column), 8);
    return (int64_t)((uint64_t)ntohl(words[0]) << 32 | ntohl(words[1]));
}

static void make_digesters(struct audit *audit, PGconn *conn, const char *kek_file, size_t columns)
{
    struct error error _cleanup_error_ = {0};
    uint8_t kek[32], key[EPOCH_KEY_SIZE];
    ck_assert_msg(epoch_kek_load(kek_file, kek, &error), "%s", error.primary);
    PGresult *result = ask(conn, "SELECT epoch, wrapped FROM retention.epoch_key", 0, NULL);
    ck_assert_int_le(PQntuples(result), MOST_EPOCHS);
    for (int i = 0; i < PQntuples(result); i++) {
        ck_assert_int_eq(PQgetlength(result, i, 1), EPOCH_WRAPPED_SIZE);
        ck_assert_msg(epoch_unwrap(kek, (uint64_t)binary_bigint(result, i, 0),
                                   (const uint8_t *)PQgetvalue(result, i, 1), key, &error),
                      "%s", error.primary);
        audit->digesters[audit->epoch_count++] = digester_new(key, audit->relation, columns);
    }
    PQclear(result);
}

static void add_refs(struct audit *audit, const uint8_t (*refs)[DIGEST_SIZE], size_t count)
{
    while (audit->count + count > audit->capacity) {
        audit->capacity = audit->capacity ? audit->capacity * 2 : 4096;
        audit->refs = realloc(audit->refs, audit->capacity * sizeof(*audit->refs));
        ck_assert_ptr_nonnull(audit->refs);
    }
    for (size_t i = 0; i < count; i++) {
        memcpy(audit->refs[audit->count].ref, refs[i], DIGEST_SIZE);
        audit->refs[audit->count++].seen = false;
    }
}

/* One batch entry and its refs. */
static void read_batch(struct audit *audit, const PGresult *result, int row)
{
    static struct entry entry;
    struct error error _cleanup_error_ = {0};
    int64_t seq = binary_bigint(result, row, 1);
    const char *text = PQgetvalue(result, row, 4);
    if (!entry_read(&entry, text, (size_t)PQgetlength(result, row, 4), &error)) {
        complain(audit, "an entry with seq %lld cannot be read: %s", (long long)seq, error.primary);
        return;
    }
    const char *rows_text = entry_value(&entry, "rows"), *records = entry_value(&entry, "records");
    const uint8_t(*refs)[DIGEST_SIZE] = (const uint8_t(*)[DIGEST_SIZE])PQgetvalue(result, row, 5);
    size_t rows = (size_t)strtoull(rows_text ? rows_text : "0", NULL, 10);
    size_t count = (size_t)PQgetlength(result, row, 5) / DIGEST_SIZE;
    uint8_t root[DIGEST_SIZE];
    char root_text[2 * DIGEST_SIZE + 1];
    if (strcmp(entry.type_name, "batch") != 0 || !records ||
        !text_equal(entry_value(&entry, "relation"), audit->relation) ||
        strtoll(entry_value(&entry, "seq"), NULL, 10) != seq ||
        (int64_t)rows != binary_bigint(result, row, 3))
        complain(audit, "the entry with seq %lld differs from its row", (long long)seq);
    audit->rows += (int64_t)rows;
    if (PQgetisnull(result, row, 5) || count != rows ||
        (size_t)PQgetlength(result, row, 5) % DIGEST_SIZE) {
        complain(audit, "seq %lld: %zu rows and %zu refs", (long long)seq, rows, count);
        return;
    }
    for (size_t i = 1; i < count; i++)
        if (memcmp(refs[i - 1], refs[i], DIGEST_SIZE) >= 0) {
            complain(audit, "seq %lld: its refs are not in order", (long long)seq);
            break;
        }
    digest_records_root(refs, count, root);
    hex_encode(root_text, root, DIGEST_SIZE);
    if (records && strcmp(records, root_text) != 0)
        complain(audit, "seq %lld: the root of its refs is another", (long long)seq);
    add_refs(audit, refs, count);
}

static int compare_logged(const void *a, const void *b)
{
    return memcmp(((const struct logged *)a)->ref, ((const struct logged *)b)->ref, DIGEST_SIZE);
}

static void read_batches(struct audit *audit, PGconn *conn)
{
    PGresult *result =
        ask(conn,
            "SELECT e.run, e.seq, e.at, e.rows, e.entry, r.refs FROM retention.log_entry e"
            " LEFT JOIN retention.log_records r USING (run, seq)"
            " WHERE e.type = 'batch' AND e.relation = $1 ORDER BY e.id",
            1, &audit->relation);
    for (int i = 0; i < PQntuples(result); i++)
        read_batch(audit, result, i);
    PQclear(result);
    if (audit->count)
        qsort(audit->refs, audit->count, sizeof(*audit->refs), compare_logged);
    for (size_t i = 1; i < audit->count; i++)
        if (compare_logged(&audit->refs[i - 1], &audit->refs[i]) == 0)
            complain(audit, "one ref stands in the log twice");
}

/* The record's digest under the epoch that has it; only one does. */
static void find_record(struct audit *audit, const char *const *values, const size_t *lengths)
{
    struct logged wanted, *found = NULL;
    for (size_t e = 0; e < audit->epoch_count && !found; e++) {
        digester_ref(audit->digesters[e], values, lengths, wanted.ref);
        found = audit->count ? bsearch(&wanted, audit->refs, audit->count, sizeof(*audit->refs),
                                       compare_logged)
                             : NULL;
    }
    if (!found)
        complain(audit, "the record with key %.*s is gone, and its digest is not in the log",
                 (int)lengths[0], values[0]);
    else if (found->seen)
        complain(audit, "the digest of key %.*s belongs to two records", (int)lengths[0],
                 values[0]);
    else
        found->seen = true;
}

static void read_gone(struct audit *audit, PGconn *conn, size_t columns, const char *gone_sql)
{
    PGresult *result = ask(conn, gone_sql, 0, NULL);
    ck_assert_int_eq(PQnfields(result), (int)columns);
    for (int i = 0; i < PQntuples(result); i++) {
        const char *values[MOST_KEY_COLUMNS];
        size_t lengths[MOST_KEY_COLUMNS];
        for (size_t c = 0; c < columns; c++) {
            values[c] = PQgetvalue(result, i, (int)c);
            lengths[c] = (size_t)PQgetlength(result, i, (int)c);
        }
        find_record(audit, values, lengths);
    }
    if (PQntuples(result) != audit->rows)
        complain(audit, "%d records are gone, the log tells of %lld", PQntuples(result),
                 (long long)audit->rows);
    PQclear(result);
}

int64_t log_audit(PGconn *conn, const char *kek_file, const char *relation, size_t key_columns,
                  const char *gone_sql, struct text *report)
{
    struct audit audit = {.relation = relation, .report = report};
    size_t unknown = 0;
    ck_assert_uint_le(key_columns, MOST_KEY_COLUMNS);
    make_digesters(&audit, conn, kek_file, key_columns);
    read_batches(&audit, conn);
    read_gone(&audit, conn, key_columns, gone_sql);
    for (size_t i = 0; i < audit.count; i++)
        unknown += !audit.refs[i].seen;
    if (unknown)
        complain(&audit, "%zu digests in the log are of no record that is gone", unknown);
    if (audit.complaints > MOST_COMPLAINTS)
        text_printf(report, "%s: ... and %d more\n", relation, audit.complaints - MOST_COMPLAINTS);
    for (size_t e = 0; e < audit.epoch_count; e++)
        digester_free(audit.digesters[e]);
    free(audit.refs);
    return audit.rows;
}

void log_audit_runs(PGconn *conn, struct text *report)
{
    /* The entries' own lines, not the columns beside them. */
    static const char sql[] =
        "WITH line AS MATERIALIZED (SELECT e.type, e.run, e.seq, e.rows, e.run_ref,"
        " replace(coalesce(e.run, e.run_ref)::text, '-', '') AS id,"
        " substring(e.entry FROM '\\nbatches ([0-9]+)\\n')::bigint AS batches,"
        " substring(e.entry FROM '\\nrows ([0-9]+)\\n')::bigint AS total,"
        " substring(e.entry FROM '\\nseq ([0-9]+)\\n')::bigint AS missing,"
        " substring(e.entry FROM '\\nrun ([0-9a-f]{32})\\n') AS told,"
        " substring(e.entry FROM '\\ncode ([a-z]+)\\n') AS code FROM retention.log_entry e),"
        " told AS (SELECT l.run_ref, count(*) FILTER (WHERE l.type = 'plan') AS plans,"
        "  count(*) FILTER (WHERE l.type = 'done') AS dones,"
        "  max(l.batches) FILTER (WHERE l.type = 'done') AS db,"
        "  max(l.total) FILTER (WHERE l.type = 'done') AS dr,"
        "  count(*) FILTER (WHERE l.type = 'anomaly' AND l.code <> 'gap') AS others"
        "  FROM line l WHERE l.run_ref IS NOT NULL GROUP BY l.run_ref),"
        " batch AS (SELECT l.run, count(*) AS lb, coalesce(sum(l.rows), 0) AS lr, max(l.seq) AS top"
        "  FROM line l WHERE l.type = 'batch' GROUP BY l.run),"
        " hole AS (SELECT h.run, count(*) AS holes FROM (SELECT b.run, n AS seq FROM batch b,"
        "   generate_series(0, b.top) n EXCEPT SELECT l.run, l.seq FROM line l EXCEPT"
        "   SELECT l.run_ref, l.missing FROM line l WHERE l.type = 'anomaly' AND l.code = 'gap') h"
        "  GROUP BY h.run),"
        " one AS (SELECT r.run, r.status, r.batches, r.rows, coalesce(t.plans, 0) AS plans,"
        "  coalesce(t.dones, 0) AS dones, t.db, t.dr, coalesce(b.lb, 0) AS lb,"
        "  coalesce(b.lr, 0) AS lr, coalesce(h.holes, 0) AS holes, coalesce(t.others, 0) AS others"
        "  FROM retention.run r LEFT JOIN told t ON t.run_ref = r.run"
        "  LEFT JOIN batch b USING (run) LEFT JOIN hole h USING (run))"
        " SELECT format('run %s (%s): plans %s, dones %s, done says %s batches of %s rows, the log"
        " has %s of %s, the run %s of %s, %s holes, %s other anomalies', run, status, plans, dones,"
        " db, dr, lb, lr, batches, rows, holes, others) FROM one"
        " WHERE plans <> 1 OR dones <> (status <> 'running')::int OR holes > 0 OR others > 0"
        "  OR (status <> 'running' AND (db <> lb OR dr <> lr OR batches <> lb OR rows <> lr))"
        " UNION ALL SELECT 'an entry tells of another run than its row' FROM line"
        "  WHERE told IS DISTINCT FROM id"
        " UNION ALL SELECT format('run %s, seq %s: twice', run, seq) FROM line"
        "  WHERE type = 'batch' GROUP BY run, seq HAVING count(*) > 1";
    PGresult *result = ask(conn, sql, 0, NULL);
    for (int i = 0; i < PQntuples(result) && i < MOST_COMPLAINTS; i++)
        text_printf(report, "%s\n", PQgetvalue(result, i, 0));
    PQclear(result);
}
