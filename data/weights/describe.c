/* data/weights/describe.c -- from parts and facts to a shape, and to the card.
 *
 * Tensors tell width, depth, patch, grid, prefix tokens, MLP and head. What they cannot tell
 * comes from facts.h. Every value of the shape leaves a row on the card. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "data/image/picture.h"
#include "data/weights/model_int.h"

/* Dimensions of a part without those of 1, as "576 x 192". */
static const char *dims_text(char *to, size_t room, const struct ds_stored *t)
{
    size_t n = 0;

    snprintf(to, room, "%s", t->rank ? "" : "a single number");
    for (int i = 0; i < t->rank && n < room; i++)
        n +=
            (size_t)snprintf(to + n, room - n, "%s%lld", i ? " x " : "", (long long)t->dims[i]);
    return to;
}

static const struct ds_stored *part(const struct ds_describing *d, const char *name)
{
    const struct ds_part_of *p = ds_parts_lookup(d->parts, name, 0);

    return p ? &p->stored : NULL;
}

static int needed(const struct ds_stored **out, const struct ds_describing *d, const char *name,
                  int rank, struct ds_err *err)
{
    char dims[100];

    *out = part(d, name);
    if (!*out)
        return ds_fail(err, DS_DATA, "%s: has no %s (under its %s name); it is cut, or no ViT",
                       d->path, name, d->parts->naming->name);
    if ((*out)->rank != rank)
        return ds_fail(err, DS_DATA, "%s: %s is %s, expected %d dimensions", d->path, name,
                       dims_text(dims, sizeof dims, *out), rank);
    for (int i = 0; i < rank; i++)
        if ((*out)->dims[i] < 1 || (*out)->dims[i] > 1 << 20)
            return ds_fail(err, DS_DATA, "%s: %s is %s, which no ViT has", d->path, name,
                           dims_text(dims, sizeof dims, *out));
    return 0;
}

static int patches_of(struct ds_describing *d, struct ds_err *err)
{
    struct ds_vit_shape *s = d->shape;
    const struct ds_stored *w;
    char dims[100];

    if (needed(&w, d, "patch_embed.proj.weight", 4, err))
        return err->code;
    if (w->dims[2] != w->dims[3])
        return ds_fail(err, DS_DATA, "%s: patches of %s are not square", d->path,
                       dims_text(dims, sizeof dims, w));
    s->dim = (int)w->dims[0];
    s->channels = (int)w->dims[1];
    s->patch = (int)w->dims[2];
    s->no_patch_bias = !part(d, "patch_embed.proj.bias");
    ds_card_add(d->card, "width", "file: patch embedding", "%d", s->dim);
    ds_card_add(d->card, "patch", "file: patch embedding", "%d x %d pixels, %d channels",
                s->patch, s->patch, s->channels);
    return 0;
}

static int blocks_of(struct ds_describing *d, struct ds_err *err)
{
    struct ds_vit_shape *s = d->shape;
    const struct ds_stored *fc1, *fc2;

    s->depth = d->parts->blocks;
    if (!s->depth)
        return ds_fail(err, DS_DATA, "%s: has a patch embedding and no blocks", d->path);
    if (needed(&fc1, d, "blocks.0.mlp.fc1.weight", 2, err) ||
        needed(&fc2, d, "blocks.0.mlp.fc2.weight", 2, err))
        return err->code;
    s->hidden = (int)fc2->dims[1];
    s->swiglu = fc1->dims[0] == 2 * fc2->dims[1];
    s->qkv_bias = ds_parts_lookup(d->parts, "blocks.0.attn.qkv.bias", 0) ||
                  ds_parts_lookup(d->parts, "blocks.0.attn.qkv.bias", 'q');
    s->layer_scale = part(d, "blocks.0.ls1.gamma") != NULL;
    s->pre_norm = part(d, "norm_pre.weight") != NULL;
    ds_card_add(d->card, "depth", "file: its blocks", "%d", s->depth);
    ds_card_add(d->card, "mlp", "file: blocks.0.mlp", "%s, %d wide",
                s->swiglu ? "SwiGLU" : "two layers", s->hidden);
    ds_card_add(d->card, "options", "file: its tensors", "%s%s%s%s",
                s->qkv_bias ? "q, k, v have biases" : "no biases of q, k, v",
                s->layer_scale ? ", LayerScale" : "",
                s->pre_norm ? ", norm before the blocks" : "",
                s->no_patch_bias ? ", no bias of the patch embedding" : "");
    return 0;
}

