/* viz/cli/cmd_export_sheet.h -- where a table goes and how it looks. For cmd_export, cmd_drift.
 */
#ifndef DS_VIZ_CLI_CMD_EXPORT_SHEET_H
#define DS_VIZ_CLI_CMD_EXPORT_SHEET_H

#include "analysis/sheet/sheet.h"
#include "analysis/stat/stat.h"
#include "viz/cli/tty.h"

/* The part of an options struct that both commands have, as its first member. */
struct ds_sheet_opt {
    int format; /* 0: from the name of `out`, text without one; else enum ds_sheet_format + 1 */
    bool json, notes, percent, bold;
    char out[1024];
    int seed, bootstrap, interval;
};

/* "auto" and ds_format_names; "bca", "percentile": for the option tables. */
extern const char *const ds_sheet_formats[], *const ds_sheet_intervals[];

/* To standard output, or published to o->out with a note on stderr. */
int ds_sheet_deliver(const struct ds_sheet *s, const struct ds_sheet_opt *o,
                     const struct ds_tone *tone, struct ds_err *err);

/* "ci", "sd": what stands behind +- in the table of methods against each other. */
extern const char *const ds_sheet_spreads[];
#define DS_SHEET_SPREAD(S)                                                                     \
    {"spread", "ci", "NAME", "compare: behind +- half of Student's 95 % interval (ci), or sd",  \
     DS_OPT_AT(S, spread), .choice = ds_sheet_spreads}

/* cmd_export.c: the table of methods against each other, over seeds. */
int ds_export_compare(const struct ds_sheet_opt *sheet, int spread, int n, char **run,
                      const struct ds_tone *tone, struct ds_err *err);

struct ds_stat_want ds_sheet_stat(const struct ds_sheet_opt *o);

/* The rows of these options, the same in both tables. S is the command's struct, whose member
 * `sheet` is the struct above. */
#define DS_SHEET_ROWS(S)                                                                       \
    {"format",                                                                                 \
     "auto",                                                                                   \
     "NAME",                                                                                   \
     "how it is written; auto: by the ending of -o, else text",                                \
     DS_OPT_AT(S, sheet.format),                                                               \
     .choice = ds_sheet_formats,                                                               \
     .group = "output"},                                                                       \
        {"json", "no", "", "short for --format json", DS_OPT_AT(S, sheet.json)},               \
        {"out",                                                                                \
         "",                                                                                   \
         "FILE",                                                                               \
         "write there instead of standard output",                                             \
         DS_OPT_AT(S, sheet.out),                                                              \
         .letter = 'o'},                                                                       \
        {"notes", "no", "", "csv, tsv: conventions first, as lines '# ...'",                   \
         DS_OPT_AT(S, sheet.notes)},                                                           \
        {"percent", "no", "", "shares in percent", DS_OPT_AT(S, sheet.percent)},               \
        {"bold", "no", "", "latex, markdown: the best of a column bold",                       \
         DS_OPT_AT(S, sheet.bold)},                                                            \
        {"bootstrap",                                                                          \
         "2000",                                                                               \
         "N",                                                                                  \
         "resamples for the interval of a mean, 0: none",                                      \
         DS_OPT_AT(S, sheet.bootstrap),                                                        \
         .lo = 0,                                                                              \
         .hi = 1e6,                                                                            \
         .group = "statistics"},                                                               \
        {"interval",                                                                           \
         "bca",                                                                                \
         "NAME",                                                                               \
         "kind of bootstrap interval (95 %)",                                                  \
         DS_OPT_AT(S, sheet.interval),                                                         \
         .choice = ds_sheet_intervals},                                                        \
    {                                                                                          \
        "seed", "0", "N", "of the bootstrap", DS_OPT_AT(S, sheet.seed), .lo = 0,               \
                                                                        .hi = 2147483647       \
    }

#endif
