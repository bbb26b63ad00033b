/* core/vit/head.c -- from features to logits and back. See vit.h.
 *
 * A head reads the first columns of a feature; the distillation head those behind them. */
#include "core/vit/vit.h"

#include <string.h>
#include "core/ops/gemm.h"
#include "core/ops/linear.h"
#include "core/vit/watch.h"

void ds_head_forward(const struct ds_vit *v, const float *weight, const float *bias,
                     struct ds_vit_work *a, int first, int count)
{
    const int c = ds_head_width(&v->shape), ld = ds_feature_width(&v->shape);
    const int classes = v->shape.classes;

    ds_rows_fill(a->logits + first, (size_t)classes, bias + first, a->images, count);
    ds_gemm_nt(a->logits + first, classes, a->feature, ld, weight + (size_t)first * (size_t)c,
               c, a->images, count, c, 1, 1);
    for (int b = 0; b < a->images; b++)
        ds_watch(a, "head", -1, a->logits + (size_t)b * (size_t)classes + first, (size_t)count);
}

void ds_logits_forward(const struct ds_vit *v, const struct ds_vit_view *w,
                       struct ds_vit_work *a)
{
    const int c = v->shape.dim, k = v->shape.classes;

    ds_head_forward(v, w->outside[DS_HEAD_W], w->outside[DS_HEAD_B], a, 0, k);
    if (!v->shape.head_dist)
        return;
    ds_rows_copy(a->logits, a->logits, w->outside[DS_HEAD_DIST_B], a->images, k, (size_t)k);
    ds_gemm_nt(a->logits, k, a->feature + c, 2 * c, w->outside[DS_HEAD_DIST_W], c, a->images, k,
               c, 1, 1);
    for (int i = 0; i < a->images * k; i++)
        a->logits[i] *= 0.5f;
    ds_watch(a, "head_dist", -1, a->logits, (size_t)a->images * (size_t)k);
}

/* Classes first .. first + count of one head, which reads columns from .. from + c. */
static void one_head(const struct ds_vit *v, const float *weight, float *dw, float *db,
                     struct ds_vit_work *a, int from, int c, int first, int count, float keep)
{
    const int ld = ds_feature_width(&v->shape), classes = v->shape.classes;
    const float *dz = a->dlogits + first;

    if (dw)
        ds_gemm_tn(dw + (size_t)first * (size_t)c, c, dz, classes, a->feature + from, ld, count,
                   c, a->images, 1, keep);
    if (db && keep == 0)
        memset(db + first, 0, (size_t)count * sizeof *db);
    if (db)
        ds_rows_sum(db + first, dz, (size_t)classes, NULL, 0, a->images, count);
    ds_gemm_nn(a->dfeature + from, ld, dz, classes, weight + (size_t)first * (size_t)c, c,
               a->images, c, count, 1, 0);
}

void ds_head_backward(const struct ds_vit *v, const float *weight,
                      const struct ds_vit_view *grad, struct ds_vit_work *a, int first,
                      int count, float keep)
{
    const int place = ds_vit_turn(&v->shape, -1, DS_HEAD_W);

    ds_turn_wait(a->turn, place);
    one_head(v, weight, grad->outside[DS_HEAD_W], grad->outside[DS_HEAD_B], a, 0,
             ds_head_width(&v->shape), first, count, keep);
    ds_turn_pass(a->turn, place);
}

void ds_logits_backward(const struct ds_vit *v, const struct ds_vit_view *w,
                        const struct ds_vit_view *grad, struct ds_vit_work *a, float keep)
{
    const int c = v->shape.dim, k = v->shape.classes;

    for (int i = 0; v->shape.head_dist && i < a->images * k; i++)
        a->dlogits[i] *= 0.5f;
    ds_head_backward(v, w->outside[DS_HEAD_W], grad, a, 0, k, keep);
    if (v->shape.head_dist)
        one_head(v, w->outside[DS_HEAD_DIST_W], grad->outside[DS_HEAD_DIST_W],
                 grad->outside[DS_HEAD_DIST_B], a, c, c, 0, k, keep);
}
