/* The scope that the options of hold place | extend | narrow | preview name.
 *
 * All of it is read and checked before anything is sent, so that a list with a wrong line places
 * nothing: first what a file can say by itself, then, by the database, whether some category has
 * such subjects and such values. Errors say where a value stands, never what it is. */
#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "cli/hold.h"
#include "cli/json.h"
#include "cli/output.h"

/* ---- dates ---- */

/* Two or four digits at s as a number; -1 where they are none. */
static int digits_at(const char *s, size_t n)
{
    int number = 0;
    for (size_t i = 0; i < n; i++) {
        if (s[i] < '0' || s[i] > '9')
            return -1;
        number = number * 10 + (s[i] - '0');
    }
    return number;
}

static int days_of(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return days[month - 1] + (month == 2 && leap);
}

/* True where s begins with a date of the calendar. */
static bool begins_with_date(const char *s, int *ret_year, int *ret_month, int *ret_day)
{
    if (strnlen(s, 10) < 10 || s[4] != '-' || s[7] != '-')
        return false;
    *ret_year = digits_at(s, 4);
    *ret_month = digits_at(s + 5, 2);
    *ret_day = digits_at(s + 8, 2);
    return *ret_year > 0 && *ret_month >= 1 && *ret_month <= 12 && *ret_day >= 1 &&
           *ret_day <= days_of(*ret_year, *ret_month);
}

/* "HH:MM", "HH:MM:SS", "HH:MM:SS.ffffff"; what follows it, or NULL. */
static const char *skip_time(const char *s)
{
    int hour, minute, second = 0;
    if (strnlen(s, 5) < 5 || s[2] != ':')
        return NULL;
    hour = digits_at(s, 2);
    minute = digits_at(s + 3, 2);
    s += 5;
    if (*s == ':') {
        if (strnlen(s, 3) < 3)
            return NULL;
        second = digits_at(s + 1, 2);
        s += 3;
        if (*s == '.' && s[1] >= '0' && s[1] <= '9')
            s += 1 + strspn(s + 1, "0123456789");
    }
    return hour >= 0 && hour < 24 && minute >= 0 && minute < 60 && second >= 0 && second < 60
               ? s
               : NULL;
}

/* Nothing (UTC), "Z", "+02", "-05:30". */
static bool is_zone(const char *s)
{
    if (!*s || strcmp(s, "Z") == 0)
        return true;
    if ((*s != '+' && *s != '-') || strnlen(s, 3) < 3)
        return false;
    int hours = digits_at(s + 1, 2);
    s += 3;
    int minutes = *s == ':' && strlen(s) == 3 ? digits_at(s + 1, 2) : 0;
    return hours >= 0 && hours <= 15 && minutes >= 0 && minutes < 60 &&
           (!*s || (*s == ':' && strlen(s) == 3));
}

static bool refuse_time(const char *option, const char *value, struct error *error)
{
    error_set(error, ERROR_USAGE, "--%s wants a day or a time, not \"%s\"", option, value);
    error_hint(error,
               "A day is a whole day in UTC: 2026-01-31. A time: \"2026-01-31 14:30\", in UTC "
               "too unless its zone follows, \"2026-01-31 14:30-05\".");
    return false;
}

/* A moment as text for the server; of a day its beginning, or for `until` its end. */
static bool read_moment(struct cli *cli, const char *option, bool until, const char **ret_moment,
                        struct error *error)
{
    int year, month, day;
    const char *value = cli_was_given(cli, option) ? cli_option(cli, option) : NULL;
    *ret_moment = NULL;
    if (!value)
        return true;
    if (!begins_with_date(value, &year, &month, &day))
        return refuse_time(option, value, error);
    if (!value[10]) {
        if (until && ++day > days_of(year, month)) {
            day = 1;
            if (++month > 12) {
                month = 1;
                year++;
            }
        }
        *ret_moment = arena_printf(cli->arena, "%04d-%02d-%02d 00:00:00+00", year, month, day);
        return true;
    }
    const char *zone = value[10] == ' ' || value[10] == 'T' ? skip_time(value + 11) : NULL;
    if (!zone || !is_zone(zone))
        return refuse_time(option, value, error);
    *ret_moment = arena_printf(cli->arena, "%.*s%s", (int)(zone - value), value,
                               *zone == 'Z' || !*zone ? "+00" : zone);
    return true;
}

