/* viz/cli/man.c -- driftscope man: the manual page, written from the tables.
 *
 * share/man/driftscope.1 is its output; a test fails when the two differ. */
#include <stdlib.h>
#include <string.h>

#include "core/base/version.h"
#include "viz/cli/table.h"
#include "viz/viewer/command_list.h"

/* In roff a backslash and a leading dot or quote are commands, and a bare - is a hyphen. */
static void roff(const char *text)
{
    for (bool first = true; *text; text++) {
        if (first && (*text == '.' || *text == '\''))
            fputs("\\&", stdout);
        first = *text == '\n';
        if (*text == '\\')
            fputs("\\e", stdout);
        else if (*text == '-')
            fputs("\\-", stdout);
        else
            putchar(*text);
    }
}

static void item(const char *name, const char *about)
{
    fputs(".TP\n.B ", stdout);
    roff(name);
    putchar('\n');
    roff(about);
    putchar('\n');
}

static void rows(const struct ds_opt *row)
{
    char left[128], right[600];

    for (; row->key; row++) {
        if (row->group) {
            fputs(".PP\n.I ", stdout);
            roff(row->group);
            putchar('\n');
        }
        item(ds_help_flag(row, left, sizeof left), ds_help_text(row, right, sizeof right));
    }
}

static void command(const struct ds_cmd *c)
{
    printf(".SS ");
    roff(c->name);
    fputc('\n', stdout);
    roff(c->about);
    fputs(".\n.PP\n.B driftscope ", stdout);
    roff(c->name);
    fputs(" [options] ", stdout);
    roff(c->operands);
    fputs("\n.PP\n", stdout);
    if (c->examples && *c->examples) {
        fputs(".EX\n", stdout);
        roff(c->examples);
        fputs(c->examples[strlen(c->examples) - 1] == '\n' ? ".EE\n" : "\n.EE\n", stdout);
    }
    if (c->table)
        rows(c->table);
}

static void head(void)
{
    fputs(".\\\" Written by `driftscope man`. Change the tables in viz/cli, not this file.\n"
          ".TH DRIFTSCOPE 1 \"\" \"driftscope " DS_VERSION "\" \"User Commands\"\n"
          ".SH NAME\ndriftscope \\- shows, measures and prevents attention drift in Vision "
          "Transformers\n"
          ".SH SYNOPSIS\n.B driftscope\n.I COMMAND\n[options] [operands]\n"
          ".SH DESCRIPTION\n"
          "driftscope trains Vision Transformers over a stream of tasks, with attention retention "
          "(ARCL\\-ViT, AAAI 2026) or a baseline, keeps every checkpoint, measures how far "
          "attention moved between any two of them, and draws the figures. Results go to standard "
          "output, progress and notes to standard error.\n"
          ".PP\nEvery option of a command has a default, given in brackets. Flags go before a "
          "configuration file, a configuration file before a preset, a preset before the default. "
          "\\-\\-flag=no and \\-\\-no\\-flag are the same; \\-\\- ends the options.\n"
          ".SH COMMANDS\n", stdout);
}

/* What the viewer's keys do; commands without one are run by name (: or --script). */
static void viewer_keys(void)
{
#define ROW(name, keys, group, help, flags, act, param) {name, keys, group, help},
    static const struct {
        const char *name, *keys, *group, *help;
    } row[] = {DS_COMMAND_LIST(ROW)};
#undef ROW
    const char *group = "";

    fputs(".SH KEYS OF THE VIEWER\nA number before a step repeats it. Colon finds any command by "
          "its name; \\-\\-script runs them, too.\n", stdout);
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        char keys[64], text[160];
        size_t n = 0;

        for (const char *c = row[i].keys; *c && n + 3 < sizeof keys; c++) {
            if (*c == '|') {
                keys[n++] = ',';
                keys[n++] = ' ';
            } else {
                keys[n++] = *c;
            }
        }
        keys[n] = 0;
        if (strcmp(group, row[i].group) != 0) {
            fputs(".PP\n.I ", stdout);
            roff(row[i].group);
            putchar('\n');
        }
        group = row[i].group;
        snprintf(text, sizeof text, "%s%s%s", row[i].help, n ? "; " : "", n ? row[i].name : "");
        item(n ? keys : row[i].name, text);
    }
}

static int run(void *opt, int n, char **operand, const struct ds_tone *tone, struct ds_err *err)
{
    size_t size, at, own = 0;
    struct ds_opt *common = ds_cmd_rows(&ds_cmd_man, &size, &at);

    (void)opt, (void)n, (void)operand, (void)tone;
    if (!common)
        return ds_fail(err, DS_NOMEM, "out of memory");
    while (ds_cmd_man.table && ds_cmd_man.table[own].key)
        own++;
    head();
    for (int i = 0; ds_cmds[i]; i++)
        if (ds_cmds[i]->about)
            command(ds_cmds[i]);
    fputs(".SH OPTIONS OF EVERY COMMAND\n", stdout);
    common[own].group = NULL; /* the section says it */
    rows(common + own);
    free(common);
    viewer_keys();
    fputs(".SH EXIT STATUS\n", stdout);
    for (const struct ds_exit *e = ds_exits; e->means; e++) {
        char code[16];

        snprintf(code, sizeof code, "%d", e->code);
        item(code, e->means);
    }
    fputs(".SH ENVIRONMENT\n", stdout);
    for (const struct ds_variable *v = ds_variables; v->name; v++)
        item(v->name, v->means);
    fputs(".SH FILES\n", stdout);
    item("RUN/run.h5", "what a run found out: configuration, classes, accuracy, attention maps, "
                       "curves. Opens in h5py, h5dump and HDFView");
    item("RUN/checkpoints/", "weights after each task, and what resuming needs");
    return 0;
}

const struct ds_cmd ds_cmd_man = {.name = "man", .operands = "", .run = run};
