/* viz/cli/cmd_model.h -- what a user knows better than a weights file. For viz/cli only.
 *
 * The option rows that import, attend, eval and drift share: `model` is the member of the
 * command's struct S that holds them. */
#ifndef DS_VIZ_CLI_CMD_MODEL_H
#define DS_VIZ_CLI_CMD_MODEL_H

#include "data/weights/model.h"

extern const char *const ds_model_resizes[], *const ds_model_pools[];

#define DS_MODEL_ROWS(S)                                                                      \
    {"heads", "0", "N", "attention heads, 0: as the file says or is known for its width",     \
     DS_OPT_AT(S, model.heads), .lo = 0, .hi = 1024,                                          \
     .group = "What the file does not say, or says wrongly"},                                 \
    {"eps", "0", "X", "epsilon of LayerNorm, 0: as known", DS_OPT_AT(S, model.eps), .lo = 0,  \
     .hi = 0.1},                                                                              \
    {"act", "", "NAME", "activation: gelu, gelu_tanh or quick_gelu", DS_OPT_AT(S, model.act)}, \
    {"pool", "auto", "HOW", "what the head reads: the CLS token, or the mean of the patches", \
     DS_OPT_AT(S, model.pool), .choice = ds_model_pools},                                     \
    {"mean", "", "LIST", "mean of the channels in 0..1", DS_OPT_AT(S, model.mean)},           \
    {"std", "", "LIST", "standard deviation of the channels", DS_OPT_AT(S, model.std)},       \
    {"transform", "", "HOW", "how a picture becomes the input: resize 248 bicubic, crop 224", \
     DS_OPT_AT(S, model.recipe)},                                                             \
    {"image-size", "0", "PX", "another input size: resizes the position embedding",           \
     DS_OPT_AT(S, model.size), .lo = 0, .hi = 4096},                                          \
    {"pos-resize", "timm", "HOW", "as timm, transformers or DINO do it, or bilinear",         \
     DS_OPT_AT(S, model.resize), .choice = ds_model_resizes},                                 \
    {"prefix", "", "TEXT", "which network of a file with several, by what its names begin with", \
     DS_OPT_AT(S, model.prefix)}

#endif
