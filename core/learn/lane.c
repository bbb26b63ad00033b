/* core/learn/lane.c -- one lane of a step: forward, loss, backward. See learner.h. */
#include "core/learn/learner_int.h"

#include <stdio.h>
#include <string.h>
#include "core/learn/replay.h"

/* What the lanes of one step share. */
struct step {
    struct ds_learner *l;
    const float *images;
    const int *label, *id;
    int n;
    struct ds_watch *watch;
    ds_lane_loss *loss; /* instead of the method's, or NULL */
    double share;
    bool apart; /* every lane has a gradient of its own */
};

/* Columns that no loss writes have no gradient. */
static void clear_gradient(const struct ds_lane *lane)
{
    const struct ds_learner *l = lane->learner;
    const size_t k = (size_t)l->vit.shape.classes;

    for (int i = 0; i < lane->n; i++)
        memset(lane->work->dlogits + (size_t)i * k + l->head_first, 0,
               (size_t)l->head_count * sizeof(float));
}

static void keep_logits(const struct ds_lane *lane)
{
    struct ds_learner *l = lane->learner;
    const size_t k = (size_t)l->vit.shape.classes;

    for (int i = 0; i < lane->n && lane->at + i < l->fresh; i++)
        memcpy(l->batch_logits + (size_t)(lane->at + i) * k, lane->work->logits + (size_t)i * k,
               (size_t)l->seen * sizeof(float));
}

/* The last bits of a matrix product depend on how many rows it has. Where the trunk is frozen,
 * an image goes through it alone, so that its feature is the same bytes in any batch, and
 * features known from before are as good as new ones. Only the features are needed behind it.
 */
static void forward_alone(struct ds_lane *lane)
{
    struct ds_learner *l = lane->learner;
    const struct ds_vit_shape *s = &l->vit.shape;
    const size_t pixels = (size_t)s->channels * (size_t)s->height * (size_t)s->width;
    const size_t c = (size_t)s->dim;
    float *feature = lane->work->feature;

    for (int i = lane->n - 1; i >= 0; i--) { /* each arrives in the first row */
        ds_vit_forward(&l->vit, &l->view, lane->work, lane->images + (size_t)i * pixels, 1,
                       NULL);
        if (i)
            memcpy(feature + (size_t)i * c, feature, c * sizeof *feature);
    }
    lane->work->images = lane->n;
}

static void forward(struct ds_lane *lane, const struct ds_vit_taps *taps)
{
    struct ds_learner *l = lane->learner;
    const size_t c = (size_t)l->vit.shape.dim;

    if (l->known)
        ds_vit_recall(&l->vit, lane->work, l->known + (size_t)lane->at * c, lane->n);
    else if (l->alone)
        forward_alone(lane);
    else
        ds_vit_forward(&l->vit, &l->view, lane->work, lane->images, lane->n, taps);
}

static void there_and_back(struct ds_lane *lane, const struct step *s)
{
    struct ds_learner *l = lane->learner;
    const struct ds_method *method = l->opt.method;
    const struct ds_vit_view *grad = &l->lane_view[s->apart ? lane->number : 0];
    const bool masks = l->retaining && l->opt.retain.mode != DS_MODE_UNIFORM;
    const struct ds_vit_masks weights = {l->opt.retain.axis != DS_AXIS_KEY ? l->wq : NULL,
                                         l->opt.retain.axis != DS_AXIS_QUERY ? l->wk : NULL,
                                         l->masked_layer};
    const float keep = !s->apart && lane->number > 0;
    struct ds_vit_taps taps = method->taps;

    taps.attn.with = lane;
    lane->work->turn = (struct ds_turn){s->apart ? NULL : l->turn, lane->number};
    forward(lane, &taps);
    ds_head_forward(&l->vit, l->view.outside[DS_HEAD_W], l->view.outside[DS_HEAD_B], lane->work,
                    0, l->seen);
    if (ds_retention_harvests(l))
        ds_retention_harvest(lane, lane->at);
    if (l->batch_logits)
        keep_logits(lane);
    clear_gradient(lane);
    lane->loss = s->loss        ? s->loss(lane)
                 : method->loss ? method->loss(lane)
                                : ds_method_loss(lane);
    ds_head_backward(&l->vit, l->view.outside[DS_HEAD_W], grad, lane->work, l->head_first,
                     l->head_count, keep);
    if (method->feature)
        method->feature(lane);
    ds_vit_backward(&l->vit, &l->view, grad, lane->work, keep, masks ? &weights : NULL, &taps);
}

