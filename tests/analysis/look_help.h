/* tests/analysis/look_help.h -- a small network, some pictures, and what a look should find:
 * attention from a plain forward pass, maps by the formulas in double. */
#ifndef DS_TESTS_ANALYSIS_LOOK_HELP_H
#define DS_TESTS_ANALYSIS_LOOK_HELP_H

#include "tests/data/source_help.h"

#include <math.h>
#include "analysis/look/look.h"
#include "core/retain/split.h"
#include "data/weights/model_int.h"

/* Three channels, 16 x 12 pixels, patch 4: 4 x 3 patches; 3 layers of 2 heads. */
static inline struct ds_vit_shape look_shape(void)
{
    return (struct ds_vit_shape){.height = 16,
                                 .width = 12,
                                 .channels = 3,
                                 .patch = 4,
                                 .dim = 12,
                                 .depth = 3,
                                 .heads = 2,
                                 .hidden = 20,
                                 .classes = 5,
                                 .cls = true,
                                 .qkv_bias = true,
                                 .embed_prefix = true,
                                 .eps = 1e-6};
}

static inline void look_model(struct ds_model *m, const struct ds_vit_shape *s)
{
    struct ds_err err = {0};

    *m = (struct ds_model){0};
    snprintf(m->file, sizeof m->file, "toy");
    if (ds_model_begin(m, s, &err))
        fail_msg("%s", err.text);
    for (size_t i = 0; i < m->vit.tensors.total; i++)
        m->params[i] = (float)(0.35 * ds_rng_normal(ds_rng_stream(11, "look"), i));
    for (int c = 0; c < 4; c++) {
        m->mean[c] = 0.4 + 0.05 * c;
        m->std[c] = 0.3 - 0.02 * c;
    }
    snprintf(m->recipe, sizeof m->recipe, "none");
}

/* base/DIR/a/0000.png, base/DIR/b/0001.png, ... of the network's own size */
static inline void look_pictures(struct ds_gathered *g, const char *dir, int n)
{
    struct ds_err err = {0};
    char name[128], *operand;

    for (int i = 0; i < n; i++) {
        snprintf(name, sizeof name, "%s/%c/%04d.png", dir, 'a' + i % 2, i);
        put_png(name, i, 3, 16, 12);
    }
    operand = (char *)(uintptr_t)in_base(dir);
    if (ds_gather(g, &operand, 1, &err))
        fail_msg("%s", err.text);
}

/* What a plain pass over one picture gives: heads [L][H][N][N], logits [K]. */
struct plain_pass {
    struct ds_arena arena;
    struct ds_vit_work work;
    float *image;
};

static inline void plain_open(struct plain_pass *p, const struct ds_model *m)
{
    const struct ds_vit_shape *s = &m->vit.shape;
    struct ds_err err = {0};

    *p = (struct plain_pass){0};
    p->image = calloc((size_t)(s->channels * s->height * s->width), sizeof *p->image);
    for (int i = 0; i < 2; i++) {
        ds_vit_work_take(&p->work, &m->vit, 1, DS_WANT_ATTENTION | DS_WANT_FULL, NULL, false,
                         &p->arena);
        if (!i && ds_arena_reserve(&p->arena, &err))
            fail_msg("%s", err.text);
    }
}

static inline void plain_close(struct plain_pass *p)
{
    ds_arena_clear(&p->arena);
    free(p->image);
}

/* Picture number i of put_png. */
static inline void plain_run(struct plain_pass *p, const struct ds_model *m, int i)
{
    const struct ds_vit_shape *s = &m->vit.shape;
    const int area = s->height * s->width;

    for (int c = 0; c < s->channels; c++)
        for (int k = 0; k < area; k++)
            p->image[c * area + k] =
                (float)((pixel(i, c, k / s->width, k % s->width) / 255.0 - m->mean[c]) /
                        m->std[c]);
    ds_vit_forward(&m->vit, &m->view, &p->work, p->image, 1, NULL);
    if (s->classes)
        ds_logits_forward(&m->vit, &m->view, &p->work);
}

