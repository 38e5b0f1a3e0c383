/* Log entries, version 1: text in, text out, byte for byte (LOG-FORMAT: "Entry, version 1").
 *
 * A table describes every type: its fields in order, and what each may hold. Writer, reader and
 * tests use the same table. No database, no event loop. */
#ifndef LEDGER_ENTRY_H
#define LEDGER_ENTRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct error;
struct text;

enum { ENTRY_MOST_BYTES = 4096, ENTRY_MOST_FIELDS = 20 };

enum entry_field_type {
    FIELD_NAME,   /* percent-encoded outside [A-Za-z0-9_.-], or "*" */
    FIELD_NUMBER, /* decimal, no leading zero */
    FIELD_TIME,   /* 2026-07-24T12:00:02Z, or "none" where optional */
    FIELD_HEX16,  /* 32 digits */
    FIELD_HEX32,  /* 64 digits, or "none" where optional */
    FIELD_WORD,   /* one of a list */
    FIELD_TEXT,   /* printable ASCII, no newline (vkey, snapshot, period) */
};

struct entry_field {
    const char *name;
    enum entry_field_type type;
    const char *words; /* FIELD_WORD: "placed|extended|..." */
    bool optional;     /* "none" is allowed */
};

struct entry_type {
    const char *name;
    const struct entry_field *fields; /* after time and salt */
    size_t field_count;
};

const struct entry_type *entry_type_find(const char *name); /* NULL: unknown */
const struct entry_type *entry_types(size_t *ret_count);

/* Appends an entry to out: values[] in the order of the type's fields, plain (names not yet
 * encoded;
 * "*" stands for itself). seconds: since 1970, UTC. salt: 16 bytes. False, and out as it was, where
 * a value does not fit its field. */
bool entry_write(struct text *out, const struct entry_type *type, int64_t seconds,
                 const uint8_t salt[16], const char *const *values, struct error *error);

struct entry {
    const struct entry_type *type; /* NULL: a type this version does not know (opaque leaf) */
    char type_name[32];
    int64_t seconds;
    uint8_t salt[16];
    const char
        *values[ENTRY_MOST_FIELDS]; /* decoded, in the order of the type's fields; in storage */
    char storage[ENTRY_MOST_BYTES + 1];
};

/* Reads an entry; accepts only what entry_write would write again. An entry of an unknown type is
 * read as far as its salt, if all its lines are "key value". Error: ERROR_LOG, and no value. */
bool entry_read(struct entry *ret_entry, const char *bytes, size_t length, struct error *error);

/* The list of types and their fields for the manual page, mdoc. */
void entry_print_man(FILE *out);

/* The value of a field, or NULL. */
const char *entry_value(const struct entry *entry, const char *field);

#endif
