/* Hex, base64 and percent encodings; strict readers: a reader accepts only what the writer writes.
 */
#ifndef BASE_ENCODE_H
#define BASE_ENCODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct text;

/* Writes 2 * n lower-case digits and a NUL into out. */
void hex_encode(char *out, const uint8_t *bytes, size_t n);
/* Reads exactly n bytes from 2 * n lower-case digits; false on anything else. */
bool hex_decode(uint8_t *out, size_t n, const char *digits, size_t length);

/* Standard base64 with padding, appended to out. */
void base64_encode(struct text *out, const uint8_t *bytes, size_t n);
/* Appends the bytes; false on any text that base64_encode would not write. */
bool base64_decode(struct text *out, const char *s, size_t length);

/* Percent-encodes outside [A-Za-z0-9_.-] with upper-case hex; appended to out. */
void percent_encode(struct text *out, const char *s);
bool percent_decode(struct text *out, const char *s, size_t length);

#endif
