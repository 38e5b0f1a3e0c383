/* The table of entry types, and the one writer and reader that work from it.
 *
 * What the writer would not write, byte for byte, is not accepted. Every field has one form: a name
 * is decoded and must be what encoding it again gives, and all others stand as they are. The reader
 * checks that in place, because a verifier reads millions of entries; a test writes again what it
 * accepts and compares. */
#include "ledger/entry.h"

#include <stddef.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/encode.h"
#include "base/error.h"
#include "base/text.h"
#include "ledger/lines.h"

#define FIRST_LINE "retention-log-entry/v1"

/* --- the table --- */

#define TIME(name)                                                                                 \
    {                                                                                              \
        name, FIELD_TIME, NULL, false                                                              \
    }
#define TIME_OR_NONE(name)                                                                         \
    {                                                                                              \
        name, FIELD_TIME, NULL, true                                                               \
    }
#define NAME(name)                                                                                 \
    {                                                                                              \
        name, FIELD_NAME, NULL, false                                                              \
    }
#define NUMBER(name)                                                                               \
    {                                                                                              \
        name, FIELD_NUMBER, NULL, false                                                            \
    }
#define NUMBER_OR_NONE(name)                                                                       \
    {                                                                                              \
        name, FIELD_NUMBER, NULL, true                                                             \
    }
#define ID(name)                                                                                   \
    {                                                                                              \
        name, FIELD_HEX16, NULL, false                                                             \
    }
#define HASH(name)                                                                                 \
    {                                                                                              \
        name, FIELD_HEX32, NULL, false                                                             \
    }
#define HASH_OR_NONE(name)                                                                         \
    {                                                                                              \
        name, FIELD_HEX32, NULL, true                                                              \
    }
#define WORD(name, words)                                                                          \
    {                                                                                              \
        name, FIELD_WORD, words, false                                                             \
    }
#define TEXT(name)                                                                                 \
    {                                                                                              \
        name, FIELD_TEXT, NULL, false                                                              \
    }

#define ACTIONS "delete|deidentify|aggregate"

static const struct entry_field genesis[] = {TEXT("log"), TEXT("vkey"), NUMBER("system"),
                                             NUMBER("timeline")};
static const struct entry_field bind[] = {NUMBER("system"), NUMBER("timeline"), NAME("by")};
static const struct entry_field epoch[] = {NUMBER("epoch"), HASH("commit")};
static const struct entry_field policy[] = {NAME("category"),
                                            HASH("sha256"),
                                            HASH_OR_NONE("previous"),
                                            WORD("mode", "observe|enforce|declared"),
                                            WORD("what", "loaded|approved|retired"),
                                            NAME("by")};
static const struct entry_field config[] = {HASH("sha256"), NAME("by")};
static const struct entry_field plan[] = {ID("run"),        NAME("category"),        HASH("sha256"),
                                          NAME("relation"), WORD("action", ACTIONS), TEXT("after"),
                                          TIME("now"),      NUMBER("due"),           NUMBER("held"),
                                          NUMBER("term"),   NUMBER("timeline")};
static const struct entry_field batch[] = {
    ID("run"),        NUMBER("seq"),           NAME("category"),
    NAME("relation"), WORD("action", ACTIONS), NUMBER("epoch"),
    NUMBER("rows"),   HASH_OR_NONE("records"), NUMBER("xid")};
static const struct entry_field done[] = {ID("run"), NUMBER("batches"), NUMBER("rows"),
                                          NUMBER_OR_NONE("remaining"),
                                          WORD("status", "done|stopped|paused|brake|failed|lost")};
static const struct entry_field hold[] = {
    ID("hold"),       HASH("matter"),   WORD("what", "placed|extended|narrowed|requested|released"),
    NAME("category"), HASH("scope"),    NUMBER_OR_NONE("rows"),
    NUMBER("xid"),    TEXT("snapshot"), NAME("by")};
static const struct entry_field guard[] = {
    NAME("category"), WORD("what", "installed|removed|disabled"), HASH_OR_NONE("fingerprint")};
static const struct entry_field agreement[] = {NAME("category"), HASH("tenant"), TEXT("after"),
                                               TIME("settles")};
static const struct entry_field brake[] = {
    ID("run"), NAME("category"), NUMBER("due"), NUMBER("limit"), WORD("what", "engaged|released"),
    NAME("by")};
static const struct entry_field pause_fields[] = {NAME("scope"), WORD("what", "paused|resumed"),
                                                  NAME("by")};