static int tokens_of(struct ds_describing *d, struct ds_err *err)
{
    struct ds_vit_shape *s = d->shape;
    const struct ds_stored *reg = part(d, "reg_token");
    const int64_t registers = reg ? reg->rank > 1 ? reg->dims[reg->rank - 2] : 1 : 0;

    if (registers < 0 || registers > 64)
        return ds_fail(err, DS_DATA, "%s: has %lld register tokens, expected at most 64",
                       d->path, (long long)registers);
    s->cls = part(d, "cls_token") != NULL;
    s->dist = part(d, "dist_token") != NULL;
    s->registers = (int)registers;
    ds_card_add(d->card, "prefix", "file: its tokens", "%d token%s:%s%s%s", ds_prefix(s),
                ds_prefix(s) == 1 ? "" : "s", s->cls ? " CLS" : " none",
                s->dist ? ", distillation" : "", registers ? ", registers" : "");
    return 0;
}

static bool is_side(double x)
{
    return x >= 1 && x <= DS_PICTURE_SIDE && x == floor(x);
}

static bool square(int64_t n)
{
    const int64_t side = (int64_t)llround(sqrt((double)n));

    return n > 0 && side * side == n;
}

/* How many rows of the position embedding stand before the patches: all prefix tokens, none,
 * or (registers of DINOv2) those without the registers, which are then folded into the token.
 */
static int grid_of(struct ds_describing *d, struct ds_err *err)
{
    struct ds_vit_shape *s = d->shape;
    const struct ds_fact *size = &d->facts->fact[DS_FACT_SIZE];
    const struct ds_stored *pos = part(d, "pos_embed");
    const int all = ds_prefix(s), before = s->cls + s->dist;
    const int tries[] = {all, before, 0};
    int64_t rows, patches, known = -1;
    int side, found = -1;

    if (!pos || pos->rank < 2 || pos->rank > 3)
        return ds_fail(err, DS_DATA,
                       "%s: has no position embedding of rows and width; driftscope "
                       "runs learned or fixed ones that are stored",
                       d->path);
    rows = pos->dims[pos->rank - 2];
    if (size->n == 2 && (!is_side(size->value[0]) || !is_side(size->value[1])))
        return ds_fail(err, DS_DATA, "%s: %s says %g x %g pixels, which no picture has",
                       d->path, size->from, size->value[0], size->value[1]);
    if (size->n == 2)
        known = (int64_t)(size->value[0] / s->patch) * (int64_t)(size->value[1] / s->patch);
    for (int i = 0; i < 3 && found < 0; i++)
        if (known > 0 ? rows - tries[i] == known : square(rows - tries[i]))
            found = i;
    if (found < 0 && known > 0)
        return ds_fail(
            err, DS_DATA,
            "%s: its position embedding has %lld rows, %s says %g x %g pixels in patches "
            "of %d: %lld and %d in front",
            d->path, (long long)rows, size->from, size->value[0], size->value[1], s->patch,
            (long long)known, all);
    if (found < 0)
        return ds_fail(
            err, DS_DATA,
            "%s: %lld rows of position embedding are no square grid behind %d prefix "
            "tokens; say the image_size in a config.json beside it",
            d->path, (long long)rows, all);
    patches = rows - tries[found];
    side = (int)llround(sqrt((double)patches));
    s->embed_prefix = tries[found] == all && all > 0;
    d->fold = tries[found] == before && before < all;
    s->height = known > 0 ? (int)(size->value[0] / s->patch) * s->patch : side * s->patch;
    s->width = known > 0 ? (int)(size->value[1] / s->patch) * s->patch : side * s->patch;
    ds_card_add(d->card, "grid",
                known > 0 ? size->from : "file: a square of position embeddings",
                "%d x %d patches%s", ds_grid_h(s), ds_grid_w(s),
                d->fold                   ? ", rows of the prefix folded into its tokens"
                : s->embed_prefix || !all ? ""
                                          : ", prefix tokens without a position");
    return 0;
}

