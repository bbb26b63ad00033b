/* core/vit/shape.c -- the shape of a ViT and the list of its parameters. See the header. */
#include "core/vit/shape.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LARGEST = 65535 };

static int check_size(const char *what, int value, int least, struct ds_err *err)
{
    if (value < least || value > LARGEST)
        return ds_fail(err, DS_USAGE, "%s is %d, expected %d to %d", what, value, least,
                       LARGEST);
    return 0;
}

static int check_sizes(const struct ds_vit_shape *s, struct ds_err *err)
{
    const struct {
        const char *what;
        int value, least;
    } size[] = {
        {"image height", s->height, 1}, {"image width", s->width, 1},
        {"channels", s->channels, 1},   {"patch", s->patch, 1},
        {"dim", s->dim, 1},             {"depth", s->depth, 1},
        {"heads", s->heads, 1},         {"mlp width", s->hidden, 1},
        {"classes", s->classes, 0},     {"registers", s->registers, 0},
    };

    for (size_t i = 0; i < sizeof size / sizeof *size; i++)
        if (check_size(size[i].what, size[i].value, size[i].least, err))
            return err->code;
    return 0;
}

/* Parts of the families that only make sense together. */
static int check_family(const struct ds_vit_shape *s, struct ds_err *err)
{
    if (!s->cls && !s->pool_mean)
        return ds_fail(err, DS_USAGE, "a network without a CLS token needs mean pooling");
    if (s->dist && !s->cls)
        return ds_fail(err, DS_USAGE, "a distillation token needs a CLS token in front of it");
    if (s->head_dist && !s->dist)
        return ds_fail(err, DS_USAGE, "a distillation head needs a distillation token");
    if (s->head_dist && !s->classes)
        return ds_fail(err, DS_USAGE, "a distillation head needs at least one class");
    if (s->head_dist && s->head_concat)
        return ds_fail(err, DS_USAGE,
                       "a head reads either the distillation token or the mean of the patches");
    if (ds_feature_pair(s) && (s->pool_mean || s->fc_norm))
        return ds_fail(err, DS_USAGE,
                       "a head that reads two features needs neither mean pooling nor fc_norm");
    if ((unsigned)s->act >= DS_ACTS)
        return ds_fail(err, DS_USAGE, "activation is %d, expected 0 to %d", (int)s->act,
                       DS_ACTS - 1);
    if (s->swiglu && s->act)
        return ds_fail(err, DS_USAGE, "a SwiGLU network has no other activation: expected 0");
    return 0;
}

int ds_vit_shape_check(const struct ds_vit_shape *s, struct ds_err *err)
{
    if (check_sizes(s, err))
        return err->code;
    if (s->dim % s->heads)
        return ds_fail(err, DS_USAGE, "dim %d is not divisible by %d heads", s->dim, s->heads);
    if (s->height % s->patch || s->width % s->patch)
        return ds_fail(err, DS_USAGE, "image %d x %d is not divisible by patch %d", s->height,
                       s->width, s->patch);
    if (check_family(s, err))
        return err->code;
    if ((int64_t)s->channels * s->height * s->width > INT32_MAX)
        return ds_fail(err, DS_USAGE, "a picture of %d x %d x %d is more values than %d",
                       s->channels, s->height, s->width, INT32_MAX);
    if ((int64_t)ds_grid_h(s) * ds_grid_w(s) > LARGEST - s->registers - 2)
        return ds_fail(err, DS_USAGE, "%d x %d patches are more tokens than %d",
                       ds_grid_h(s), ds_grid_w(s), LARGEST);
    if (!(s->eps > 0 && s->eps < 1))
        return ds_fail(err, DS_USAGE, "LayerNorm eps is %g, expected between 0 and 1", s->eps);
    return 0;
}

