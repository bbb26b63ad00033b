/* viz/cli/cmd_duo.h -- two networks and the pictures both are shown. For transplant,
 * decompose.
 */
#ifndef DS_VIZ_CLI_CMD_DUO_H
#define DS_VIZ_CLI_CMD_DUO_H

#include "analysis/causal/shown.h"
#include "viz/cli/cmd_model.h"
#include "viz/cli/tty.h"

/* The part of an options struct that both commands have. */
struct ds_duo_opt {
    char images[1024], labels[1024], layer[256], head[256];
    int limit, threads;
};

/* Its rows: `duo` is the member of S that holds it. */
#define DS_DUO_ROWS(S)                                                                         \
    {"layer", "all", "LIST", "layers that count, e.g. 1,3-5 (1 is the first), or all",         \
     DS_OPT_AT(S, duo.layer)},                                                                 \
        {"head", "all", "LIST", "heads that count in these layers, e.g. 1,3, or all",          \
         DS_OPT_AT(S, duo.head)},                                                              \
        {"images",                                                                             \
         "",                                                                                   \
         "DIR",                                                                                \
         "pictures, CLASS/NAME.jpg; without it the test images of the run S",                  \
         DS_OPT_AT(S, duo.images),                                                             \
         .group = "pictures"},                                                                 \
        {"labels", "", "FILE",                                                                 \
         "what folders mean: number TAB id TAB name, or one name a line",                      \
         DS_OPT_AT(S, duo.labels)},                                                            \
        {"limit",                                                                              \
         "100",                                                                                \
         "N",                                                                                  \
         "pictures of each task or folder, 0: all",                                            \
         DS_OPT_AT(S, duo.limit),                                                              \
         .lo = 0,                                                                              \
         .hi = 10000},                                                                         \
    {                                                                                          \
        "threads", "0", "N", "worker threads, 0: one per processor; never changes a result",   \
            DS_OPT_AT(S, duo.threads), .lo = 0, .hi = 256                                      \
    }

/* What the operands mean, opened. */
struct ds_found_duo {
    struct ds_model s, t;
    struct ds_exam *exam_s, *exam_t; /* exam_t may be exam_s, or NULL */
    struct ds_gathered gathered;
    struct ds_shown shown;
    bool *layer, *head; /* [L], [H] */
};

/* answers: the heads will be asked, so that they must go together. Clear also after a failure.
 */
int ds_duo_find(struct ds_found_duo *p, char **operand, const struct ds_duo_opt *o,
                const struct ds_model_want *model, bool answers, const struct ds_tone *tone,
                struct ds_err *err);
void ds_duo_drop(struct ds_found_duo *p);

#endif