bool hold_date_read(struct cli *cli, const char *option, const char **ret_date, struct error *error)
{
    int year, month, day;
    *ret_date = cli_option(cli, option);
    if (!*ret_date || (begins_with_date(*ret_date, &year, &month, &day) && !(*ret_date)[10]))
        return true;
    error_set(error, ERROR_USAGE, "--%s wants a day, not \"%s\"", option, *ret_date);
    error_hint(error, "It looks like 2026-01-31.");
    return false;
}

/* ---- subjects and keys ---- */

/* Where the n-th value of an option stands, for people who gave several. */
static struct position option_position(const char *option, size_t n, size_t count)
{
    return (struct position){option, count > 1 ? (int)n + 1 : 0};
}

static void need_kind(struct cli *cli, const struct hold_value *value)
{
    struct diag *d =
        diag_error(&cli->diags, value->at, "it is not said what kind of subject this is");
    diag_hint(&cli->diags, d,
              "Write KIND:VALUE, such as phone:+14105550100, or say --subject-kind KIND for a file "
              "of values alone.");
}

/* kind:value of each; those of files are values alone where --subject-kind says their kind. */
static bool read_subjects(struct cli *cli, struct hold_scope *scope, struct error *error)
{
    struct hold_values raw = {0};
    size_t count = 0;
    const char *file = cli_option(cli, "subjects-from"), *kind = cli_option(cli, "subject-kind");
    const char **given = cli_options(cli, "subject", &count);
    if (kind && !file)
        return error_set(error, ERROR_USAGE, "--subject-kind is for the values of --subjects-from");
    if (kind && (strchr(kind, ':') || !kind[strspn(kind, " ")]))
        return error_set(error, ERROR_USAGE, "--subject-kind wants the name of a kind alone");
    for (size_t i = 0; i < count; i++)
        hold_values_add(cli, &raw, given[i], option_position("--subject", i, count));
    if (file && !hold_values_read(cli, file, true, &raw, error))
        return false;
    for (size_t i = 0; i < raw.count; i++) {
        const struct hold_value *value = &raw.items[i];
        const char *text =
            i >= count && kind ? arena_printf(cli->arena, "%s:%s", kind, value->text) : value->text;
        const char *colon = strchr(text, ':');
        if (!text_is_valid_utf8(text, strlen(text)))
            diag_error(&cli->diags, value->at, "the value is not valid UTF-8");
        else if (!colon || colon == text)
            need_kind(cli, value);
        else if (!colon[1 + strspn(colon + 1, " \t")])
            diag_error(&cli->diags, value->at, "there is a kind of subject, and no value");
        else
            hold_values_add(cli, &scope->subjects, text, value->at);
    }
    return true;
}

static bool read_keys(struct cli *cli, struct hold_scope *scope, struct error *error)
{
    size_t count = 0;
    const char *file = cli_option(cli, "keys-from");
    const char **given = cli_options(cli, "key", &count);
    for (size_t i = 0; i < count; i++) {
        struct position at = option_position("--key", i, count);
        if (!*given[i])
            diag_error(&cli->diags, at, "the key is empty");
        else if (!text_is_valid_utf8(given[i], strlen(given[i])))
            diag_error(&cli->diags, at, "the key is not valid UTF-8");
        else
            hold_values_add(cli, &scope->keys, given[i], at);
    }
    return !file || hold_values_read(cli, file, false, &scope->keys, error);
}

/* All that is wrong is in cli->diags, and is printed with this: what the files could say by
 * themselves, and what the database said. */
static bool values_are_good(struct cli *cli, const struct hold_scope *scope, struct error *error)
{
    size_t errors = cli->diags.errors;
    size_t values = scope->subjects.count + scope->keys.count + scope->wrong;
    if (!errors)
        return true;
    if (values > 1)
        error_set(error, ERROR_USAGE, "%zu of %zu values %s wrong: nothing was done", errors,
                  values > errors ? values : errors, errors == 1 ? "is" : "are");
    else
        error_set(error, ERROR_USAGE, "nothing was done");
    error_hint(error, "Correct what is named and run the command again.");
    return false;
}

