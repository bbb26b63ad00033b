/* viz/cli/complete.c -- driftscope complete bash: the shell completion, from the tables.
 *
 * share/completion/driftscope.bash is its output; a test fails when the two differ. */
#include <stdlib.h>
#include <string.h>

#include "viz/cli/preset.h"
#include "viz/cli/table.h"

static void option_words(const struct ds_opt *row)
{
    for (; row->key; row++) {
        const bool set = row->type == DS_OPT_BOOL && row->fallback && !strcmp(row->fallback, "yes");

        printf(" --%s%s", set ? "no-" : "", row->key);
    }
}

/* What may follow --key: its words, or files. */
static void option_values(const char *command, const struct ds_opt *row)
{
    for (; row->key; row++) {
        if (ds_opt_is_flag(row) || (!row->choice && strcmp(row->key, "preset") != 0))
            continue;
        printf("    %s:--%s) words='", command, row->key);
        for (int i = 0; row->choice && row->choice[i]; i++)
            printf("%s%s", i ? " " : "", row->choice[i]);
        for (int i = 0; !row->choice && ds_presets[i].name; i++)
            printf("%s%s", i ? " " : "", ds_presets[i].name);
        puts("' ;;");
    }
}

static int bash(struct ds_err *err)
{
    fputs("# Written by `driftscope complete bash`. Change the tables in viz/cli, not this file.\n"
          "_driftscope()\n{\n"
          "    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} words=\n"
          "    local commands='", stdout);
    for (int i = 0; ds_cmds[i]; i++)
        if (ds_cmds[i]->about)
            printf("%s%s", i ? " " : "", ds_cmds[i]->name);
    fputs("'\n\n    COMPREPLY=()\n"
          "    if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
          "        COMPREPLY=($(compgen -W \"$commands help --help --version\" -- \"$word\"))\n"
          "        return\n    fi\n"
          "    case ${COMP_WORDS[1]}:$before in\n"
          "    help:*) words=$commands ;;\n", stdout);
    for (int i = 0; ds_cmds[i]; i++)
        if (ds_cmds[i]->about && ds_cmds[i]->table)
            option_values(ds_cmds[i]->name, ds_cmds[i]->table);
    fputs("    esac\n"
          "    if [ -z \"$words\" ] && [[ $word == -* ]]; then\n"
          "        case ${COMP_WORDS[1]} in\n", stdout);
    for (int i = 0; ds_cmds[i]; i++) {
        size_t size, at;
        struct ds_opt *rows;

        if (!ds_cmds[i]->about)
            continue;
        if (!(rows = ds_cmd_rows(ds_cmds[i], &size, &at)))
            return ds_fail(err, DS_NOMEM, "out of memory");
        printf("        %s) words='", ds_cmds[i]->name);
        option_words(rows);
        puts("' ;;");
        free(rows);
    }
    fputs("        esac\n    fi\n"
          "    if [ -n \"$words\" ]; then\n"
          "        COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n"
          "    else\n"
          "        COMPREPLY=($(compgen -f -- \"$word\"))\n"
          "        compopt -o filenames 2>/dev/null\n"
          "    fi\n}\ncomplete -F _driftscope driftscope\n", stdout);
    return 0;
}

static int run(void *opt, int n, char **operand, const struct ds_tone *tone, struct ds_err *err)
{
    (void)opt, (void)n, (void)tone;
    if (strcmp(operand[0], "bash") != 0)
        return ds_fail(err, DS_USAGE, "complete knows bash, not '%s'", operand[0]);
    return bash(err);
}

const struct ds_cmd ds_cmd_complete = {
    .name = "complete", .operands = "SHELL", .least = 1, .most = 1, .run = run};
