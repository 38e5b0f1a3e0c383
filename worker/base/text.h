/* Growable text, and small questions about strings. */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/cleanup.h"

struct arena;

/* A growable string; {0} is empty and valid; data is NUL-terminated once anything was added. */
struct text {
    char *data;
    size_t length;
    size_t capacity;
};

void text_free(struct text *text);  /* accepts an empty one; leaves {0} */
void text_clear(struct text *text); /* length 0, memory kept */
void text_add(struct text *text, const char *s);
void text_add_n(struct text *text, const void *bytes, size_t n);
void text_add_char(struct text *text, char c);
void text_printf(struct text *text, const char *format, ...) _printf_(2, 3);
void text_vprintf(struct text *text, const char *format, va_list args) _printf_(2, 0);
char *text_steal(struct text *text);              /* caller frees; never NULL */
const char *text_string(const struct text *text); /* "" where empty */

#define _cleanup_text_ _cleanup_(text_free)

bool text_equal(const char *a, const char *b); /* NULL equals NULL */
bool text_starts_with(const char *s, const char *prefix);
bool text_ends_with(const char *s, const char *end);

/* The decimal number that all of s is; `otherwise` where it is none, does not fit, or s is NULL. */
int text_number(const char *s, int otherwise);

bool text_is_valid_utf8(const char *s, size_t n);

/* The character that s, which is not empty, begins with: how many bytes it has, and its code; code
 * 0 where it is not for a terminal: a bad byte, a control, a mark that turns a line's direction. */
size_t text_character(const char *s, uint32_t *ret_code);

/* Prints s; '?' for each character that is not for a terminal, a line's end too. */
void text_print_safe(FILE *out, const char *s);

/* Edit distance (Levenshtein, transposition counts one); for "did you mean". */
size_t text_distance(const char *a, const char *b);

/* The nearest of names (count of them), or NULL where none is near enough to be meant. */
const char *text_nearest(const char *s, const char *const *names, size_t count);

/* 1234567 -> "1,234,567". buffer holds at least 32 bytes; returns buffer. */
char *text_thousands(char *buffer, int64_t n);

/* "3 s", "4 min 12 s", "2 h 05 min", "3 d 04 h". buffer holds at least 32 bytes. */
char *text_duration(char *buffer, int64_t seconds);

#endif
