/* tests/core/toy.h -- small networks and structureless numbers for the tests of core. */
#ifndef DS_TESTS_CORE_TOY_H
#define DS_TESTS_CORE_TOY_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/base/rng.h"
#include "core/learn/method.h"
#include "core/ops/gemm.h"

/* n numbers from N(centre, spread) */
static inline void toy_fill(float *p, size_t n, double centre, double spread, const char *name)
{
    const uint64_t stream = ds_rng_stream(7, name);

    for (size_t i = 0; i < n; i++)
        p[i] = (float)(centre + spread * ds_rng_normal(stream, i));
}

static inline float *toy_new(size_t n, double spread, const char *name)
{
    float *p = malloc((n + 1) * sizeof *p);

    toy_fill(p, n, 0, spread, name);
    return p;
}

/* Odd sizes everywhere: 2 channels, 9 x 6 pixels, patch 3, two heads of width 5. */
static inline struct ds_vit_shape toy_shape(void)
{
    return (struct ds_vit_shape){.height = 9,
                                 .width = 6,
                                 .channels = 2,
                                 .patch = 3,
                                 .dim = 10,
                                 .depth = 3,
                                 .heads = 2,
                                 .hidden = 13,
                                 .classes = 5,
                                 .cls = true,
                                 .qkv_bias = true,
                                 .embed_prefix = true,
                                 .eps = 1e-6};
}

static inline struct ds_learner_opt toy_options(const char *method)
{
    return (struct ds_learner_opt){.method = ds_method_lookup(method),
                                   .trainable = "head,qkv.weight",
                                   .batch = 11,
                                   .optim = {DS_ADAM, 0.9, 0.999, 1e-8, 0.9, false},
                                   .schedule = {.kind = DS_SCHEDULE_CONSTANT, .gamma = 0.1},
                                   .rate = 0.05,
                                   .trunk_scale = 0.2,
                                   .decay = 5e-5,
                                   .head_decay = 5e-5,
                                   .temperature = 2,
                                   .retain = {.clamp = 10},
                                   .refine_head = true,
                                   .refine = {.epochs = 2,
                                              .samples = 8,
                                              .batch = 16,
                                              .rate = 0.5,
                                              .momentum = 0.9,
                                              .decay = 1e-4,
                                              .temperature = 2},
                                   .seed = 3};
}

/* Forty pictures of five classes, as a feed. */
enum { TOY_IMAGES = 40 };
struct toy_set {
    float *images;
    int label[TOY_IMAGES], id[TOY_IMAGES];
    size_t pixels;
};

static inline int toy_fetch(void *with, int first, int count, float *images, int *label,
                            struct ds_err *err)
{
    const struct toy_set *t = with;

    (void)err;
    memcpy(images, t->images + (size_t)first * t->pixels,
           (size_t)count * t->pixels * sizeof *images);
    if (label)
        memcpy(label, t->label + first, (size_t)count * sizeof *label);
    return 0;
}

/* Labels first .. first + classes - 1, in turn. */
static inline void toy_set(struct toy_set *t, const struct ds_vit_shape *s, int first,
                           int classes)
{
    t->pixels = (size_t)(s->channels * s->height * s->width);
    t->images = toy_new(TOY_IMAGES * t->pixels, 1, first ? "later" : "images");
    for (int i = 0; i < TOY_IMAGES; i++) {
        t->label[i] = first + i % classes;
        t->id[i] = i;
        for (size_t p = 0; p < t->pixels; p++) /* something to learn */
            t->images[(size_t)i * t->pixels + p] += (float)((int)(p % 5) == t->label[i]);
    }
}

static inline struct ds_feed toy_feed(struct toy_set *t)
{
    return (struct ds_feed){.count = TOY_IMAGES, .with = t, .fetch = toy_fetch};
}

#endif
