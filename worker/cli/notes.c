#include "cli/notes.h"

#include <stdarg.h>
#include <stdbool.h>
#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "cli/table.h"

enum { NAMES_MOST = 4, NOTE_WIDTH = 100 };

void notes_add(struct notes *notes, const char *category, const char *format, ...)
{
    notes->items = arena_push(notes->arena, notes->items, &notes->count, sizeof(*notes->items));
    struct note *note = &notes->items[notes->count - 1];
    note->category = arena_strdup(notes->arena, category);
    va_list args;
    va_start(args, format);
    note->sentence = arena_vprintf(notes->arena, format, args);
    va_end(args);
}

static void add_sentence(struct text *out, const char *sentence, const char *category)
{
    static const char word[] = "CATEGORY";
    for (const char *next; (next = strstr(sentence, word)); sentence = next + strlen(word)) {
        text_add_n(out, sentence, (size_t)(next - sentence));
        text_add(out, category);
    }
    text_add(out, sentence);
}

static bool was_said(const struct notes *notes, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (strcmp(notes->items[i].sentence, notes->items[index].sentence) == 0)
            return true;
    return false;
}

/* The note at `first` and those after it that say the same. */
static void add_group(struct text *out, const struct notes *notes, size_t first)
{
    const char *sentence = notes->items[first].sentence;
    struct text names _cleanup_text_ = {0};
    size_t count = 0;
    for (size_t i = first; i < notes->count; i++) {
        if (strcmp(notes->items[i].sentence, sentence) != 0)
            continue;
        if (count++ < NAMES_MOST)
            text_printf(&names, "%s%s", count > 1 ? ", " : "", notes->items[i].category);
    }
    if (count > NAMES_MOST)
        text_printf(out, "%zu categories: ", count);
    else
        text_printf(out, "%s: ", text_string(&names));
    add_sentence(out, sentence, count == 1 ? notes->items[first].category : "CATEGORY");
    text_add_char(out, '\n');
}

void notes_print(const struct notes *notes, FILE *out)
{
    struct text text _cleanup_text_ = {0};
    for (size_t i = 0; i < notes->count; i++)
        if (!was_said(notes, i))
            add_group(&text, notes, i);
    if (!text.length)
        return;
    fputc('\n', out);
    text_wrap(out, text.data, 0, NOTE_WIDTH, false);
}