static inline double fused(const struct plain_pass *p, const struct ds_vit_shape *s, int layer,
                           int at, enum ds_fusion how)
{
    const int square = ds_tokens(s) * ds_tokens(s);
    double value = (double)p->work.layer[layer].attn[at];

    for (int h = 1; h < s->heads; h++) {
        const double next = (double)p->work.layer[layer].attn[h * square + at];

        value = how == DS_FUSE_MEAN  ? value + next
                : how == DS_FUSE_MAX ? fmax(value, next)
                                     : fmin(value, next);
    }
    return how == DS_FUSE_MEAN ? value / s->heads : value;
}

/* B of one layer by a rule, entries in double. */
static inline void expected_b(double *b, const struct plain_pass *p,
                              const struct ds_vit_shape *s, int layer,
                              const struct ds_rollout_rule *rule)
{
    const int n = ds_tokens(s), gone = (int)(n * n * rule->discard);
    double sum[64];

    for (int i = 0; i < n * n; i++)
        b[i] = fused(p, s, layer, i, rule->fusion);
    for (int k = 0; k < gone; k++) { /* the k-th smallest that is left */
        int least = -1;

        for (int i = 0; i < n * n; i++)
            if (b[i] >= 0 && (least < 0 || b[i] < b[least]))
                least = i;
        b[least] = -1 - b[least];
    }
    for (int i = 0; i < n * n; i++)
        b[i] = b[i] >= 0 ? b[i] : i == 0 ? -1 - b[i] : 0;
    for (int r = 0; r < n; r++) {
        sum[r] = 1;
        for (int c = 0; c < n; c++)
            sum[r] += b[r * n + c];
        b[r * n + r] += 1;
    }
    for (int r = 0; r < n; r++)
        for (int c = 0; c < n; c++)
            b[r * n + c] /= sum[rule->norm == DS_NORM_ROWS ? r : c];
}

/* map [L][P] of a rollout. */
static inline void expected_rollout(double *map, const struct plain_pass *p,
                                    const struct ds_vit_shape *s, const struct ds_look_want *w)
{
    const int n = ds_tokens(s), prefix = ds_prefix(s), patches = n - prefix;
    const int row = w->row == DS_LOOK_OWN_ROW ? ds_rollout_own_row(s) : w->row;
    double now[32 * 32], next[32 * 32], b[32 * 32];

    for (int i = 0; i < n * n; i++)
        now[i] = i % (n + 1) == 0;
    for (int l = 0; l < s->depth; l++) {
        expected_b(b, p, s, l, &w->rule);
        for (int i = 0; l >= w->start && i < n * n; i++) {
            next[i] = 0;
            for (int k = 0; k < n; k++)
                next[i] += b[i / n * n + k] * now[k * n + i % n];
        }
        if (l >= w->start)
            memcpy(now, next, sizeof next);
        for (int j = 0; j < patches; j++) {
            double *to = &map[l * patches + j];

            *to = 0;
            for (int r = 0; r < n; r++)
                if (row == DS_ALL_ROWS || r == row)
                    *to += now[r * n + prefix + j] / (row == DS_ALL_ROWS ? n : 1);
        }
    }
    for (int l = 0; w->by_largest && l < s->depth; l++) {
        double top = 0;

        for (int j = 0; j < patches; j++)
            top = fmax(top, map[l * patches + j]);
        for (int j = 0; j < patches; j++)
            map[l * patches + j] /= top > 0 ? top : 1;
    }
}

static inline void assert_near(const float *got, const double *want, int n, const char *what)
{
    for (int i = 0; i < n; i++)
        if (!(fabs((double)got[i] - want[i]) <= 2e-6))
            fail_msg("%s: entry %d is %.9g, expected %.9g", what, i, (double)got[i], want[i]);
}

static inline void assert_splits(const float *split, const float *map, int layers, int patches)
{
    double *scratch = malloc(ds_split_scratch(patches) * sizeof *scratch);

    for (int l = 0; l < layers; l++)
        assert_true(split[l] == (float)ds_split_point(map + l * patches, patches, DS_SPLIT_ECDF,
                                                      0, NULL, scratch));
    free(scratch);
}

#endif
