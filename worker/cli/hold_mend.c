/* retentionctl hold mend: what batches read of holds is worked out anew, after somebody altered it.
 */
#include <stdio.h>

#include "base/text.h"
#include "cli/json.h"
#include "cli/output.h"
#include "cli/session.h"

bool command_hold_mend(struct cli *cli, struct error *error)
{
    struct session session _cleanup_session_ = {0};
    if (!session_open(&session, cli, SESSION_SCHEMA, error) || !session_bound(&session, error))
        return false;
    PGresult *result _cleanup_result_ = session_file(&session, "cli/hold_mend.sql", 0, NULL, error);
    if (!result)
        return false;
    const char *count = PQgetvalue(result, 0, 0);
    if (cli->json)
        json_object_set_new(output_document(cli), "mended", json_number(count));
    else if (text_equal(count, "0"))
        puts("What holds cover is what they say. There was nothing to mend.");
    else
        printf(
            "Mended in %s %s. Records that are gone meanwhile are not back: look into the log.\n",
            count, text_equal(count, "1") ? "category" : "categories");
    return true;
}
