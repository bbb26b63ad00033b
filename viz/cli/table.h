/* viz/cli/table.h -- all commands, and what every one of them has in common. For viz/cli only.
 *
 * --help, the man page and the completion are printed from here: nothing about a command or
 * an option is written twice. */
#ifndef DS_VIZ_CLI_TABLE_H
#define DS_VIZ_CLI_TABLE_H

#include <stdbool.h>
#include <stdio.h>
#include "viz/cli/cmd.h"

/* NULL at the end. A command without `about` is for the makers of the program: not in --help. */
extern const struct ds_cmd *const ds_cmds[];

const struct ds_cmd *ds_cmd_lookup(const char *name);
const char *ds_cmd_nearest(const char *name); /* "did you mean", or NULL */

/* Flags of every command; they lie behind the command's own options. */
struct ds_global {
    bool quiet, verbose, help;
};

/* The command's rows followed by the global ones, in fresh memory (free it), or NULL. The rows
 * fill one block of *size bytes: the options struct first, struct ds_global at *global. */
struct ds_opt *ds_cmd_rows(const struct ds_cmd *c, size_t *size, size_t *global);

struct ds_exit {
    int code;
    const char *means;
};
extern const struct ds_exit ds_exits[]; /* NULL means ends it */

struct ds_variable {
    const char *name, *means;
};
extern const struct ds_variable ds_variables[]; /* environment; NULL name ends it */

/* "-b, --batch N" */
const char *ds_help_flag(const struct ds_opt *row, char *to, size_t size);
/* "images per step (64; 1 to 4096)", "how to learn (arcl or finetune, frozen)": default first */
const char *ds_help_text(const struct ds_opt *row, char *to, size_t size);

int ds_help_all(FILE *out);
int ds_help_one(FILE *out, const struct ds_cmd *c, struct ds_err *err);

#endif
