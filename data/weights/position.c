/* data/weights/position.c -- a network moves to another input size.
 *
 * Only the position embedding depends on the size: its patch rows, [grid h][grid w][C], are
 * resized like a picture with C channels; rows of prefix tokens stay. Libraries resize in
 * different ways, by up to 0.25 of a unit on noise, so the way is an option:
 *
 *     timm           bicubic, antialiased (a = -1/2)
 *     transformers   bicubic, a = -3/4, not antialiased
 *     DINO           the same at the scale (g1 + 0.1) / g0, as its code has it
 *     bilinear       timm for npz files */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "data/image/resize.h"
#include "data/weights/model_int.h"

static struct ds_resize_how how_of(enum ds_pos_resize how, const struct ds_vit_shape *from,
                                   const struct ds_vit_shape *to)
{
    struct ds_resize_how h = {DS_BICUBIC, how == DS_POS_TIMM, how == DS_POS_TIMM ? -0.5 : -0.75,
                              0, 0};

    if (how == DS_POS_BILINEAR)
        h.filter = DS_BILINEAR;
    if (how == DS_POS_DINO) {
        h.scale_y = ds_grid_h(from) / (ds_grid_h(to) + 0.1);
        h.scale_x = ds_grid_w(from) / (ds_grid_w(to) + 0.1);
    }
    return h;
}

static int resize_rows(struct ds_model *to, const struct ds_model *from, enum ds_pos_resize how,
                       struct ds_err *err)
{
    const struct ds_vit_shape *a = &from->vit.shape, *b = &to->vit.shape;
    const struct ds_resize_how h = how_of(how, a, b);
    const size_t front = a->embed_prefix ? (size_t)ds_prefix(a) * (size_t)a->dim : 0;
    const float *in = from->view.outside[DS_POS];
    float *out = to->view.outside[DS_POS];
    const size_t count = (size_t)ds_patches(b) * (size_t)b->dim;

    memcpy(out, in, front * sizeof *out);
    if (ds_resize_floats(out + front, ds_grid_h(b), ds_grid_w(b), in + front, ds_grid_h(a),
                         ds_grid_w(a), a->dim, &h, err))
        return err->code;
    for (size_t i = 0; i < count; i++) /* bicubic weights sum to more than 1 in size */
        if (!isfinite(out[front + i]))
            return ds_fail(err, DS_DATA,
                           "%s: its position embedding is too large to be resized", to->file);
    return 0;
}

static void copy_rest(struct ds_model *to, const struct ds_model *from)
{
    for (int i = 0; i < to->vit.tensors.count; i++) {
        const struct ds_tensor *t = &to->vit.tensors.row[i], *f = &from->vit.tensors.row[i];

        if (t->part != DS_POS)
            memcpy(to->params + t->at, from->params + f->at, t->count * sizeof(float));
    }
}

int ds_model_resize(struct ds_model *m, int height, int width, enum ds_pos_resize how,
                    struct ds_err *err)
{
    struct ds_vit_shape shape = m->vit.shape;
    struct ds_model old = *m;
    int code;

    shape.height = height;
    shape.width = width;
    m->vit = (struct ds_vit){0};
    m->view = (struct ds_vit_view){0};
    m->params = NULL;
    code = ds_model_begin(m, &shape, err) || resize_rows(m, &old, how, err);
    if (!code)
        copy_rest(m, &old);
    free(old.view.block);
    free(old.params);
    ds_vit_close(&old.vit);
    return code ? (int)err->code : 0;
}
