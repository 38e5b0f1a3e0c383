/* retentionctl config: what may stand in the main file. */
#include "base/cleanup.h"
#include "cli/json.h"
#include "cli/output.h"
#include "config/settings.h"

static void add_setting(const struct setting_info *info, void *arg)
{
    json_array_append_new(
        arg, json_pack("{ss ss so so so so sb so}", "name", info->name, "type", info->type, "least",
                       json_text(info->least), "most", json_text(info->most), "default",
                       json_text(info->default_value), "reload", json_text(info->reload),
                       "available", info->available, "help", json_text(info->help)));
}

bool command_config(struct cli *cli, struct error *error)
{
    (void)error;
    if (!cli->json) {
        settings_print_defaults(stdout);
        return true;
    }
    json_t *list = json_array();
    settings_describe(add_setting, list);
    json_object_set_new(output_document(cli), "settings", list);
    return true;
}
