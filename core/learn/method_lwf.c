/* core/learn/method_lwf.c -- learning without forgetting (Li and Hoiem 2016, arXiv 1606.09282).
 *
 *     loss += lambda / n sum_x sum_{k old} - p_k log q_k,   p = softmax(z_old / (tau T)),  q of
 * z
 *
 * p comes from a frozen copy of the network as the last task left it, on the new images; tau is
 * the learner's temperature, T lwf's own; the softmax runs over the classes of old tasks. No
 * factor T^2 (with it, released codes differ by 4 at T = 2). The old rows of the head learn,
 * too. State: the frozen copy. */
#include "core/learn/method_rows_int.h"

#include <math.h>

void ds_old_forward(struct ds_lane *lane, const struct ds_vit_taps *taps)
{
    const struct ds_learner *l = lane->learner;
    struct ds_vit_work *old = &l->old_work[lane->worker];

    ds_vit_forward(&l->vit, &l->old_view, old, lane->images, lane->n, taps);
    ds_head_forward(&l->vit, l->old_view.outside[DS_HEAD_W], l->old_view.outside[DS_HEAD_B],
                    old, 0, l->old);
}

/* sum_k exp((z_k - peak) cool) */
static double partition(const float *z, int count, double cool, double *peak)
{
    double sum = 0;

    *peak = (double)z[0];
    for (int k = 1; k < count; k++)
        *peak = fmax(*peak, (double)z[k]);
    for (int k = 0; k < count; k++)
        sum += exp(((double)z[k] - *peak) * cool);
    return sum;
}

double ds_lwf_loss(struct ds_lane *lane)
{
    const struct ds_learner *l = lane->learner;
    const struct ds_lwf_opt *o = &l->opt.set.lwf;
    const size_t classes = (size_t)l->vit.shape.classes;
    const double cool = 1 / (l->opt.temperature * o->temperature);
    double loss = 0;

    for (int i = 0; i < lane->n; i++) {
        const float *z = lane->work->logits + (size_t)i * classes;
        const float *old = l->old_work[lane->worker].logits + (size_t)i * classes;
        float *dz = lane->work->dlogits + (size_t)i * classes;
        double peak, top;
        const double sum = partition(z, l->old, cool, &peak);
        const double all = partition(old, l->old, cool, &top);

        for (int k = 0; k < l->old; k++) {
            const double p = exp(((double)old[k] - top) * cool) / all;
            const double log_q = ((double)z[k] - peak) * cool - log(sum);

            loss -= o->lambda * p * log_q;
            dz[k] += (float)(o->lambda * (exp(log_q) - p) * cool * lane->share);
        }
    }
    return loss;
}

static double loss_lwf(struct ds_lane *lane)
{
    const double loss = ds_method_loss(lane);

    if (lane->learner->task == 0)
        return loss;
    ds_old_forward(lane, NULL);
    return loss + ds_lwf_loss(lane);
}

const struct ds_method ds_method_lwf = {
    .name = "lwf",
    .about = "the old network's answers on new images are kept (LwF)",
    .keeps_old = true,
    .teaches_all = true,
    .loss = loss_lwf,
};