bool hold_scope_read(struct cli *cli, struct hold_scope *scope, struct error *error)
{
    *scope = (struct hold_scope){0};
    const char *subjects = cli_option(cli, "subjects-from"), *keys = cli_option(cli, "keys-from");
    if (subjects && keys && strcmp(subjects, "-") == 0 && strcmp(keys, "-") == 0)
        return error_set(error, ERROR_USAGE,
                         "--subjects-from and --keys-from cannot both read standard input");
    if (cli_was_given(cli, "category"))
        scope->category = cli_option(cli, "category");
    if (cli_was_given(cli, "tenant"))
        scope->tenant = cli_option(cli, "tenant");
    scope->everything = cli_was_given(cli, "everything");
    if (scope->category && !*scope->category)
        return error_set(error, ERROR_USAGE, "--category must not be empty");
    if (scope->tenant && !*scope->tenant)
        return error_set(error, ERROR_USAGE, "--tenant must not be empty");
    if (!read_moment(cli, "from", false, &scope->from, error) ||
        !read_moment(cli, "to", true, &scope->to, error) || !read_subjects(cli, scope, error) ||
        !read_keys(cli, scope, error))
        return false;
    scope->wrong = cli->diags.errors;
    return true;
}

/* ---- against the database ---- */

/* The kinds and values of the subjects, as two arrays. */
static void split_subjects(struct cli *cli, const struct hold_scope *scope, const char **ret_kinds,
                           const char **ret_values)
{
    size_t count = scope->subjects.count;
    char **kinds = xmalloc(count * sizeof(*kinds)), **values = xmalloc(count * sizeof(*values));
    for (size_t i = 0; i < count; i++) {
        const char *text = scope->subjects.items[i].text, *colon = strchr(text, ':');
        kinds[i] = arena_strndup(cli->arena, text, (size_t)(colon - text));
        values[i] = (char *)colon + 1;
    }
    *ret_kinds = session_array(cli, kinds, (int)count);
    *ret_values = session_array(cli, values, (int)count);
    free(kinds);
    free(values);
}

/* Rows (position from 1, what is wrong with it, a hint). */
static void add_findings(struct cli *cli, const struct hold_values *values, const PGresult *rows)
{
    for (int r = 0; r < PQntuples(rows); r++) {
        int64_t n = 0;
        if (!cli_number(PQgetvalue(rows, r, 0), &n) || n < 1 || (size_t)n > values->count)
            continue;
        struct diag *d =
            diag_error(&cli->diags, values->items[n - 1].at, "%s", PQgetvalue(rows, r, 1));
        if (!PQgetisnull(rows, r, 2))
            diag_hint(&cli->diags, d, "%s", PQgetvalue(rows, r, 2));
    }
}

static bool check_subjects(struct session *session, const struct hold_scope *scope,
                           const char *category, struct error *error)
{
    const char *kinds, *texts;
    split_subjects(session->cli, scope, &kinds, &texts);
    const char *const values[] = {category, kinds, texts};
    PGresult *rows _cleanup_result_ =
        session_file(session, "cli/hold_check_subjects.sql", 3, values, error);
    if (!rows)
        return false;
    add_findings(session->cli, &scope->subjects, rows);
    return true;
}

/* "a<TAB>b" or "a,b" as array literal; NULL where it has not `columns` values. */
static const char *key_literal(struct cli *cli, const char *text, size_t columns)
{
    const char *separator = strchr(text, '\t') ? "\t" : ",";
    char **words = xmalloc((columns + 1) * sizeof(*words));
    size_t n = 0;
    for (const char *p = text; p && n <= columns; n++) {
        size_t length = strcspn(p, separator);
        words[n] = arena_strndup(cli->arena, p, length);
        p = p[length] ? p + length + 1 : NULL;
    }
    const char *literal = n == columns ? session_array(cli, words, (int)n) : NULL;
    free(words);
    return literal;
}

