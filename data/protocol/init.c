/* data/protocol/init.c -- a run that begins with somebody's network. See the header. */
#include "data/protocol/init.h"

#include <string.h>

#include "data/weights/shape_note.h"

/* Pictures as the network was trained on, where the user leaves it open. A run's checkpoint
 * says nothing about mean and deviation beyond its own data set. */
static void adopt_pictures(struct ds_train_opt *o, const struct ds_model *m)
{
    const struct ds_vit_shape *s = &m->vit.shape;

    if (m->ours)
        return;
    if (!o->image_size && s->height == s->width)
        o->image_size = s->height;
    if (!strcmp(o->mean, "auto"))
        ds_list_text(o->mean, sizeof o->mean, m->mean, s->channels);
    if (!strcmp(o->std, "auto"))
        ds_list_text(o->std, sizeof o->std, m->std, s->channels);
}

int ds_init_open(struct ds_model *m, struct ds_train_opt *o, struct ds_err *err)
{
    const struct ds_vit_shape *s = &m->vit.shape;

    if (ds_model_open(m, o->init, &(struct ds_model_want){0}, err))
        return ds_while(err, "init");
    o->patch = s->patch;
    o->dim = s->dim;
    o->depth = s->depth;
    o->heads = s->heads;
    o->mlp_ratio = (double)s->hidden / s->dim;
    o->registers = s->registers;
    o->eps = s->eps;
    o->qkv_bias = s->qkv_bias;
    o->layer_scale = s->layer_scale;
    o->pool = s->pool_mean;
    o->cls_token = s->cls;
    o->dist_token = s->dist;
    o->fc_norm = 1 + s->fc_norm;
    o->pre_norm = s->pre_norm;
    o->patch_bias = !s->no_patch_bias;
    o->prefix_position = s->embed_prefix;
    o->act = (int)s->act;
    o->swiglu = s->swiglu;
    adopt_pictures(o, m);
    return 0;
}

bool ds_init_decides(const char *key)
{
    const struct ds_opt *row = ds_opt_lookup(ds_train_table, key);

    return row && row >= ds_opt_lookup(ds_train_table, "patch") &&
           row < ds_opt_lookup(ds_train_table, "init");
}

/* A kernel over three channels on pictures of one: grey is the same value three times. */
static void sum_channels(float *to, const float *from, const struct ds_tensor *t)
{
    const size_t area = (size_t)t->dims[2] * (size_t)t->dims[3];

    for (int c = 0; c < t->dims[0]; c++)
        for (size_t i = 0; i < area; i++) {
            const float *kernel = from + (size_t)c * 3 * area + i;

            to[(size_t)c * area + i] = kernel[0] + kernel[area] + kernel[2 * area];
        }
}

static int refuse(const struct ds_model *m, const struct ds_tensor *want,
                  const struct ds_tensor *have, struct ds_err *err)
{
    return ds_fail(
        err, DS_DATA,
        "init: %s: '%s' has %zu numbers, the network of this run %zu; leave the options "
        "of the network to the file",
        m->file, want->name, have ? have->count : 0, want->count);
}

static int copy_one(float *to, const struct ds_tensor *want, const struct ds_model *m,
                    struct ds_err *err)
{
    const struct ds_tensor *have = ds_tensors_lookup(&m->vit.tensors, want->name);

    if (have && want->part == DS_PATCH_W && want->dims[1] == 1 && have->dims[1] == 3 &&
        have->count == 3 * want->count) {
        sum_channels(to, m->params + have->at, want);
        return 0;
    }
    if (!have || have->count != want->count)
        return refuse(m, want, have, err);
    memcpy(to, m->params + have->at, want->count * sizeof *to);
    return 0;
}

int ds_init_copy(float *params, const struct ds_vit *v, struct ds_model *m, struct ds_err *err)
{
    const struct ds_vit_shape *s = &v->shape;

    if ((s->height != m->vit.shape.height || s->width != m->vit.shape.width) &&
        ds_model_resize(m, s->height, s->width, DS_POS_TIMM, err))
        return ds_while(err, "init");
    for (int i = 0; i < v->tensors.count; i++) {
        const struct ds_tensor *t = &v->tensors.row[i];

        if (t->part != DS_HEAD_W && t->part != DS_HEAD_B && copy_one(params + t->at, t, m, err))
            return err->code;
    }
    return 0;
}
