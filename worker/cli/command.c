#include "config.h"

#include "cli/command.h"

#include <assert.h>
#include <errno.h>
#include <getopt.h>
#include <locale.h>
#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "cli/json.h"
#include "config/settings.h"

/* Getopt's values: global options as their letters, or these; the command's own from OWN_FIRST. */
enum { GLOBAL_JSON = 256, GLOBAL_VERSION, OWN_FIRST = 300 };

const struct command_option global_options[] = {
    {"config", 'c', "FILE", false, "read this main file instead of " DEFAULT_CONFIG_FILE},
    {"dbname", 'd', "CONNINFO", false,
     "connect with this connection string or URI; without it the main file that -c names "
     "counts, else libpq's environment (PGHOST, PGDATABASE, PGSERVICE, ...), else the usual main "
     "file"},
    {"json", 0, NULL, false, "print one JSON document instead of tables, errors included"},
    {"help", 'h', NULL, false, "explain the program, or the command before it"},
    {"version", 'V', NULL, false, "print the version"},
};
const size_t global_option_count = ARRAY_LENGTH(global_options);

/* The option's place in the command's row; OPTIONS_MOST where it has none of this name. */
static size_t option_place(const struct cli *cli, const char *name)
{
    for (size_t i = 0; i < OPTIONS_MOST && cli->command->options[i].name; i++)
        if (strcmp(cli->command->options[i].name, name) == 0)
            return i;
    return OPTIONS_MOST;
}

const char *cli_option(const struct cli *cli, const char *name)
{
    size_t place = option_place(cli, name);
    assert(place < OPTIONS_MOST && "an option that the command's row does not have");
    return cli->values[place];
}

bool cli_was_given(const struct cli *cli, const char *name)
{
    size_t place = option_place(cli, name);
    return place < OPTIONS_MOST && cli->values[place];
}

const char **cli_options(const struct cli *cli, const char *name, size_t *ret_count)
{
    size_t place = option_place(cli, name);
    assert(place < OPTIONS_MOST && "an option that the command's row does not have");
    *ret_count = cli->list_counts[place];
    return cli->lists[place];
}

bool cli_flag(const struct cli *cli, const char *name)
{
    return cli_option(cli, name) != NULL;
}

bool cli_number(const char *s, int64_t *ret_number)
{
    char *end;
    errno = 0;
    long long n = strtoll(s, &end, 10);
    if (errno || end == s || *end || *s < '0' || *s > '9')
        return false;
    *ret_number = n;
    return true;
}

const char *command_title(struct arena *arena, const struct command *command)
{
    if (!command->group)
        return command->name;
    if (!command->name)
        return command->group;
    return arena_printf(arena, "%s %s", command->group, command->name);
}

/* What one pass over the arguments is looking for. */
struct pass {
    struct option longs[ARRAY_LENGTH(global_options) + OPTIONS_MOST + 1];
    const char *names[ARRAY_LENGTH(global_options) + OPTIONS_MOST];
    size_t count;
    char shorts[64];
};

static void pass_add(struct pass *pass, const struct command_option *option, int value)
{
    pass->longs[pass->count] = (struct option){
        option->name, option->argument ? required_argument : no_argument, NULL, value};
    pass->names[pass->count++] = option->name;
    if (option->letter) {
        size_t n = strlen(pass->shorts);
        snprintf(pass->shorts + n, sizeof(pass->shorts) - n, "%c%s", option->letter,
                 option->argument ? ":" : "");
    }
}

/* "+:" stops at the first operand (the command's name), ":" takes options anywhere. */
static void pass_start(struct pass *pass, const char *behaviour, const struct command *command)
{
    static const int values[] = {'c', 'd', GLOBAL_JSON, 'h', 'V'};
    *pass = (struct pass){0};
    snprintf(pass->shorts, sizeof(pass->shorts), "%s", behaviour);
    for (size_t i = 0; i < global_option_count; i++)
        pass_add(pass, &global_options[i], values[i]);
    for (size_t i = 0; command && i < OPTIONS_MOST && command->options[i].name; i++)
        pass_add(pass, &command->options[i], OWN_FIRST + (int)i);
}

static bool refuse_option(const struct pass *pass, char **argv, int got, const char *help,
                          struct error *error)
{
    const char *written = argv[optind - 1];
    bool is_long = text_starts_with(written, "--");
    char letter[3] = {'-', (char)optopt, 0};
    if (got == ':')
        error_set(error, ERROR_USAGE, "option \"%s\" needs an argument",
                  is_long ? written : letter);
    else if (is_long && optopt)
        error_set(error, ERROR_USAGE, "option \"%.*s\" takes no argument",
                  (int)strcspn(written, "="), written);
    else
        error_set(error, ERROR_USAGE, "unknown option \"%.*s\"",
                  is_long ? (int)strcspn(written, "=") : 2, is_long ? written : letter);
    const char *nearest = NULL;
    if (got == '?' && is_long && !optopt) {
        char name[64];
        snprintf(name, sizeof(name), "%.*s", (int)strcspn(written + 2, "="), written + 2);
        nearest = text_nearest(name, pass->names, pass->count);
    }
    if (nearest)
        error_hint(error, "Perhaps \"--%s\"; see \"%s\".", nearest, help);
    else
        error_hint(error, "See \"%s\".", help);
    return false;
}

