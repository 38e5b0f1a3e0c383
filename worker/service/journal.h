/* Messages with fields, for the journal: MESSAGE_ID (explained by `journalctl -x`),
 * RETENTIOND_CATEGORY, RETENTIOND_RUN, RETENTIOND_SQLSTATE. */
#ifndef SERVICE_JOURNAL_H
#define SERVICE_JOURNAL_H

/* Where standard error is the journal, messages go to it with their fields from now on. */
void journal_open(void);

#endif
