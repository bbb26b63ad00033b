/* viz/cli/cmd_look.h -- which maps of which pictures: what attend and drift ask alike. For
 * viz/cli only.
 *
 * `look` is the member of the command's struct S that holds these options. */
#ifndef DS_VIZ_CLI_CMD_LOOK_H
#define DS_VIZ_CLI_CMD_LOOK_H

#include "analysis/look/look.h"
#include "core/base/opt.h"
#include "viz/cli/cmd_labels.h"
#include "viz/cli/tty.h"

enum { DS_COMPAT_VIT_EXPLAIN = 1 };

struct ds_look_opt {
    char query[32], class_wanted[128];
    int source, fusion, start, compat, threads;
    double discard;
    bool skip_broken;
};

extern const char *const ds_look_sources[], *const ds_look_fusions[], *const ds_look_compats[];

#define DS_LOOK_ROWS(S)                                                                       \
    {"source", "rollout", "NAME",                                                             \
     "rollout, raw attention, gradient rollout, Chefer's relevance",                          \
     DS_OPT_AT(S, look.source), .choice = ds_look_sources, .group = "Maps"},                  \
    {"query", "cls", "WHO", "whose row: cls, all (mean), a token N, or a patch ROW,COLUMN",   \
     DS_OPT_AT(S, look.query)},                                                               \
    {"fusion", "mean", "HOW", "how heads become one", DS_OPT_AT(S, look.fusion),              \
     .choice = ds_look_fusions},                                                              \
    {"discard", "0", "X", "share of the smallest entries set to 0 before rollout",            \
     DS_OPT_AT(S, look.discard), .lo = 0, .hi = 0.999},                                       \
    {"start", "1", "N", "layer the product begins with", DS_OPT_AT(S, look.start), .lo = 1,   \
     .hi = 4096},                                                                             \
    {"class", "", "WHICH",                                                                    \
     "class of gradient and chefer, number or name; else the predicted one",                  \
     DS_OPT_AT(S, look.class_wanted)},                                                        \
    {"compat", "none", "NAME",                                                                \
     "vit-explain: its rollout, with its wrong normalisation", DS_OPT_AT(S, look.compat), \
     .choice = ds_look_compats},                                                              \
    {"skip-broken", "no", "", "leave out pictures that cannot be read, and name them",        \
     DS_OPT_AT(S, look.skip_broken), .group = "Run"},                                         \
    {"threads", "0", "N", "worker threads, 0: one per processor; never changes a result",     \
     DS_OPT_AT(S, look.threads), .lo = 0, .hi = 256}

/* The first option about maps that is not as it is by itself ("--query"), or NULL: for who has no
 * use for them. */
const char *ds_look_opt_odd(const struct ds_look_opt *o);

/* Refuses options that the source would pass over in silence; needs no network. DS_USAGE. */
int ds_look_opt_check(const struct ds_look_opt *o, struct ds_err *err);

/* The wish these options are for network m: source, rule, row, class, threads; what is kept
 * stays as ds_look_default has it. labels know the name of a class. DS_USAGE. */
int ds_look_opt_read(struct ds_look_want *w, const struct ds_look_opt *o,
                     const struct ds_model *m, const struct ds_labels *labels,
                     struct ds_err *err);

/* "raw attention of query cls, heads by max, from layer 2" into text. */
void ds_look_opt_text(char *text, size_t size, const struct ds_look_opt *o);

/* The pass, with progress and the pictures that were left out on stderr. */
int ds_look_watched(struct ds_look *l, const struct ds_model *m, const struct ds_gathered *g,
                    const struct ds_look_want *w, const struct ds_tone *tone,
                    const char *label, struct ds_err *err);

/* Names the pictures that were left out, the first of them. */
void ds_look_left_out(const struct ds_look *l, const struct ds_tone *tone);

#endif
