/* viz/cli/table.c -- the command table. See the header. */
#include "viz/cli/table.h"

#include <stdlib.h>
#include <string.h>

const struct ds_cmd *const ds_cmds[] = {
    &ds_cmd_train, &ds_cmd_study, &ds_cmd_eval, &ds_cmd_import, &ds_cmd_attend, &ds_cmd_drift,
    &ds_cmd_transplant, &ds_cmd_decompose, &ds_cmd_figure, &ds_cmd_report, &ds_cmd_view,
    &ds_cmd_export, &ds_cmd_info,
    &ds_cmd_data,  &ds_cmd_bench, &ds_cmd_doctor, &ds_cmd_man, &ds_cmd_complete, NULL,
};

#define AT(field) DS_OPT_AT(ds_global, field)
static const struct ds_opt global_rows[] = {
    {"quiet", "no", "", "no notes and no progress, only results and failures", AT(quiet),
     .letter = 'q', .group = "Every command"},
    {"verbose", "no", "", "tell more", AT(verbose), .letter = 'v'},
    {"help", "no", "", "show this and stop", AT(help), .letter = 'h'},
};
#undef AT
enum { GLOBAL_ROWS = sizeof global_rows / sizeof *global_rows };

const struct ds_exit ds_exits[] = {
    {0, "done"},
    {1, "a comparison or a check came out negative"},
    {2, "asked wrongly: an unknown option, an impossible value"},
    {65, "a file is damaged, foreign, or does not fit"},
    {66, "a file is missing or cannot be read"},
    {69, "built without it, or no display"},
    {70, "not finite, or an error of the program itself"},
    {71, "out of memory"},
    {73, "the target exists, or its folder cannot be written"},
    {74, "reading or writing failed half-way; without a word when the reader of a pipe left"},
    {75, "somebody else holds the run: try later"},
    {129, "ended by a hang-up (SIGHUP); what was reached is saved"},
    {130, "interrupted (SIGINT); what was reached is saved"},
    {143, "terminated (SIGTERM); what was reached is saved"},
    {0, NULL},
};

const struct ds_variable ds_variables[] = {
    {"DRIFTSCOPE_DATA", "folder with data sets by name: $DRIFTSCOPE_DATA/cifar100 and the like"},
    {"DRIFTSCOPE_KERNELS", "portable, avx2, avx512 or amx: the most that matrix products may use, "
                           "for comparisons"},
    {"XDG_DATA_HOME", "data sets are also looked for in $XDG_DATA_HOME/driftscope"},
    {"NO_COLOR", "set and not empty: no colours on the terminal"},
    {"TERM", "unset, empty or dumb: no progress bar, one line per 10 % instead"},
    {"DRIFTSCOPE_PYTHON", "the Python of bench --against-torch, if not python3"},
    {"TORCH_BLAS",
     "the libblas.so.3 that PyTorch is given there, if not that of libopenblas0-openmp"},
    {NULL, NULL},
};

const struct ds_cmd *ds_cmd_lookup(const char *name)
{
    for (int i = 0; ds_cmds[i]; i++)
        if (!strcmp(ds_cmds[i]->name, name))
            return ds_cmds[i];
    return NULL;
}

const char *ds_cmd_nearest(const char *name)
{
    const char *names[sizeof ds_cmds / sizeof *ds_cmds];
    int n = 0;

    for (int i = 0; ds_cmds[i]; i++)
        if (ds_cmds[i]->about)
            names[n++] = ds_cmds[i]->name;
    names[n] = NULL;
    return ds_opt_nearest(name, names);
}

struct ds_opt *ds_cmd_rows(const struct ds_cmd *c, size_t *size, size_t *global)
{
    const size_t step = _Alignof(max_align_t);
    struct ds_opt *rows;
    size_t n = 0;

    while (c->table && c->table[n].key)
        n++;
    rows = calloc(n + GLOBAL_ROWS + 1, sizeof *rows);
    if (!rows)
        return NULL;
    *global = (c->size + step - 1) / step * step;
    *size = *global + sizeof(struct ds_global);
    if (n)
        memcpy(rows, c->table, n * sizeof *rows);
    for (size_t i = 0; i < GLOBAL_ROWS; i++) {
        rows[n + i] = global_rows[i];
        rows[n + i].at += *global;
    }
    return rows;
}
