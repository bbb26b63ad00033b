/* tests/analysis/twin.h -- two small networks of one shape, and pictures for both. */
#ifndef DS_TESTS_ANALYSIS_TWIN_H
#define DS_TESTS_ANALYSIS_TWIN_H

#include "tests/core/toy.h"
#include "analysis/causal/shown.h"

enum { TWIN_PICTURES = 37 };

struct twin {
    struct ds_model m[2];
    uint8_t *bytes;
    int class_of[TWIN_PICTURES];
    struct ds_shown shown;
};

static inline void twin_model(struct ds_model *m, const struct ds_vit_shape *s,
                              const char *name)
{
    struct ds_err err;

    *m = (struct ds_model){0};
    assert_int_equal(ds_vit_open(&m->vit, s, &err), 0);
    m->params = toy_new(m->vit.tensors.total, 0.5, name);
    m->view.block = calloc((size_t)s->depth, sizeof *m->view.block);
    ds_vit_view(&m->view, m->view.block, &m->vit.tensors, m->params, NULL);
    for (int c = 0; c < 4; c++) {
        m->mean[c] = 0.5;
        m->std[c] = 0.25;
    }
    snprintf(m->file, sizeof m->file, "%s", name);
}

/* labels false: S's answers are the truth. */
static inline void twin_show(struct twin *t, bool labels)
{
    struct ds_err err;

    assert_int_equal(ds_shown_memory(&t->shown, t->bytes, TWIN_PICTURES,
                                     labels ? t->class_of : NULL, &t->m[0], &t->m[1], &err),
                     0);
}

static inline void twin_open(struct twin *t, const struct ds_vit_shape *a,
                             const struct ds_vit_shape *b)
{
    const size_t n = (size_t)TWIN_PICTURES * (size_t)(a->channels * a->height * a->width);
    const uint64_t stream = ds_rng_stream(5, "pictures");

    *t = (struct twin){0};
    twin_model(&t->m[0], a, "old");
    twin_model(&t->m[1], b, "new");
    t->bytes = malloc(n);
    for (size_t i = 0; i < n; i++)
        t->bytes[i] = (uint8_t)ds_rng_below(stream, i, 256);
    for (int i = 0; i < TWIN_PICTURES; i++)
        t->class_of[i] = i % a->classes;
}

/* T becomes S, parameter by parameter. */
static inline void twin_same(struct twin *t)
{
    memcpy(t->m[1].params, t->m[0].params, t->m[0].vit.tensors.total * sizeof(float));
}

static inline void twin_close(struct twin *t)
{
    ds_shown_clear(&t->shown);
    ds_model_close(&t->m[0]);
    ds_model_close(&t->m[1]);
    free(t->bytes);
}

#endif
