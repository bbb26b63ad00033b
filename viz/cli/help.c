/* viz/cli/help.c -- what --help prints: examples first, 96 columns at most. */
#include <stdlib.h>
#include <string.h>

#include "core/base/version.h"
#include "viz/cli/table.h"

enum { WIDTH = 96, INDENT = 28, TEXT_MAX = 600 };

const char *ds_help_flag(const struct ds_opt *row, char *to, size_t size)
{
    const bool flag = ds_opt_is_flag(row), words = flag && row->choice;
    const bool set = flag && row->fallback && (words || !strcmp(row->fallback, "yes"));
    char letter[8] = "";

    if (row->letter)
        snprintf(letter, sizeof letter, "-%c, ", row->letter);
    snprintf(to, size, "%s--%s%s%s%s", letter, set ? "[no-]" : "", row->key,
             words ? "[=HOW]" : flag ? "" : " ", flag ? "" : row->arg);
    return to;
}

static void add(char *to, size_t size, const char *a, const char *b)
{
    const size_t used = strlen(to);

    snprintf(to + used, size - used, "%s%s", a, b);
}

static void add_range(char *to, size_t size, const struct ds_opt *row, const char *join)
{
    char range[64];

    if (row->lo == row->hi)
        return;
    if (row->hi >= 1e9) /* a limit of the type, not of the subject */
        snprintf(range, sizeof range, "%.9g or more", row->lo);
    else
        snprintf(range, sizeof range, "%.9g to %.9g", row->lo, row->hi);
    add(to, size, join, range);
}

const char *ds_help_text(const struct ds_opt *row, char *to, size_t size)
{
    const bool flag = row->type == DS_OPT_BOOL;
    const char *shown = !flag && row->fallback ? row->fallback : "", *join = " or ";
    char about[TEXT_MAX] = "";

    add(about, sizeof about, shown, "");
    add_range(about, sizeof about, row, *about ? "; " : "");
    for (int i = 0; row->choice && row->choice[i]; i++)
        if (strcmp(row->choice[i], shown) != 0) {
            add(about, sizeof about, join, row->choice[i]);
            join = ", ";
        }
    snprintf(to, size, "%s%s%s%s", row->help, *about ? " (" : "", about, *about ? ")" : "");
    return to;
}

/* Words from `column` on, wrapped to WIDTH and indented. */
static void wrap(FILE *out, const char *text, int column, int indent)
{
    int at = column;

    while (*text) {
        const int n = (int)strcspn(text, " ");

        if (at > indent && at + 1 + n > WIDTH) {
            fprintf(out, "\n%*s", indent, "");
            at = indent;
        } else if (at > indent) {
            fputc(' ', out);
            at++;
        }
        fprintf(out, "%.*s", n, text);
        at += n;
        text += n + (text[n] == ' ');
    }
    fputc('\n', out);
}

/* "  left      right right right": left may be longer than its column. */
static void entry(FILE *out, const char *left, const char *right, int indent)
{
    const int n = (int)strlen(left) + 2;

    fprintf(out, "  %s", left);
    if (n + 2 > indent)
        fprintf(out, "\n%*s", indent, "");
    else
        fprintf(out, "%*s", indent - n, "");
    wrap(out, right, indent, indent);
}

static void lines(FILE *out, const char *text)
{
    while (text && *text) {
        const int n = (int)strcspn(text, "\n");

        fprintf(out, "  %.*s\n", n, text);
        text += n + (text[n] == '\n');
    }
}

static void options(FILE *out, const struct ds_opt *row)
{
    const char *group = NULL;
    char left[128], right[TEXT_MAX];

    for (bool first = true; row->key; row++, first = false) {
        const char *heading = row->group ? row->group : first ? "Options" : group;

        if (!group || strcmp(heading, group) != 0)
            fprintf(out, "\n%s\n", heading);
        group = heading;
        entry(out, ds_help_flag(row, left, sizeof left), ds_help_text(row, right, sizeof right),
              INDENT);
    }
}

int ds_help_one(FILE *out, const struct ds_cmd *c, struct ds_err *err)
{
    size_t size, at;
    struct ds_opt *rows = ds_cmd_rows(c, &size, &at);

    if (!rows)
        return ds_fail(err, DS_NOMEM, "out of memory");
    fprintf(out, "driftscope %s -- %s\n\n", c->name, c->about ? c->about : "for its makers");
    if (c->examples && *c->examples) {
        fputs("examples\n", out);
        lines(out, c->examples);
        fputc('\n', out);
    }
    fprintf(out, "usage: driftscope %s [options]%s%s\n", c->name, *c->operands ? " " : "",
            c->operands);
    options(out, rows);
    fputs("\nExit codes: driftscope --help. Everything: man driftscope.\n", out);
    free(rows);
    return 0;
}

int ds_help_all(FILE *out)
{
    fputs("driftscope " DS_VERSION " -- shows, measures and prevents attention drift in Vision "
          "Transformers\n\n"
          "start here\n"
          "  driftscope doctor                                            is this machine ready\n"
          "  driftscope train --preset fashion5 --out runs/a              learn five tasks\n"
          "  driftscope drift runs/a                                      how far did it look away\n"
          "  driftscope view runs/a                                       watch it happen\n"
          "  driftscope figure overlay-grid runs/a -o overlay.pdf         print it\n\n"
          "usage: driftscope COMMAND [options] [operands]\n\ncommands\n", out);
    for (int i = 0; ds_cmds[i]; i++)
        if (ds_cmds[i]->about)
            entry(out, ds_cmds[i]->name, ds_cmds[i]->about, 12);
    fputs("\ndriftscope COMMAND --help shows its examples and options. -q says less, -v more.\n"
          "Results go to standard output, everything else to standard error.\n\nexit codes\n", out);
    for (const struct ds_exit *e = ds_exits; e->means; e++) {
        char code[16];

        snprintf(code, sizeof code, "%d", e->code);
        entry(out, code, e->means, 12);
    }
    fputs("\nenvironment\n", out);
    for (const struct ds_variable *v = ds_variables; v->name; v++)
        entry(out, v->name, v->means, 20);
    return 0;
}
