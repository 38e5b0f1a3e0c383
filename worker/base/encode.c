#include "base/encode.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"

void hex_encode(char *out, const uint8_t *bytes, size_t n)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < n; i++) {
        *out++ = digits[bytes[i] >> 4];
        *out++ = digits[bytes[i] & 15];
    }
    *out = '\0';
}

/* The value of a digit and one; 0 for what is none. A table: digits cannot be foreseen, and a
 * verifier reads a great many. */
static const uint8_t hex_digits[256] = {
    ['0'] = 1, ['1'] = 2,  ['2'] = 3,  ['3'] = 4,  ['4'] = 5,  ['5'] = 6,  ['6'] = 7,  ['7'] = 8,
    ['8'] = 9, ['9'] = 10, ['a'] = 11, ['b'] = 12, ['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16};

bool hex_decode(uint8_t *out, size_t n, const char *digits, size_t length)
{
    bool right = true;
    if (length != 2 * n)
        return false;
    for (size_t i = 0; i < n; i++) {
        unsigned high = hex_digits[(uint8_t)digits[2 * i]];
        unsigned low = hex_digits[(uint8_t)digits[2 * i + 1]];
        right &= high != 0 && low != 0;
        out[i] = (uint8_t)((high - 1) << 4 | (low - 1));
    }
    return right;
}

static const char base64_digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void base64_encode(struct text *out, const uint8_t *bytes, size_t n)
{
    for (size_t i = 0; i < n; i += 3) {
        size_t left = n - i;
        uint32_t v = (uint32_t)bytes[i] << 16;
        if (left > 1)
            v |= (uint32_t)bytes[i + 1] << 8;
        if (left > 2)
            v |= bytes[i + 2];
        text_add_char(out, base64_digits[v >> 18]);
        text_add_char(out, base64_digits[v >> 12 & 63]);
        text_add_char(out, left > 1 ? base64_digits[v >> 6 & 63] : '=');
        text_add_char(out, left > 2 ? base64_digits[v & 63] : '=');
    }
}

bool base64_decode(struct text *out, const char *s, size_t length)
{
    if (length % 4)
        return false;
    for (size_t i = 0; i < length; i += 4) {
        uint32_t v = 0;
        size_t pad = 0;
        for (size_t j = 0; j < 4; j++) {
            char c = s[i + j];
            const char *d = c && c != '=' ? strchr(base64_digits, c) : NULL;
            if (c == '=' && i + 4 == length && j >= 2)
                pad++;
            else if (!d || pad)
                return false;
            v = v << 6 | (d ? (uint32_t)(d - base64_digits) : 0);
        }
        if ((pad == 1 && (v & 0xFF)) || (pad == 2 && (v & 0xFFFF)))
            return false; /* bits that an encoder would not have set */
        uint8_t bytes[3] = {(uint8_t)(v >> 16), (uint8_t)(v >> 8), (uint8_t)v};
        text_add_n(out, bytes, 3 - pad);
    }
    return true;
}

static bool is_plain(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '.' || c == '-';
}

void percent_encode(struct text *out, const char *s)
{
    for (; *s; s++) {
        if (is_plain(*s))
            text_add_char(out, *s);
        else
            text_printf(out, "%%%02X", (unsigned)(unsigned char)*s);
    }
}

bool percent_decode(struct text *out, const char *s, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (s[i] != '%') {
            if (!is_plain(s[i]))
                return false;
            text_add_char(out, s[i]);
            continue;
        }
        unsigned value = 0;
        if (length - i < 3)
            return false;
        for (size_t j = 1; j <= 2; j++) {
            char c = s[i + j];
            if (c >= '0' && c <= '9')
                value = value * 16 + (unsigned)(c - '0');
            else if (c >= 'A' && c <= 'F')
                value = value * 16 + (unsigned)(c - 'A' + 10);
            else
                return false;
        }
        if (value == 0 || is_plain((char)value))
            return false;
        text_add_char(out, (char)value);
        i += 2;
    }
    return true;
}
