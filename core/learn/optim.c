/* core/learn/optim.c -- Adam, AdamW and SGD with an update factor. See the header. */
#include "core/learn/optim.h"

#include <math.h>
#include "core/ops/simd.h"

/* The quotient of two zeros is 1: nothing was masked there. */
DS_INLINE float factor_of(float masked, float g, float clamp)
{
    float f = masked / g;

    f = f != f ? 1.0f : f;
    f = f > clamp ? clamp : f;
    return f < -clamp ? -clamp : f;
}

struct adam {
    float gain1, beta2, gain2, rate, eps, root, decay_in, decay_out;
};

DS_INLINE float adam_update(float *m, float *v, float g, float w, const struct adam *k)
{
    const float d = g + k->decay_in * w;

    *m += k->gain1 * (d - *m);
    *v = k->beta2 * *v + k->gain2 * (d * d);
    return k->rate * (*m / (sqrtf(*v) * k->root + k->eps)) + k->decay_out * w;
}

DS_INLINE void adam_even_body(float *restrict w, float *restrict m, float *restrict v,
                              const float *restrict g, size_t n, const struct adam *constants,
                              float f)
{
    const struct adam k = *constants;

#pragma omp simd
    for (size_t i = 0; i < n; i++)
        w[i] -= f * adam_update(&m[i], &v[i], g[i], w[i], &k);
}
DS_VARIANTS(static, adam_even,
            (float *w, float *m, float *v, const float *g, size_t n,
             const struct adam *constants, float f),
            (w, m, v, g, n, constants, f))

DS_INLINE void adam_masked_body(float *restrict w, float *restrict m, float *restrict v,
                                const float *restrict g, const float *restrict masked, size_t n,
                                const struct adam *constants, float clamp)
{
    const struct adam k = *constants;

#pragma omp simd
    for (size_t i = 0; i < n; i++)
        w[i] -= factor_of(masked[i], g[i], clamp) * adam_update(&m[i], &v[i], g[i], w[i], &k);
}
DS_VARIANTS(static, adam_masked,
            (float *w, float *m, float *v, const float *g, const float *masked, size_t n,
             const struct adam *constants, float clamp),
            (w, m, v, g, masked, n, constants, clamp))

static void adam_step(float *w, float *m, float *v, const float *g, const float *masked,
                      size_t n, const struct ds_optim *o, const struct ds_update *u)
{
    const struct adam k = {
        .gain1 = (float)(1 - o->beta1),
        .beta2 = (float)o->beta2,
        .gain2 = (float)(1 - o->beta2),
        .rate = (float)(u->rate / (1 - pow(o->beta1, (double)u->t))),
        .eps = (float)o->eps,
        .root = (float)(1 / sqrt(1 - pow(o->beta2, (double)u->t))),
        .decay_in = o->kind == DS_ADAM ? (float)u->decay : 0,
        .decay_out = o->kind == DS_ADAMW ? (float)(u->rate * u->decay) : 0,
    };

    if (masked)
        adam_masked(w, m, v, g, masked, n, &k, (float)u->clamp);
    else
        adam_even(w, m, v, g, n, &k, (float)u->factor);
}

struct sgd {
    float momentum, rate, decay, fresh, kept; /* u = rate (fresh d + kept m) */
};

DS_INLINE float sgd_update(float *m, float g, float w, const struct sgd *k)
{
    const float d = g + k->decay * w;

    *m = k->momentum * *m + d;
    return k->rate * (k->fresh * d + k->kept * *m);
}

DS_INLINE void sgd_even_body(float *restrict w, float *restrict m, const float *restrict g,
                             size_t n, const struct sgd *constants, float f)
{
    const struct sgd k = *constants;

#pragma omp simd
    for (size_t i = 0; i < n; i++)
        w[i] -= f * sgd_update(&m[i], g[i], w[i], &k);
}
DS_VARIANTS(static, sgd_even,
            (float *w, float *m, const float *g, size_t n, const struct sgd *constants,
             float f),
            (w, m, g, n, constants, f))

DS_INLINE void sgd_masked_body(float *restrict w, float *restrict m, const float *restrict g,
                               const float *restrict masked, size_t n,
                               const struct sgd *constants, float clamp)
{
    const struct sgd k = *constants;

#pragma omp simd
    for (size_t i = 0; i < n; i++)
        w[i] -= factor_of(masked[i], g[i], clamp) * sgd_update(&m[i], g[i], w[i], &k);
}
DS_VARIANTS(static, sgd_masked,
            (float *w, float *m, const float *g, const float *masked, size_t n,
             const struct sgd *constants, float clamp),
            (w, m, g, masked, n, constants, clamp))

void ds_optim_step(float *w, float *m, float *v, const float *g, const float *masked, size_t n,
                   const struct ds_optim *o, const struct ds_update *u)
{
    const struct sgd k = {(float)o->momentum, (float)u->rate, (float)u->decay,
                          o->nesterov ? 1 : 0, o->nesterov ? (float)o->momentum : 1};

    if (o->kind != DS_SGD)
        adam_step(w, m, v, g, masked, n, o, u);
    else if (masked)
        sgd_masked(w, m, g, masked, n, &k, (float)u->clamp);
    else
        sgd_even(w, m, g, n, &k, (float)u->factor);
}

DS_INLINE void ds_optim_factor_body(float *factor, const float *masked, const float *g,
                                    size_t n, double clamp)
{
    const float limit = (float)clamp;

#pragma omp simd
    for (size_t i = 0; i < n; i++)
        factor[i] = factor_of(masked[i], g[i], limit);
}
DS_VARIANTS(, ds_optim_factor,
            (float *factor, const float *masked, const float *g, size_t n, double clamp),
            (factor, masked, g, n, clamp))
