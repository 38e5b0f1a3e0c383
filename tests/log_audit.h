/* Holds the deletion log against keys that are known from elsewhere: by key, both ways. */
#ifndef TESTS_LOG_AUDIT_H
#define TESTS_LOG_AUDIT_H

#include <libpq-fe.h>
#include <stdint.h>

#include "base/text.h"

/* For one relation, as policies name it: every batch entry is read and must be well formed; its
 * refs must be sorted, as many as its rows, and have its root. Then the digest of every record that
 * `gone_sql` returns (its key columns, in the text form of the pinned settings) is made anew, with
 * the epoch keys unwrapped by the key of `kek_file`: each must stand in the log exactly once, and
 * nothing else may stand there. What is wrong is told in `report`, a line each (only the first
 * few); returns the number of rows in the log. */
int64_t log_audit(PGconn *conn, const char *kek_file, const char *relation, size_t key_columns,
                  const char *gone_sql, struct text *report);

/* The runs of the log against themselves: one `plan` each, one `done` for each that is over, whose
 * totals are those of its batches; every missing number is an anomaly. Appends what is wrong. */
void log_audit_runs(PGconn *conn, struct text *report);

#endif
