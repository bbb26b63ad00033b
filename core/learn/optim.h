/* core/learn/optim.h -- Adam, AdamW and SGD with an update factor per weight. Public header.
 *
 *     Adam    g += decay w;  m += (1-b1)(g - m);  v = b2 v + (1-b2) g^2
 *             u = rate / (1 - b1^t)  m / (sqrt(v) / sqrt(1 - b2^t) + eps)
 *     AdamW   the same without decay in g, and u += rate decay w
 *     SGD     g += decay w;  m = momentum m + g;  u = rate m  (Nesterov: rate (g + momentum m))
 *
 *     w -= f u,     f = clamp(g'/g, -10, 10), 1 where g' = g = 0        (ARCL equation 7)
 *
 * Moments see the unmasked gradient g; the factor scales the final update, decay included, as
 * the released code does. */
#ifndef DS_CORE_LEARN_OPTIM_H
#define DS_CORE_LEARN_OPTIM_H

#include <stdbool.h>
#include <stddef.h>

enum ds_optim_kind { DS_ADAM, DS_ADAMW, DS_SGD };

struct ds_optim {
    enum ds_optim_kind kind;
    double beta1, beta2, eps; /* 0.9, 0.999, 1e-8 */
    double momentum;
    bool nesterov;
};

/* How a stretch of weights is updated. masked (g') NULL: f = `factor` everywhere. */
struct ds_update {
    double rate, decay, factor, clamp;
    long t; /* steps taken in this task, this one included */
};

/* w, m, v, g, masked [n]. v is not used by SGD. */
void ds_optim_step(float *w, float *m, float *v, const float *g, const float *masked, size_t n,
                   const struct ds_optim *o, const struct ds_update *u);

/* f = g'/g as above; used by the step, the audit and the tests alike. factor [n]. */
void ds_optim_factor(float *factor, const float *masked, const float *g, size_t n, double clamp);

#endif