/* Names by part; blocks get "blocks.N." in front. */
static const char *const part_name[DS_PARTS] = {
    [DS_NORM1_W] = "norm1.weight",
    [DS_NORM1_B] = "norm1.bias",
    [DS_QKV_W] = "attn.qkv.weight",
    [DS_QKV_B] = "attn.qkv.bias",
    [DS_PROJ_W] = "attn.proj.weight",
    [DS_PROJ_B] = "attn.proj.bias",
    [DS_LS1] = "ls1.gamma",
    [DS_NORM2_W] = "norm2.weight",
    [DS_NORM2_B] = "norm2.bias",
    [DS_FC1_W] = "mlp.fc1.weight",
    [DS_FC1_B] = "mlp.fc1.bias",
    [DS_FC2_W] = "mlp.fc2.weight",
    [DS_FC2_B] = "mlp.fc2.bias",
    [DS_LS2] = "ls2.gamma",
    [DS_CLS] = "cls_token",
    [DS_DIST] = "dist_token",
    [DS_REG] = "reg_token",
    [DS_POS] = "pos_embed",
    [DS_PATCH_W] = "patch_embed.proj.weight",
    [DS_PATCH_B] = "patch_embed.proj.bias",
    [DS_PRE_W] = "norm_pre.weight",
    [DS_PRE_B] = "norm_pre.bias",
    [DS_NORM_W] = "norm.weight",
    [DS_NORM_B] = "norm.bias",
    [DS_HEAD_W] = "head.weight",
    [DS_HEAD_B] = "head.bias",
    [DS_HEAD_DIST_W] = "head_dist.weight",
    [DS_HEAD_DIST_B] = "head_dist.bias",
};

/* Dimensions of a part; returns the rank, 0 where this shape has no such tensor. */
static int part_dims(int dims[4], enum ds_role part, const struct ds_vit_shape *s)
{
    const int c = s->dim, embedded = ds_patches(s) + (s->embed_prefix ? ds_prefix(s) : 0);
    const int size[DS_PARTS][4] = {
        [DS_NORM1_W] = {c},
        [DS_NORM1_B] = {c},
        [DS_QKV_W] = {3 * c, c},
        [DS_QKV_B] = {s->qkv_bias ? 3 * c : 0},
        [DS_PROJ_W] = {c, c},
        [DS_PROJ_B] = {c},
        [DS_LS1] = {s->layer_scale ? c : 0},
        [DS_NORM2_W] = {c},
        [DS_NORM2_B] = {c},
        [DS_FC1_W] = {ds_mlp_width(s), c},
        [DS_FC1_B] = {ds_mlp_width(s)},
        [DS_FC2_W] = {c, s->hidden},
        [DS_FC2_B] = {c},
        [DS_LS2] = {s->layer_scale ? c : 0},
        [DS_CLS] = {s->cls ? 1 : 0, 1, c},
        [DS_DIST] = {s->dist ? 1 : 0, 1, c},
        [DS_REG] = {s->registers ? 1 : 0, s->registers, c},
        [DS_POS] = {1, embedded, c},
        [DS_PATCH_W] = {c, s->channels, s->patch, s->patch},
        [DS_PATCH_B] = {s->no_patch_bias ? 0 : c},
        [DS_PRE_W] = {s->pre_norm ? c : 0},
        [DS_PRE_B] = {s->pre_norm ? c : 0},
        [DS_NORM_W] = {c},
        [DS_NORM_B] = {c},
        [DS_HEAD_W] = {s->classes, ds_head_width(s)},
        [DS_HEAD_B] = {s->classes},
        [DS_HEAD_DIST_W] = {s->head_dist ? s->classes : 0, c},
        [DS_HEAD_DIST_B] = {s->head_dist ? s->classes : 0},
    };
    int rank = 0;

    while (rank < 4 && size[part][rank]) {
        dims[rank] = size[part][rank];
        rank++;
    }
    return rank;
}