static const struct entry_field compliance[] = {
    NAME("category"),  TEXT("day"),           NUMBER("due"),        NUMBER("held"),
    NUMBER("kept"),    NUMBER("blocked"),     NUMBER("notstarted"), NUMBER("unclaimed"),
    NUMBER("overdue"), TIME_OR_NONE("oldest")};
static const struct entry_field coverage[] = {HASH("fingerprint"), NUMBER("governed"),
                                              NUMBER("ungoverned"), NUMBER("unlisted")};
static const struct entry_field heartbeat[] = {NUMBER("size")};
static const struct entry_field cells[] = {
    NAME("category"),    NAME("stage"),    NAME("relation"),  NUMBER_OR_NONE("k"),
    NUMBER("published"), NUMBER("folded"), NUMBER("withheld")};
static const struct entry_field groups[] = {ID("run"),          NAME("category"), NAME("stage"),
                                            NUMBER("k"),        NUMBER("kept"),   NUMBER("small"),
                                            NUMBER("nullified")};
static const struct entry_field anomaly[] = {ID("run"), NUMBER("seq"), NAME("code")};
static const struct entry_field transform[] = {ID("run"), NAME("category"), NAME("stage"),
                                               NUMBER("columns"), TEXT("classes")};
static const struct entry_field inventory[] = {ID("hold"), NUMBER("rows"), HASH("root")};
static const struct entry_field gap[] = {ID("hold"), NAME("category"), NAME("by")};
static const struct entry_field rotate[] = {TEXT("vkey")};
static const struct entry_field retire[] = {TEXT("keyid")};
static const struct entry_field shred[] = {NUMBER("epoch")};
static const struct entry_field prune[] = {NUMBER("upto")};
static const struct entry_field restored[] = {NUMBER("database_size"), NUMBER("log_size"),
                                              NUMBER("undone")};

#define TYPE(name, fields)                                                                         \
    {                                                                                              \
        name, fields, ARRAY_LENGTH(fields)                                                         \
    }
static const struct entry_type types[] = {
    TYPE("genesis", genesis),     TYPE("bind", bind),
    TYPE("epoch", epoch),         TYPE("policy", policy),
    TYPE("config", config),       TYPE("plan", plan),
    TYPE("batch", batch),         TYPE("done", done),
    TYPE("hold", hold),           TYPE("guard", guard),
    TYPE("agreement", agreement), TYPE("brake", brake),
    TYPE("pause", pause_fields),  TYPE("compliance", compliance),
    TYPE("coverage", coverage),   TYPE("heartbeat", heartbeat),
    TYPE("anomaly", anomaly),     TYPE("inventory", inventory),
    TYPE("export", inventory),    TYPE("rotate", rotate),
    TYPE("retire", retire),       TYPE("shred", shred),
    TYPE("prune", prune),         TYPE("restored", restored),
    TYPE("transform", transform), TYPE("cells", cells),
    TYPE("groups", groups),       TYPE("gap", gap),
};

const struct entry_type *entry_types(size_t *ret_count)
{
    *ret_count = ARRAY_LENGTH(types);
    return types;
}

const struct entry_type *entry_type_find(const char *name)
{
    for (size_t i = 0; i < ARRAY_LENGTH(types); i++)
        if (strcmp(types[i].name, name) == 0)
            return &types[i];
    return NULL;
}

static void print_words(FILE *out, const char *words)
{
    fputs(" Pq ", out);
    for (const char *s = words; *s; s++)
        fputs(*s == '|' ? " | " : (const char[]){*s, '\0'}, out);
}

void entry_print_man(FILE *out)
{
    fputs(".Bl -tag -width compliance\n", out);
    for (size_t i = 0; i < ARRAY_LENGTH(types); i++) {
        fprintf(out, ".It Sy %s\n", types[i].name);
        for (size_t f = 0; f < types[i].field_count; f++) {
            const struct entry_field *field = &types[i].fields[f];
            fprintf(out, ".Li %s", field->name);
            if (field->words)
                print_words(out, field->words);
            fputs(f + 1 < types[i].field_count ? " ,\n" : "\n", out);
        }
    }
    fputs(".El\n", out);
}

/* --- what a field may hold --- */

static bool is_plain(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '.' || c == '-';
}

static bool is_hex(const char *s, size_t bytes)
{
    uint8_t out[32];
    return hex_decode(out, bytes, s, strlen(s));
}

