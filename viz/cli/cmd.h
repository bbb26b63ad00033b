/* viz/cli/cmd.h -- the command table. For viz/cli only.
 *
 * A command is a row: its name, its option table, and a function. main.c fills the options
 * struct (defaults, then `before`, then flags), checks the number of operands, calls `run`,
 * and turns a failure into one line on stderr and an exit code. Results go to stdout,
 * everything else to stderr through viz/cli/tty.h. */
#ifndef DS_VIZ_CLI_CMD_H
#define DS_VIZ_CLI_CMD_H

#include <stddef.h>
#include "core/base/err.h"
#include "core/base/opt.h"
#include "viz/cli/tty.h"

struct ds_cmd {
    const char *name;
    const char *operands; /* "RUN [RUN2]" as shown in the usage line */
    const char *about;    /* one line; NULL: not shown in --help */
    const char *examples; /* lines "driftscope ...", shown first in --help */
    const struct ds_opt *table;
    size_t size; /* of the options struct the table fills */
    int least, most; /* operands; most -1: any number */

    /* Called after the defaults, before the flags, with the untouched arguments: for options
     * that bring values of other options (--preset, --config). May be NULL. */
    int (*before)(void *opt, int argc, char **argv, struct ds_err *err);

    int (*run)(void *opt, int n, char **operand, const struct ds_tone *tone,
               struct ds_err *err);
};

/* One per cmd_*.c, listed in table.c in the order of --help. */
extern const struct ds_cmd ds_cmd_train, ds_cmd_study, ds_cmd_eval, ds_cmd_import, ds_cmd_attend,
    ds_cmd_drift, ds_cmd_transplant, ds_cmd_decompose, ds_cmd_figure, ds_cmd_report,
    ds_cmd_view, ds_cmd_export, ds_cmd_info,
    ds_cmd_data, ds_cmd_bench, ds_cmd_doctor;

/* For the makers: the man page and the shell completion, from the tables. */
extern const struct ds_cmd ds_cmd_man, ds_cmd_complete;

#endif
