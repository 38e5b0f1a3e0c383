#include "cli/progress.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"
#include "cli/table.h"

enum { BAR_WIDTH = 20, REDRAW_US = 100000, LINE_US = 10000000 };

void progress_init(struct progress *progress, bool silent)
{
    const char *term = getenv("TERM");
    *progress = (struct progress){
        .terminal = isatty(STDERR_FILENO) && !(term && strcmp(term, "dumb") == 0),
        .silent = silent,
    };
}

static int terminal_width(void)
{
    struct winsize size;
    return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

static void describe(struct text *out, int64_t done, int64_t total, int64_t elapsed_us)
{
    char number[32], of[32];
    text_add(out, text_thousands(number, done));
    if (total >= 0)
        text_printf(out, " of %s", text_thousands(of, total));
    int64_t rate = elapsed_us > 0 ? (int64_t)((double)done * 1e6 / (double)elapsed_us) : 0;
    if (elapsed_us < 1000000 || !rate)
        return;
    text_printf(out, ", %s/s", text_thousands(number, rate));
    if (total > done)
        text_printf(out, ", %s left", text_duration(number, (total - done) / rate + 1));
}

/* The bar, cut to the terminal's width: a line that wraps could not be taken back. */
static void draw(const char *category, int64_t done, int64_t total, int64_t elapsed_us)
{
    struct text line _cleanup_text_ = {0};
    text_printf(&line, "%s ", category);
    if (total > 0) {
        int64_t part = done < total ? done : total;
        int filled = (int)((double)part * BAR_WIDTH / (double)total);
        text_add_char(&line, '[');
        for (int i = 0; i < BAR_WIDTH; i++)
            text_add_char(&line, i < filled ? '#' : '-');
        text_printf(&line, "] %3d %% ", (int)((double)part * 100 / (double)total));
    }
    describe(&line, done, total, elapsed_us);
    size_t most = (size_t)terminal_width() - 1;
    if (text_width(line.data) > most && line.length > most)
        line.data[most] = 0;
    fputs("\r\033[K", stderr);
    text_print_safe(stderr, line.data);
}

void progress_update(struct progress *progress, const char *category, int64_t done, int64_t total,
                     int64_t elapsed_us)
{
    int64_t now = clock_monotonic_us();
    int64_t pause = progress->terminal ? REDRAW_US : LINE_US;
    if (progress->silent || (progress->printed_us && now - progress->printed_us < pause))
        return;
    progress->printed_us = now;
    if (progress->terminal) {
        draw(category, done, total, elapsed_us);
        progress->shown = true;
        fflush(stderr);
        return;
    }
    struct text line _cleanup_text_ = {0};
    describe(&line, done, total, elapsed_us);
    fprintf(stderr, "%s: %s\n", category, line.data);
}

void progress_clear(struct progress *progress)
{
    if (progress->shown)
        fputs("\r\033[K", stderr);
    progress->shown = false;
    progress->printed_us = 0;
}