static bool may_repeat(const struct command_option *option)
{
    return !option->argument || text_ends_with(option->argument, "...");
}

/* The last one alone would count, and who gave both would not know. */
static bool refuse_twice(const char *option, const char *help, struct error *error)
{
    error_set(error, ERROR_USAGE, "--%s is given twice, and has one value", option);
    if (text_ends_with(option, "-from"))
        error_hint(error, "Join the files: cat FILE1 FILE2 | ... --%s -", option);
    else
        error_hint(error, "Run the command once for each; \"%s\" says what it takes.", help);
    return false;
}

enum wish { WISH_COMMAND, WISH_HELP, WISH_VERSION };

/* Reads options into cli; own options only where `command` is given. */
static bool read_options(struct cli *cli, const struct command *command, const char *behaviour,
                         int argc, char **argv, enum wish *wish, struct error *error)
{
    struct pass pass;
    pass_start(&pass, behaviour, command);
    const char *help = command ? arena_printf(cli->arena, "retentionctl %s --help",
                                              command_title(cli->arena, command))
                               : "retentionctl --help";
    opterr = 0;
    optind = 0;
    for (int got; (got = getopt_long(argc, argv, pass.shorts, pass.longs, NULL)) != -1;) {
        switch (got) {
        case 'c':
            cli->config_file = optarg;
            cli->config_file_given = true;
            break;
        case 'd':
            cli->conninfo = optarg;
            break;
        case GLOBAL_JSON:
            cli->json = true;
            break;
        case 'h':
            *wish = WISH_HELP;
            break;
        case 'V':
            *wish = WISH_VERSION;
            break;
        case ':':
        case '?':
            return refuse_option(&pass, argv, got, help, error);
        default:
            /* a short form of the command's own gives its value too: getopt returns the letter
             * for it, so that it is looked up here */
            for (size_t i = 0; command && i < OPTIONS_MOST && command->options[i].name; i++)
                if (got == OWN_FIRST + (int)i || got == command->options[i].letter) {
                    cli->values[i] = optarg ? optarg : "";
                    cli->lists[i] = arena_push(cli->arena, cli->lists[i], &cli->list_counts[i],
                                               sizeof(*cli->lists[i]));
                    cli->lists[i][cli->list_counts[i] - 1] = cli->values[i];
                    if (cli->list_counts[i] > 1 && !may_repeat(&command->options[i]))
                        return refuse_twice(command->options[i].name, help, error);
                }
        }
    }
    return true;
}

static bool is_group(const char *word)
{
    size_t count;
    const struct command *table = command_table(&count);
    for (size_t i = 0; i < count; i++)
        if (text_equal(table[i].group, word))
            return true;
    return false;
}

/* The command of these words; the number of words that named it in *ret_words. */
static const struct command *find_command(const struct cli *cli, char **words, int word_count,
                                          int *ret_words, struct error *error)
{
    size_t count;
    const struct command *table = command_table(&count);
    const char *first = words[0], *second = word_count > 1 ? words[1] : NULL;
    const char **names = arena_alloc(cli->arena, count * sizeof(*names));
    size_t name_count = 0;
    bool group = is_group(first);
    for (size_t i = 0; i < count; i++) {
        const struct command *c = &table[i];
        if (!group) {
            if (!c->group && strcmp(c->name, first) == 0) {
                *ret_words = 1;
                return c;
            }
            names[name_count++] = c->group ? c->group : c->name;
        } else if (text_equal(c->group, first) && second) {
            if (!c->name || strcmp(c->name, second) == 0) {
                *ret_words = 2;
                return c;
            }
            names[name_count++] = c->name;
        }
    }
    if (group && !second) {
        error_set(error, ERROR_USAGE, "command \"%s\" needs a second word", first);
        error_hint(error, "See \"retentionctl %s --help\".", first);
        return NULL;
    }
    const char *word = group ? second : first;
    const char *nearest = text_nearest(word, names, name_count);
    error_set(error, ERROR_USAGE, "unknown command \"%s%s%s\"", group ? first : "",
              group ? " " : "", word);
    if (nearest)
        error_hint(error, "Perhaps \"%s%s%s\"; all of them: \"retentionctl --help\".",
                   group ? first : "", group ? " " : "", nearest);
    else
        error_hint(error, "All commands: \"retentionctl --help\".");
    return NULL;
}