static bool check_keys(struct session *session, struct hold_scope *scope, const char *category,
                       struct error *error)
{
    struct cli *cli = session->cli;
    if (!category) {
        error_set(error, ERROR_USAGE, "records are named by their keys, and no category is");
        error_hint(error, "Say --category NAME: keys belong to one category.");
        return false;
    }
    const char *const name[] = {category};
    PGresult *key _cleanup_result_ = session_file(session, "cli/hold_key.sql", 1, name, error);
    if (!key)
        return false;
    size_t columns = (size_t)PQntuples(key);
    if (!columns) {
        error_set(error, ERROR_USAGE, "records of category \"%s\" cannot be named by a key",
                  category);
        error_hint(error,
                   "Name them by subject, tenant or time; \"retentionctl policy show %s\" "
                   "says what it has.",
                   category);
        return false;
    }
    size_t wrong = cli->diags.errors;
    for (size_t i = 0; columns > 1 && i < scope->keys.count; i++) {
        struct hold_value *value = &scope->keys.items[i];
        const char *literal = key_literal(cli, value->text, columns);
        if (literal)
            value->text = literal;
        else
            diag_hint(&cli->diags,
                      diag_error(&cli->diags, value->at,
                                 "the key of category \"%s\" has %zu columns, and this is not as "
                                 "many values",
                                 category, columns),
                      "Separate them by a tab, or by commas where there is no tab.");
    }
    if (cli->diags.errors > wrong)
        return true;
    const char *const values[] = {category, hold_values_array(cli, &scope->keys)};
    PGresult *rows _cleanup_result_ =
        session_file(session, "cli/hold_check_keys.sql", 2, values, error);
    if (!rows)
        return false;
    add_findings(cli, &scope->keys, rows);
    return true;
}

bool hold_scope_check_keys(struct session *session, struct hold_scope *scope, const char *category,
                           struct error *error)
{
    return (!scope->keys.count || check_keys(session, scope, category, error)) &&
           values_are_good(session->cli, scope, error);
}

bool hold_scope_check(struct session *session, struct hold_scope *scope, const char *category,
                      struct error *error)
{
    struct cli *cli = session->cli;
    if (scope->category) {
        char *const words[] = {(char *)scope->category};
        if (!session_categories_exist(session, session_array(cli, words, 1), error))
            return false;
    }
    if (scope->subjects.count && !check_subjects(session, scope, category, error))
        return false;
    if (scope->keys.count && !check_keys(session, scope, category, error))
        return false;
    diags_sort(&cli->diags);
    return values_are_good(cli, scope, error);
}

/* ---- what was placed ---- */

enum { PLACES_SHOWN = 20 };

/* "numbers.txt, line 3", and behind it ", 7": where a value stands. */
static void add_place(struct text *text, const struct position *at, const struct position *before)
{
    if (!at->line)
        text_printf(text, "%s%s", before ? "; " : "", at->file);
    else if (before && text_equal(before->file, at->file))
        text_printf(text, ", %d", at->line);
    else
        text_printf(text, "%s%s, %s %d", before ? "; " : "", at->file,
                    text_starts_with(at->file, "--") ? "number" : "line", at->line);
}

void hold_tell_absent(struct session *session, const char *hold, const struct hold_scope *scope,
                      bool warned)
{
    struct cli *cli = session->cli;
    const char *kinds, *texts;
    struct error ignored _cleanup_error_ = {0};
    if (!scope->subjects.count)
        return;
    split_subjects(cli, scope, &kinds, &texts);
    const char *const values[] = {hold, kinds, texts};
    PGresult *rows _cleanup_result_ =
        session_file(session, "cli/hold_absent.sql", ARRAY_LENGTH(values), values, &ignored);
    struct text shown _cleanup_text_ = {0};
    const struct position *before = NULL;
    json_t *list = json_array();
    size_t absent = 0, count = scope->subjects.count;
    for (int r = 0; rows && r < PQntuples(rows); r++) {
        int64_t n = 0;
        if (!cli_number(PQgetvalue(rows, r, 0), &n) || n < 1 || (size_t)n > count)
            continue;
        const struct position *at = &scope->subjects.items[n - 1].at;
        json_array_append_new(list, json_pack("{ss si}", "from", at->file, "line", at->line));
        if (absent++ < PLACES_SHOWN)
            add_place(&shown, at, before);
        before = at;
    }
    if (cli->json) {
        json_object_set_new(output_document(cli), "subjects_without_records", list);
        return;
    }
    json_decref(list);
    if (!absent || (absent == count && warned))
        return;
    if (absent == count)
        puts("\nWARNING: none of the subjects named has a record that this covers today. What is "
             "counted above is held\nsince nobody can tell whose it is (a number that cannot be "
             "read), or for another part of the hold.");
    printf("\n%zu of the %zu subject%s %s no record that this covers today. They are held like the "
           "others: what\ncomes later with them is covered. To look at how they are written:\n  "
           "%s%s\n",
           absent, count, count == 1 ? "" : "s", absent == 1 ? "has" : "have", text_string(&shown),
           absent > PLACES_SHOWN ? " and others" : "");
}
