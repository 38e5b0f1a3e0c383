/* What messages mean, and what to do: the journal's catalog and the manual page are made of this.
 */
#include <stddef.h>

#include "base/log.h"
#include "base/mdoc.h"

static const struct {
    const char *id, *subject, *text;
} events[LOG_EVENT_COUNT] = {
    [LOG_EVENT_LEADING] =
        {"91d6b2fff30946b9bbddec5e6035daf7", "This worker leads",
         "Of the workers of this database, this one acts. Nothing needs to be done."},
    [LOG_EVENT_STANDING_BY] =
        {"d1e5c0f55b4945e7872e68d83de11eec", "Another worker leads",
         "This worker waits to take over. Nothing needs to be done. If no worker should run "
         "elsewhere, the message names its host: stop it there."},
    [LOG_EVENT_CONNECTION] =
        {"89f85cc971b3468fb396b782633ee300", "The database server cannot be reached",
         "The worker tries again by itself, at least every 30 seconds, and tells so every 10 "
         "minutes. What was not committed was rolled back; nothing is lost. The message says what "
         "failed. Look whether the server runs, accepts connections of this role "
         "(pg_hba.conf, its certificate, its password file) and has connections left. A server "
         "that is in recovery, or read-only, is waited for until it is promoted; with several "
         "hosts in database.conninfo, set target_session_attrs=read-write there."},
    [LOG_EVENT_RUN_ENDED] =
        {"9e1b498b015345f382d49c8887c4a88c", "A category was enforced",
         "The run ended as it should. \"retentionctl log list\" shows its entries."},
    [LOG_EVENT_RUN_STOPPED] =
        {"6ec4ba17f1c2492d9546a4428f92f35a", "A category was not enforced, or not to the end",
         "A brake, a pause, a missing approval, a missing file or an invalid policy keeps it. "
         "\"retentionctl status\" says which, and the command that goes on."},
    [LOG_EVENT_RUN_FAILED] =
        {"64a4fb7da2e249b4b077473219884cde", "A run failed",
         "It is tried again by itself after ten times as long as it took, five minutes at least "
         "and worker.wake_most at most. What was deleted has its log entry; the rest was rolled "
         "back. The message has the SQLSTATE, where the server refused something; \"retentionctl "
         "check\" says what is wrong with policies, grants and schema."},
    [LOG_EVENT_POLICY] =
        {"b1c94aadc1d842dc835a9dcdd038bee7", "A policy has errors or warnings",
         "The message begins with file and line. A category with an error deletes nothing; the "
         "others go on. Mend the file, look with \"retentionctl check\", then reload the service."},
    [LOG_EVENT_GUARD] =
        {"6c54d5b6fcc3404b9f59f17eb89e0c12", "The guard of a category is not in place",
         "The worker keeps what is held all the same, but other roles are not kept from deleting "
         "it. Let the tables' owner run what \"retentionctl setup --sql\" prints."},
    [LOG_EVENT_LOG] =
        {"a0eec75f39c447f68c2c3d67ccc56ebc", "The deletion log cannot be signed",
         "No run starts until it can. \"retentionctl status\" says why: a full disk or missing "
         "directory mends itself once there is room; a database that was restored needs "
         "\"retentionctl log recover\"; a missing key must be put back. See retention-log(7)."},
    [LOG_EVENT_ANCHOR] =
        {"740238ef8c1c44fd98d37a7de1a82298", "A checkpoint could not be anchored",
         "The command of log.anchor failed; it is tried again. Where log.anchor_max_age is set, "
         "runs stop when the last anchored checkpoint is older."},
    [LOG_EVENT_RELOADED] =
        {"85e90aec7dd44e0ca0e3bebc259bb99f", "Configuration and policies were reloaded",
         "They count from the next batch on. Settings that are read at restart only, and were "
         "changed, are named: restart the service when it suits."},
    [LOG_EVENT_RELOAD_REFUSED] =
        {"d816334595cc420b9941c750815e8504", "A reload was refused",
         "The new configuration or a policy has errors, named with file and line. The worker goes "
         "on with what it had. Mend it, look with \"retentionctl check\", and reload again. Until "
         "then a restart would not start."},
    [LOG_EVENT_STOPPING] =
        {"6736f24bcfde42819f018b3451b404dc", "The worker was told to stop",
         "It finishes the batches under way, closes the run, signs the log and gives the "
         "leadership up."},
    [LOG_EVENT_STOP_CANCELS] =
        {"b31dd783a2fd4d94a87cb61632fcd7ee", "Statements were cancelled in order to stop",
         "They took longer than worker.stop_within. What they did was rolled back, and the next "
         "worker does it again."},
};

const char *log_event_id(enum log_event event)
{
    return events[event].id;
}

/* One paragraph of at most 76 columns. */
static void print_paragraph(FILE *out, const char *text)
{
    size_t column = 0;
    while (*text) {
        size_t n = 0;
        while (text[n] && text[n] != ' ')
            n++;
        if (column && column + 1 + n > 76) {
            fputc('\n', out);
            column = 0;
        }
        fprintf(out, "%s%.*s", column ? " " : "", (int)n, text);
        column += n + (column > 0);
        text += n + (text[n] == ' ');
    }
    fputc('\n', out);
}

void log_print_catalog(FILE *out)
{
    fputs("# What the messages of retentiond mean: journalctl -x shows it.\n", out);
    for (int i = LOG_EVENT_NONE + 1; i < LOG_EVENT_COUNT; i++) {
        fprintf(out,
                "\n-- %s\nSubject: %s\nDefined-By: retentiond\nDocumentation: "
                "man:retentiond(8)\n\n",
                events[i].id, events[i].subject);
        print_paragraph(out, events[i].text);
    }
}

void log_print_man(FILE *out)
{
    fputs(".Bl -tag -width Ds\n", out);
    for (int i = LOG_EVENT_NONE + 1; i < LOG_EVENT_COUNT; i++) {
        fprintf(out, ".It %s\n.Li %s\n.Pp\n", events[i].subject, events[i].id);
        mdoc_print_text(out, events[i].text);
    }
    fputs(".El\n", out);
}