static bool check_operands(const struct cli *cli, struct error *error)
{
    const struct command *command = cli->command;
    const char *title = command_title(cli->arena, command);
    for (size_t i = 0; i < OPTIONS_MOST && command->options[i].name; i++) {
        const struct command_option *option = &command->options[i];
        if (option->required && !cli->values[i]) {
            error_set(error, ERROR_USAGE, "\"%s\" needs --%s%s%s", title, option->name,
                      option->argument ? " " : "", option->argument ? option->argument : "");
            error_hint(error, "See \"retentionctl %s --help\".", title);
            return false;
        }
        if (option->required && option->argument && !cli->values[i][0])
            return error_set(error, ERROR_USAGE, "--%s must not be empty", option->name);
    }
    if (cli->operand_count < command->least)
        error_set(error, ERROR_USAGE, "\"%s\" needs %s", title, command->operands);
    else if (cli->operand_count > command->most)
        error_set(error, ERROR_USAGE, "\"%s\" takes no \"%s\"", title,
                  cli->operands[command->most]);
    else
        return true;
    error_hint(error, "Usage: retentionctl %s %s", title, command->operands);
    return false;
}

/* "help", "help status", "help policy list", "policy --help", "--help". */
static bool print_help(struct cli *cli, char **words, int word_count, struct error *error)
{
    if (word_count == 0) {
        help_print_overview(stdout);
        return true;
    }
    if (word_count == 1 && is_group(words[0])) {
        help_print_group(stdout, words[0]);
        return true;
    }
    int used;
    const struct command *command = find_command(cli, words, word_count, &used, error);
    if (!command)
        return false;
    if (command->name)
        help_print_command(stdout, command);
    else
        help_print_group(stdout, command->group);
    return true;
}

static bool run(struct cli *cli, int argc, char **argv, struct error *error)
{
    enum wish wish = WISH_COMMAND;
    if (!read_options(cli, NULL, "+:", argc, argv, &wish, error))
        return false;
    char **words = argv + optind;
    int word_count = argc - optind;
    if (wish == WISH_VERSION) {
        puts("retentionctl (" PACKAGE_NAME ") " PACKAGE_VERSION);
        return true;
    }
    if (word_count && strcmp(words[0], "help") == 0)
        return print_help(cli, words + 1, word_count - 1, error);
    bool group_help = word_count == 2 && is_group(words[0]) &&
                      (strcmp(words[1], "--help") == 0 || strcmp(words[1], "-h") == 0);
    if (wish == WISH_HELP || group_help)
        return print_help(cli, words, group_help ? 1 : word_count, error);
    if (!word_count) {
        error_set(error, ERROR_USAGE, "no command given");
        error_hint(error, "All commands: \"retentionctl --help\".");
        return false;
    }

    int used;
    const struct command *command = find_command(cli, words, word_count, &used, error);
    if (!command)
        return false;
    cli->command = command;
    if (command->run) {
        /* the last word of the name stands where getopt expects the program's */
        if (!read_options(cli, command, ":", word_count - used + 1, words + used - 1, &wish, error))
            return false;
        cli->operands = words + used - 1 + optind;
        cli->operand_count = word_count - used + 1 - optind;
    }
    if (!command->run && word_count > used &&
        (!strcmp(words[used], "--help") || !strcmp(words[used], "-h")))
        wish = WISH_HELP;
    if (wish == WISH_HELP) {
        help_print_command(stdout, command);
        return true;
    }
    if (!command->run) {
        error_set(error, ERROR_FAILED, "\"%s%s%s\" is not available in this version",
                  command->group ? command->group : command->name, used == 2 ? " " : "",
                  used == 2 ? words[1] : "");
        return false;
    }
    return check_operands(cli, error) && command->run(cli, error);
}

static bool json_was_asked(int argc, char **argv)
{
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
        if (strcmp(argv[i], "--json") == 0)
            return true;
    return false;
}

int cli_main(int argc, char **argv)
{
    setlocale(LC_CTYPE, "");
    /* an error in the options is reported as JSON too, wherever --json stands */
    struct cli cli = {.arena = arena_new(),
                      .config_file = DEFAULT_CONFIG_FILE,
                      .json = json_was_asked(argc, argv)};
    struct error error _cleanup_error_ = {0};
    bool done = run(&cli, argc, argv, &error);
    if (cli.json)
        json_finish(&cli, done ? NULL : &error);
    else if (!done) {
        fflush(stdout);
        diags_print(&cli.diags);
        error_print("retentionctl", &error);
    }
    int code = done ? 0 : error_exit_code(&error);
    if (fflush(stdout) != 0 || ferror(stdout)) {
        fputs("retentionctl: could not write to standard output\n", stderr);
        code = code ? code : 1;
    }
    json_decref(cli.document);
    settings_free(cli.settings);
    diags_free(&cli.diags);
    arena_free(cli.arena);
    return code;
}
