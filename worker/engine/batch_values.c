/* Values that the worker itself makes new ones of (transformation "hmac"): read when the records
 * are locked and judged, digested here, and bound to the statement that changes the records, as a
 * map from old to new. A row whose value is not in the map is not changed: it is not the one that
 * was read. The key never leaves this process, and values go nowhere but back. */
#include <assert.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/fault.h"
#include "engine/batch_internal.h"
#include "engine/binary.h"
#include "engine/epochs.h"
#include "ledger/pseudonym.h"
#include "policy/transform.h"

_Static_assert((int)PSEUDONYM_LENGTH == (int)TRANSFORM_DIGEST_LENGTH, "as columns are checked for");

static void take_value(struct batch *batch, struct made_values *made, const char *domain,
                       const char *value, size_t length)
{
    char digest[PSEUDONYM_LENGTH + 1], *text = arena_strndup(batch->arena, value, length);
    pseudonym_make(batch->run->worker->epochs->hmac_key, domain, text, digest);
    const char *next = made->old.length ? "," : "{";
    text_add(&made->old, next);
    text_add(&made->new, next);
    array_literal_add(&made->old, text, length);
    array_literal_add(&made->new, digest, PSEUDONYM_LENGTH);
    /* what is done is done: a digest's digest is itself */
    text_add_char(&made->old, ',');
    text_add_char(&made->new, ',');
    array_literal_add(&made->old, digest, PSEUDONYM_LENGTH);
    array_literal_add(&made->new, digest, PSEUDONYM_LENGTH);
    OPENSSL_cleanse(text, length);
}

static void close_literal(struct text *text)
{
    text_add(text, text->length ? "}" : "{}");
}

bool batch_take_values(struct batch *batch, const PGresult *result, struct error *error)
{
    const struct sql_leaf *sql = batch->sql;
    if (PQntuples(result) != 1 || PQnfields(result) != (int)sql->hashed_count)
        return error_set(error, ERROR_FAILED, "unexpected answer of the server: values");
    batch_forget_values(batch);
    batch->made = xcalloc(sql->hashed_count, sizeof(*batch->made));
    batch->made_count = sql->hashed_count;
    for (size_t i = 0; i < sql->hashed_count; i++) {
        struct array_reader reader;
        if (!array_open(&reader, result, 0, (int)i))
            return error_set(error, ERROR_FAILED, "unexpected answer of the server: values");
        while (reader.left > 0) {
            const char *value;
            size_t length;
            if (!array_next(&reader, &value, &length) || !value)
                return error_set(error, ERROR_FAILED, "unexpected answer of the server: values");
            take_value(batch, &batch->made[i], sql->hashed[i]->domain, value, length);
        }
        close_literal(&batch->made[i].old);
        close_literal(&batch->made[i].new);
    }
    return true;
}

void batch_forget_values(struct batch *batch)
{
    for (size_t i = 0; i < batch->made_count; i++) {
        if (batch->made[i].old.data)
            OPENSSL_cleanse(batch->made[i].old.data, batch->made[i].old.length);
        text_free(&batch->made[i].old);
        text_free(&batch->made[i].new);
    }
    free(batch->made);
    batch->made = NULL;
    batch->made_count = 0;
}

void batch_values_read(struct batch *batch)
{
    if (FAULT_POINT("batch_values_read")) {
        batch_end_with_error(batch, "fault point");
        return;
    }
    batch_rows_judged(batch);
}