static int norm_and_head(struct ds_describing *d, struct ds_err *err)
{
    struct ds_vit_shape *s = d->shape;
    const struct ds_fact *pool = &d->facts->fact[DS_FACT_POOL];
    const struct ds_stored *head = part(d, "head.weight");
    char dims[100];

    s->fc_norm = part(d, "fc_norm.weight") != NULL;
    if (s->fc_norm && part(d, "norm.weight"))
        return ds_fail(err, DS_DATA,
                       "%s: has both norm and fc_norm, which driftscope does not run", d->path);
    s->pool_mean = pool->n ? pool->value[0] > 0 : s->fc_norm || !s->cls;
    if (head && (head->rank != 2 || (head->dims[1] != s->dim && head->dims[1] != 2 * s->dim) ||
                 head->dims[0] > 65535))
        return ds_fail(err, DS_DATA, "%s: its head is %s, expected classes x %d", d->path,
                       dims_text(dims, sizeof dims, head), s->dim);
    s->classes = head ? (int)head->dims[0] : 0;
    s->head_concat = head && head->dims[1] == 2 * (int64_t)s->dim;
    s->head_dist = head && part(d, "head_dist.weight");
    ds_card_add(d->card, "pool",
                pool->n          ? pool->from
                : s->fc_norm     ? "file: fc_norm"
                : !s->cls        ? "file: no CLS token"
                : s->head_concat ? "file: a head twice the width"
                                 : "assumed: the CLS token, where there is one",
                "%s",
                s->head_concat ? "CLS and the mean of the patches, side by side"
                : s->pool_mean ? "mean of the patch tokens"
                               : "CLS token");
    if (head)
        ds_card_add(d->card, "head", "file: its head", "%d classes%s%s", s->classes,
                    s->head_dist ? ", mean of two heads" : "",
                    part(d, "head.bias") ? "" : ", no bias in the file: 0");
    else
        ds_card_add(d->card, "head", "file: has none", "none: features only");
    return 0;
}

static int heads_of(struct ds_describing *d, struct ds_err *err)
{
    static const int known[][2] = {{192, 3},   {384, 6},   {512, 8},   {768, 12},  {1024, 16},
                                   {1152, 16}, {1280, 16}, {1408, 16}, {1536, 24}, {1664, 16}};
    struct ds_vit_shape *s = d->shape;
    const struct ds_fact *fact = &d->facts->fact[DS_FACT_HEADS];
    const struct ds_part_of *q = ds_parts_lookup(d->parts, "blocks.0.attn.qkv.weight", 'q');
    char from[200];

    if (q && q->stored.rank == 3) /* [H, dh, D] */
        ds_facts_number(d->facts, DS_FACT_HEADS, (double)q->stored.dims[0],
                        "file: shape of the queries");
    for (size_t i = 0; !fact->n && i < sizeof known / sizeof *known; i++)
        if (known[i][0] == s->dim) {
            snprintf(from, sizeof from,
                     "assumed: what networks of width %d have; --heads overrides", s->dim);
            ds_facts_number(d->facts, DS_FACT_HEADS, known[i][1], from);
        }
    if (!fact->n)
        return ds_fail(
            err, DS_DATA,
            "%s: no tensor tells the number of heads, and no known network is %d wide; "
            "give --heads N",
            d->path, s->dim);
    if (!(fact->value[0] >= 1 && fact->value[0] <= s->dim) ||
        fact->value[0] != floor(fact->value[0]) || s->dim % (int)fact->value[0])
        return ds_fail(err, *fact->from == '-' ? DS_USAGE : DS_DATA,
                       "%s: %g heads (%s) do not divide a width of %d", d->path, fact->value[0],
                       fact->from, s->dim);
    s->heads = (int)fact->value[0];
    ds_card_add(d->card, "heads", fact->from, "%d, %d wide each", s->heads, s->dim / s->heads);
    return 0;
}

