/* Taking texts of lines apart, strictly: shared by notes and proofs. */
#ifndef LEDGER_LINES_H
#define LEDGER_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct text;

struct lines {
    const char *at, *end;
};

/* The next line without its newline; false at the end, and where the newline is missing. */
bool lines_next(struct lines *lines, const char **ret_line, size_t *ret_length);
/* The next line, if it begins with the word and a space: what follows. Else nothing is taken. */
bool lines_field(struct lines *lines, const char *word, const char **ret_value, size_t *ret_length);
/* The next line, if it is this one. Else nothing is taken. */
bool lines_literal(struct lines *lines, const char *line);

/* Decimal digits without sign or leading zero, at most 2^64 - 1. */
bool lines_read_number(const char *digits, size_t length, uint64_t *ret_number);
/* Base64 of exactly n bytes. */
bool lines_read_base64(const char *base64, size_t length, uint8_t *ret_bytes, size_t n);

#endif