static void run_lane(void *with, int i, int worker)
{
    const struct step *s = with;
    struct ds_learner *l = s->l;
    struct ds_lane *lane = &l->lane[i];
    const struct ds_vit_shape *shape = &l->vit.shape;
    const size_t pixels =
        (size_t)shape->channels * (size_t)shape->height * (size_t)shape->width;
    const int at = (int)((long)s->n * i / l->lanes);

    lane->worker = worker;
    lane->work = &l->work[worker];
    lane->work->watch = s->watch;
    lane->share = s->share;
    lane->hits = 0;
    lane->at = at;
    lane->n = (int)((long)s->n * (i + 1) / l->lanes) - at;
    lane->images = s->images ? s->images + (size_t)at * pixels : NULL;
    lane->label = s->label + at;
    lane->id = s->id ? s->id + at : NULL;
    there_and_back(lane, s);
}

static void begin_lanes(struct ds_learner *l, int lanes)
{
    l->lanes = lanes;
    memset(l->turn, 0, (size_t)ds_vit_turns(&l->vit.shape) * sizeof *l->turn);
}

void ds_lanes_run(struct ds_learner *l, const float *images, const int *label, const int *id,
                  int n, const struct ds_work *aside)
{
    struct step s = {l, images, label, id, n, NULL, NULL, 1.0 / n, false};
    const struct ds_work works[2] = {{run_lane, &s, ds_lanes_count(l, n)},
                                     aside ? *aside : (struct ds_work){0}};

    if (!l->known)
        ds_vit_pack(&l->pack, &l->vit, &l->view, l->pool);
    begin_lanes(l, works[0].count);
    ds_pool_run(l->pool, works, aside ? 2 : 1);
    l->view.pack = NULL; /* weights are about to change */
}

void ds_lanes_each(struct ds_learner *l, const float *images, const int *label, const int *id,
                   int n, ds_lane_loss *loss)
{
    struct step s = {l, images, label, id, n, NULL, loss, 1, true};

    l->fresh = 0; /* nothing of it is for a buffer or a mask */
    ds_vit_pack(&l->pack, &l->vit, &l->view, l->pool);
    begin_lanes(l, n);
    ds_pool_run(l->pool, &(struct ds_work){run_lane, &s, n}, 1);
    l->view.pack = NULL;
}

int ds_lanes_diagnose(struct ds_learner *l, const float *images, const int *label,
                      const int *id, int n, struct ds_err *err)
{
    struct ds_watch watch = {0};
    struct step s = {l, images, label, id, n, &watch, NULL, 1.0 / n, false};
    char where[64] = "";

    begin_lanes(l, ds_lanes_count(l, n));
    for (int i = 0; i < l->lanes && !watch.found; i++)
        run_lane(&s, i, 0);
    l->work[0].watch = NULL;
    if (watch.layer >= 0)
        snprintf(where, sizeof where, " of block %d", watch.layer);
    if (watch.found)
        return ds_fail(err, DS_INTERNAL,
                       "task %d, step %ld: '%s'%s is not finite; lower the learning rate (%g) "
                       "or look at the weights it began from",
                       l->task + 1, l->step + 1, watch.op, where, l->opt.rate);
    if (!err->code)
        return ds_fail(err, DS_INTERNAL, "task %d, step %ld: the loss is not finite",
                       l->task + 1, l->step + 1);
    return err->code;
}
