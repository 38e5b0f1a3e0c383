#include "service/journal.h"

#include "config.h"

#ifdef HAVE_LIBSYSTEMD

#define SD_JOURNAL_SUPPRESS_LOCATION
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <systemd/sd-journal.h>
#include <unistd.h>

#include "base/log.h"
#include "base/text.h"

enum { MOST_FIELDS = 8 };

struct record {
    struct text fields[MOST_FIELDS];
    size_t count;
};

static void add(struct record *record, const char *name, const char *value)
{
    if (value && *value)
        text_printf(&record->fields[record->count++], "%s=%s", name, value);
}

static void send(enum log_level level, const struct log_about *about, const char *message)
{
    static const char *const priorities[] = {[LOG_LEVEL_ERROR] = "3",
                                             [LOG_LEVEL_WARNING] = "4",
                                             [LOG_LEVEL_INFO] = "6",
                                             [LOG_LEVEL_DEBUG] = "7"};
    struct record record = {0};
    struct iovec parts[MOST_FIELDS];
    add(&record, "MESSAGE", message);
    add(&record, "PRIORITY", priorities[level]);
    add(&record, "SYSLOG_IDENTIFIER", "retentiond");
    add(&record, "MESSAGE_ID", log_event_id(about->event));
    add(&record, "RETENTIOND_CATEGORY", about->category);
    add(&record, "RETENTIOND_RUN", about->run);
    add(&record, "RETENTIOND_SQLSTATE", about->sqlstate);
    for (size_t i = 0; i < record.count; i++)
        parts[i] = (struct iovec){record.fields[i].data, record.fields[i].length};
    if (sd_journal_sendv(parts, (int)record.count) < 0)
        fprintf(stderr, "<%s>%s\n", priorities[level], message);
    for (size_t i = 0; i < record.count; i++)
        text_free(&record.fields[i]);
}

void journal_open(void)
{
    const char *stream = getenv("JOURNAL_STREAM");
    unsigned long long device, inode;
    struct stat sb;
    if (stream && sscanf(stream, "%llu:%llu", &device, &inode) == 2 &&
        fstat(STDERR_FILENO, &sb) == 0 && sb.st_dev == device && sb.st_ino == inode)
        log_set_sink(send);
}

#else

void journal_open(void)
{
}

#endif