/* Whether the pictures are prepared as for DeiT, DINO or MAE, whose names are timm's. */
static bool imagenet_habit(const struct ds_describing *d)
{
    const struct ds_vit_shape *s = d->shape;
    const char *prefix = d->parts->prefix;

    return d->parts->naming->shared &&
           (s->dist || s->layer_scale || s->registers || s->fc_norm || d->parts->decoder ||
            strstr(prefix, "teacher") || strstr(prefix, "student") ||
            strstr(prefix, "encoder"));
}

static void assume_numbers(struct ds_describing *d)
{
    const struct ds_naming *n = d->parts->naming;
    char from[200];

    snprintf(from, sizeof from, "assumed: %s", n->origin);
    if (!strcmp(n->name, "Hugging Face ViT") && (d->shape->layer_scale || d->shape->registers))
        ds_facts_number(d->facts, DS_FACT_EPS, 1e-6,
                        "assumed: the default of transformers' Dinov2Config");
    ds_facts_number(d->facts, DS_FACT_EPS, n->eps, from);
    ds_facts_number(d->facts, DS_FACT_ACT, n->act, from);
    d->shape->eps = d->facts->fact[DS_FACT_EPS].value[0];
    d->shape->act = (enum ds_act)d->facts->fact[DS_FACT_ACT].value[0];
}

static void pictures(struct ds_describing *d)
{
    const struct ds_naming *n = d->parts->naming;
    const struct ds_naming_habit own = {n->origin, n->mean, n->std, n->filter, n->crop};
    const struct ds_naming_habit *habit = imagenet_habit(d) ? &ds_habit_imagenet : &own;
    const struct ds_vit_shape *s = d->shape;
    const double crop = habit->crop == 0.9 && s->height >= 384 ? 1 : habit->crop;
    char from[200], recipe[100];

    snprintf(from, sizeof from, "assumed: %s", habit->origin);
    if (s->channels == 3) {
        ds_facts_list(d->facts, DS_FACT_MEAN, habit->mean, 3, from);
        ds_facts_list(d->facts, DS_FACT_STD, habit->std, 3, from);
    }
    ds_facts_number(d->facts, DS_FACT_MEAN, 0.5,
                    "assumed: one half, for want of anything better");
    ds_facts_number(d->facts, DS_FACT_STD, 0.5,
                    "assumed: one half, for want of anything better");
    if (crop > 0 && s->height == s->width)
        snprintf(recipe, sizeof recipe, "resize size/%g %s, crop size", crop, habit->filter);
    else
        snprintf(recipe, sizeof recipe, "resize %dx%d %s", s->width, s->height, habit->filter);
    ds_facts_text(d->facts, DS_FACT_RECIPE, recipe, from);
}

int ds_describe(struct ds_describing *d, struct ds_err *err)
{
    const struct ds_fact *dim = &d->facts->fact[DS_FACT_DIM];

    *d->shape = (struct ds_vit_shape){0};
    if (patches_of(d, err))
        return err->code;
    if (dim->n && dim->value[0] != d->shape->dim)
        return ds_fail(
            err, DS_DATA,
            "%s: is %d wide, %s says %g; the configuration belongs to another network", d->path,
            d->shape->dim, dim->from, dim->value[0]);
    if (blocks_of(d, err) || tokens_of(d, err) || grid_of(d, err) || norm_and_head(d, err) ||
        heads_of(d, err))
        return err->code;
    assume_numbers(d);
    pictures(d);
    if (ds_vit_shape_check(d->shape, err)) {
        err->code = err->code == DS_USAGE ? DS_DATA : err->code;
        return ds_while(err, "%s", d->path);
    }
    return 0;
}