/* Days since 1970-01-01 of a date in the Gregorian calendar; month from 1. */
static int64_t days_of(int64_t year, int month, int day)
{
    year -= month <= 2; /* years from March on: the leap day is their last */
    int64_t era = year / 400, of_era = year - era * 400;
    int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static bool parse_time(const char *s, size_t length, int64_t *ret_seconds)
{
    static const char form[] = "dddd-dd-ddTdd:dd:ddZ";
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int part[6] = {0}, at = 0;
    if (length != strlen(form))
        return false;
    for (size_t i = 0; i < length; i++) {
        if (form[i] != 'd') {
            if (s[i] != form[i])
                return false;
            at++;
        } else {
            if (s[i] < '0' || s[i] > '9')
                return false;
            part[at] = part[at] * 10 + (s[i] - '0');
        }
    }
    int year = part[0], month = part[1], day = part[2];
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    if (year < 1000 || month < 1 || month > 12 || day < 1 ||
        day > days[month - 1] + (month == 2 && leap) || part[3] > 23 || part[4] > 59 ||
        part[5] > 59)
        return false;
    *ret_seconds = ((days_of(year, month, day) * 24 + part[3]) * 60 + part[4]) * 60 + part[5];
    return true;
}

static bool is_word_of(const char *s, const char *words)
{
    size_t length = strlen(s);
    for (const char *word = words; word; word = strchr(word, '|')) {
        word += *word == '|';
        if (length == strcspn(word, "|") && strncmp(s, word, length) == 0)
            return length > 0;
    }
    return false;
}

/* Printable ASCII that neither begins nor ends with a space. */
static bool is_line(const char *s, size_t length)
{
    if (length == 0 || s[0] == ' ' || s[length - 1] == ' ')
        return false;
    for (size_t i = 0; i < length; i++)
        if (s[i] < ' ' || s[i] > '~')
            return false;
    return true;
}

static bool field_accepts(const struct entry_field *field, const char *value)
{
    int64_t seconds;
    uint64_t number;
    if (field->optional && strcmp(value, "none") == 0)
        return true;
    switch (field->type) {
    case FIELD_NAME:
        return *value != '\0';
    case FIELD_NUMBER:
        return lines_read_number(value, strlen(value), &number);
    case FIELD_TIME:
        return parse_time(value, strlen(value), &seconds);
    case FIELD_HEX16:
        return is_hex(value, 16);
    case FIELD_HEX32:
        return is_hex(value, 32);
    case FIELD_WORD:
        return is_word_of(value, field->words);
    case FIELD_TEXT:
        return is_line(value, strlen(value));
    }
    return false;
}

/* --- writing --- */

bool entry_write(struct text *out, const struct entry_type *type, int64_t seconds,
                 const uint8_t salt[16], const char *const *values, struct error *error)
{
    size_t start = out->length;
    char when[32], digits[33];
    int64_t again;
    clock_format_utc(when, seconds);
    if (!parse_time(when, strlen(when), &again) || again != seconds)
        return error_set(error, ERROR_FAILED,
                         "could not write a %s entry: its time is out of range", type->name);
    hex_encode(digits, salt, 16);
    text_printf(out, FIRST_LINE "\ntype %s\ntime %s\nsalt %s\n", type->name, when, digits);
    for (size_t i = 0; i < type->field_count; i++) {
        const struct entry_field *field = &type->fields[i];
        if (!values[i] || !field_accepts(field, values[i])) {
            out->length = start;
            out->data[start] = '\0';
            return error_set(error, ERROR_FAILED,
                             "could not write a %s entry: no valid value for field \"%s\"",
                             type->name, field->name);
        }
        text_add(out, field->name);
        text_add_char(out, ' ');
        if (field->type == FIELD_NAME && strcmp(values[i], "*") != 0)
            percent_encode(out, values[i]);
        else
            text_add(out, values[i]);
        text_add_char(out, '\n');
    }
    if (out->length - start > ENTRY_MOST_BYTES) {
        out->length = start;
        out->data[start] = '\0';
        return error_set(error, ERROR_FAILED,
                         "could not write a %s entry: it is longer than %d bytes", type->name,
                         ENTRY_MOST_BYTES);
    }
    return true;
}

/* --- reading --- */

struct reader {
    const char *at, *end;
    int line; /* number of the line read last */
};

/* Takes "key value\n"; the value is not terminated. */
static bool read_line(struct reader *reader, const char *key, const char **ret_value,
                      size_t *ret_length)
{
    const char *lf = memchr(reader->at, '\n', (size_t)(reader->end - reader->at));
    size_t key_length = strlen(key);
    reader->line++;
    if (!lf || (size_t)(lf - reader->at) <= key_length + 1 ||
        memcmp(reader->at, key, key_length) != 0 || reader->at[key_length] != ' ')
        return false;
    *ret_value = reader->at + key_length + 1;
    *ret_length = (size_t)(lf - *ret_value);
    reader->at = lf + 1;
    return is_line(*ret_value, *ret_length);
}

static bool is_type_name(const char *s, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (!(s[i] >= 'a' && s[i] <= 'z') && !(s[i] >= '0' && s[i] <= '9') && s[i] != '_')
            return false;
    return length < sizeof(((struct entry *)0)->type_name);
}

static bool read_head(struct entry *entry, struct reader *reader)
{
    const char *value;
    size_t length;
    static const char first[] = FIRST_LINE "\n";
    reader->line = 1;
    if ((size_t)(reader->end - reader->at) < strlen(first) ||
        memcmp(reader->at, first, strlen(first)) != 0)
        return false;
    reader->at += strlen(first);
    if (!read_line(reader, "type", &value, &length) || !is_type_name(value, length))
        return false;
    memcpy(entry->type_name, value, length);
    entry->type = entry_type_find(entry->type_name);
    return read_line(reader, "time", &value, &length) &&
           parse_time(value, length, &entry->seconds) &&
           read_line(reader, "salt", &value, &length) &&
           hex_decode(entry->salt, sizeof(entry->salt), value, length);
}

/* Decodes a name into out, which has room for it; *ret_length is that of the result. False where
 * percent_encode would write the result otherwise. */
static bool decode_name(char *out, const char *s, size_t length, size_t *ret_length)
{
    static const char hex[] = "0123456789ABCDEF";
    size_t n = 0;
    for (size_t i = 0; i < length; i++) {
        char c = s[i];
        if (c == '%') {
            const char *high = length - i > 2 ? memchr(hex, s[i + 1], 16) : NULL;
            const char *low = high ? memchr(hex, s[i + 2], 16) : NULL;
            if (!low)
                return false;
            c = (char)((high - hex) << 4 | (low - hex));
            if (c == '\0' || is_plain(c))
                return false;
            i += 2;
        } else if (!is_plain(c)) {
            return false;
        }
        out[n++] = c;
    }
    *ret_length = n;
    return !(n == 1 && out[0] == '*'); /* which stands for itself, and is not encoded */
}

/* The fields of a known type, decoded into storage. */
static bool read_fields(struct entry *entry, struct reader *reader)
{
    char *storage = entry->storage;
    for (size_t i = 0; i < entry->type->field_count; i++) {
        const struct entry_field *field = &entry->type->fields[i];
        const char *value;
        size_t length;
        if (!read_line(reader, field->name, &value, &length))
            return false;
        if (field->type == FIELD_NAME && !(length == 1 && value[0] == '*')) {
            if (!decode_name(storage, value, length, &length))
                return false;
        } else {
            memcpy(storage, value, length);
        }
        storage[length] = '\0';
        if (!field_accepts(field, storage))
            return false;
        entry->values[i] = storage;
        storage += length + 1;
    }
    return true;
}

/* The lines of a type that this version does not know: any key, any value. */
static bool read_opaque(struct reader *reader)
{
    while (reader->at < reader->end) {
        const char *lf = memchr(reader->at, '\n', (size_t)(reader->end - reader->at));
        reader->line++;
        if (!lf || !is_line(reader->at, (size_t)(lf - reader->at)) ||
            !memchr(reader->at, ' ', (size_t)(lf - reader->at)))
            return false;
        reader->at = lf + 1;
    }
    return true;
}

bool entry_read(struct entry *ret_entry, const char *bytes, size_t length, struct error *error)
{
    memset(ret_entry, 0, offsetof(struct entry, storage));
    ret_entry->storage[0] = '\0';
    if (length > ENTRY_MOST_BYTES)
        return error_set(error, ERROR_LOG, "entry is longer than %d bytes", ENTRY_MOST_BYTES);
    struct reader reader = {bytes, bytes + length, 0};
    if (!read_head(ret_entry, &reader) ||
        !(ret_entry->type ? read_fields(ret_entry, &reader) : read_opaque(&reader)))
        return error_set(error, ERROR_LOG, "line %d of the entry is not well formed", reader.line);
    if (reader.at != reader.end)
        return error_set(error, ERROR_LOG, "entry of type %s has more lines than its fields",
                         ret_entry->type_name);
    return true;
}

const char *entry_value(const struct entry *entry, const char *field)
{
    for (size_t i = 0; entry->type && i < entry->type->field_count; i++)
        if (strcmp(entry->type->fields[i].name, field) == 0)
            return entry->values[i];
    return NULL;
}