/* Adds one tensor if the shape has it; with row NULL it is only counted. */
static int add_tensor(struct ds_tensors *t, struct ds_tensor *row, enum ds_role part, int layer,
                      const struct ds_vit_shape *s)
{
    struct ds_tensor new = {.part = part, .layer = layer, .at = t->total, .count = 1};

    new.rank = part_dims(new.dims, part, s);
    if (!new.rank)
        return 0;
    for (int i = 0; i < new.rank; i++)
        if (__builtin_mul_overflow(new.count, (size_t)new.dims[i], &new.count))
            return -1;
    if (__builtin_add_overflow(t->total, new.count, &t->total) || t->total > SIZE_MAX / 64)
        return -1;
    if (layer < 0)
        snprintf(new.name, sizeof new.name, "%s%s",
                 s->fc_norm && (part == DS_NORM_W || part == DS_NORM_B) ? "fc_" : "",
                 part_name[part]);
    else
        snprintf(new.name, sizeof new.name, "blocks.%d.%s", layer, part_name[part]);
    if (row)
        row[t->count] = new;
    t->count++;
    return 0;
}

static int add_all(struct ds_tensors *t, struct ds_tensor *row, const struct ds_vit_shape *s)
{
    int bad = 0;

    t->count = 0;
    t->total = 0;
    for (int part = DS_CLS; part <= DS_PRE_B; part++)
        bad |= add_tensor(t, row, (enum ds_role)part, -1, s);
    for (int l = 0; l < s->depth; l++)
        for (int part = 0; part < DS_BLOCK_PARTS; part++)
            bad |= add_tensor(t, row, (enum ds_role)part, l, s);
    for (int part = DS_NORM_W; part < DS_PARTS; part++)
        bad |= add_tensor(t, row, (enum ds_role)part, -1, s);
    return bad;
}

int ds_tensors_list(struct ds_tensors *t, const struct ds_vit_shape *s, struct ds_err *err)
{
    *t = (struct ds_tensors){0};
    if (ds_vit_shape_check(s, err))
        return err->code;
    if (add_all(t, NULL, s))
        return ds_fail(err, DS_USAGE, "dim %d and depth %d are more parameters than fit in memory",
                       s->dim, s->depth);
    t->row = calloc((size_t)t->count, sizeof *t->row);
    if (!t->row)
        return ds_fail(err, DS_NOMEM, "out of memory for a list of %d tensors", t->count);
    add_all(t, t->row, s);
    return 0;
}

void ds_tensors_clear(struct ds_tensors *t)
{
    free(t->row);
    *t = (struct ds_tensors){0};
}

const struct ds_tensor *ds_tensors_lookup(const struct ds_tensors *t, const char *name)
{
    for (int i = 0; i < t->count; i++)
        if (!strcmp(t->row[i].name, name))
            return &t->row[i];
    return NULL;
}

bool ds_tensor_matches(const char *name, const char *patterns)
{
    while (*patterns) {
        const size_t length = strcspn(patterns, ",");

        if (length == 3 && !strncmp(patterns, "all", 3))
            return true;
        for (const char *at = name; length && *at; at++)
            if (!strncmp(at, patterns, length))
                return true;
        patterns += length;
        patterns += *patterns == ',';
    }
    return false;
}

void ds_vit_view(struct ds_vit_view *v, float *(*block)[DS_BLOCK_PARTS],
                 const struct ds_tensors *t, float *base, const size_t *at)
{
    *v = (struct ds_vit_view){.block = block};
    for (int i = 0; i < t->count; i++)
        if (t->row[i].layer >= 0)
            memset(block[t->row[i].layer], 0, sizeof *block);
    for (int i = 0; i < t->count; i++) {
        const struct ds_tensor *row = &t->row[i];
        const size_t place = at ? at[i] : row->at;
        float *p = place == SIZE_MAX ? NULL : base + place;

        if (row->layer < 0)
            v->outside[row->part] = p;
        else
            block[row->layer][row->part] = p;
    }
}
