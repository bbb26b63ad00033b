/* tests/core/write_networks.c -- one small random network of every family, and all the engine
 * says of it, for check_networks.py: FOLDER/NAME.safetensors.
 *
 *     config [heads, activation, pool_mean, fc_norm, start layer, token]   w/NAME  the weights
 *     x, y; logits, feature; g/NAME gradients of the mean cross-entropy
 *     relevance/KIND [B][L][N] and [B][L][N][N]; rollout/FUSION.SHARE[.slip] [B][L][N] */
#include <stdio.h>
#include "tests/core/net.h"
#include "core/retain/relevance.h"
#include "core/retain/stream.h"
#include "data/store/safetensors.h"

static const struct family {
    const char *name;
    struct ds_vit_shape set; /* beside the sizes, all of which are its own */
} family[] = {
    {"plain", {.cls = true, .qkv_bias = true, .embed_prefix = true}},
    {"deit",
     {.cls = true, .qkv_bias = true, .embed_prefix = true, .dist = true, .head_dist = true}},
    {"clip",
     {.cls = true,
      .qkv_bias = true,
      .embed_prefix = true,
      .pre_norm = true,
      .no_patch_bias = true,
      .act = DS_ACT_QUICK_GELU}},
    {"tanh", {.cls = true, .qkv_bias = true, .act = DS_ACT_GELU_TANH}},
    {"dinov2",
     {.cls = true, .qkv_bias = true, .registers = 2, .layer_scale = true, .head_concat = true}},
    {"giant",
     {.cls = true,
      .qkv_bias = true,
      .embed_prefix = true,
      .layer_scale = true,
      .swiglu = true,
      .head_concat = true}},
    {"patches", {.pool_mean = true, .fc_norm = true, .embed_prefix = true}},
    {"everything",
     {.cls = true,
      .embed_prefix = true,
      .dist = true,
      .head_dist = true,
      .registers = 1,
      .pre_norm = true,
      .no_patch_bias = true,
      .swiglu = true,
      .layer_scale = true}},
};

static void stop(const struct ds_err *err)
{
    fprintf(stderr, "error: %s\n", err->text);
    exit(1);
}

static float *add(struct ds_bundle *b, const char *name, enum ds_type type, int rank,
                  const int64_t *dims, const void *data)
{
    struct ds_err err;
    struct ds_array *a = ds_bundle_add(b, name, type, rank, dims, data, &err);

    if (!a)
        stop(&err);
    return a->data;
}

static void add_tensors(struct ds_bundle *b, const char *group, const struct ds_tensors *t,
                        const float *from)
{
    for (int i = 0; i < t->count; i++) {
        const struct ds_tensor *row = &t->row[i];
        int64_t dims[4];
        char name[64];

        for (int k = 0; k < row->rank; k++)
            dims[k] = row->dims[k];
        snprintf(name, sizeof name, "%s/%s", group, row->name);
        add(b, name, DS_F32, row->rank, dims, from + row->at);
    }
}

static void relevance(struct ds_bundle *b, const struct net *n, const char *name,
                      const struct ds_relevance_opt *opt)
{
    const struct ds_vit_shape *s = &n->vit.shape;
    const int64_t dims[4] = {BATCH, s->depth, ds_tokens(s), ds_tokens(s)};
    struct ds_arena arena = {0};
    struct ds_relevance r;
    struct ds_err err;
    char path[64];
    float *rows, *full;

    if (ds_relevance_check(opt, s, &err))
        stop(&err);
    for (int pass = 0; pass < 2; pass++) {
        ds_relevance_take(&r, &n->vit, BATCH, opt, &arena);
        if (!pass && ds_arena_reserve(&arena, &err))
            stop(&err);
    }
    snprintf(path, sizeof path, "relevance/%s", name);
    add(b, path, DS_F32, 3, dims, NULL);
    snprintf(path, sizeof path, "full/%s", name);
    full = add(b, path, DS_F32, 4, dims, NULL);
    snprintf(path, sizeof path, "relevance/%s", name);
    rows = ds_bundle_lookup(b, path)->data;
    ds_relevance_run(&r, &n->view, n->images, BATCH, n->label, rows, full);
    ds_arena_clear(&arena);
}

static void rollout(struct ds_bundle *b, const struct net *n, const char *name,
                    const struct ds_rollout_opt *opt)
{
    const struct ds_vit_shape *s = &n->vit.shape;
    const int64_t dims[3] = {BATCH, s->depth, ds_tokens(s)};
    const unsigned want = ds_rollout_want(opt);
    struct ds_arena arena = {0};
    struct ds_rollout_stream t;
    struct ds_vit_taps taps = {.attn = {.with = &t, .attention = ds_rollout_tap}};
    struct ds_vit_work work;
    struct ds_err err;
    char path[64];

    if (ds_rollout_opt_check(opt, s, &err))
        stop(&err);
    for (int pass = 0; pass < 2; pass++) {
        ds_rollout_stream_take(&t, &n->vit, BATCH, want, opt, &arena);
        ds_vit_work_take(&work, &n->vit, BATCH, want, NULL, false, &arena);
        if (!pass && ds_arena_reserve(&arena, &err))
            stop(&err);
    }
    ds_vit_forward(&n->vit, &n->view, &work, n->images, BATCH, &taps);
    snprintf(path, sizeof path, "rollout/%s", name);
    add(b, path, DS_F32, 3, dims, t.rows);
    ds_arena_clear(&arena);
}

static void all_rollouts(struct ds_bundle *b, const struct net *n, int start, int row)
{
    static const char *const word[] = {"mean", "max", "min"};
    static const double share[] = {0, 0.3, 0.9};
    char name[32];

    for (int f = 0; f < 3; f++)
        for (int k = 0; k < 3; k++)
            for (int slip = 0; slip < 2; slip++) {
                const struct ds_rollout_opt opt = {
                    {(enum ds_fusion)f, share[k], (enum ds_rollout_norm)slip}, start, row};

                snprintf(name, sizeof name, "%s.%.1f%s", word[f], share[k],
                         slip ? ".slip" : "");
                rollout(b, n, name, &opt);
            }
}

static void all_relevances(struct ds_bundle *b, const struct net *n, int start, int row)
{
    const enum ds_relevance_kind chefer = DS_RELEVANCE_CHEFER, other = DS_RELEVANCE_ROLLOUT;

    relevance(b, n, "chefer", &(struct ds_relevance_opt){chefer, 0, 0, start, row});
    relevance(b, n, "grad.0.0", &(struct ds_relevance_opt){other, 0, 0, start, row});
    relevance(b, n, "grad.0.9", &(struct ds_relevance_opt){other, 0.9, 0, start, row});
    relevance(b, n, "grad.0.9.slip",
              &(struct ds_relevance_opt){other, 0.9, DS_NORM_VIT_EXPLAIN, start, row});
}

/* Weights with some contrast, norms around 1. */
static void fill(struct net *n)
{
    for (int i = 0; i < n->vit.tensors.count; i++) {
        const struct ds_tensor *t = &n->vit.tensors.row[i];
        const bool about_one = t->part == DS_NORM1_W || t->part == DS_NORM2_W ||
                               t->part == DS_NORM_W || t->part == DS_PRE_W;

        toy_fill(n->params + t->at, t->count, about_one ? 1 : 0, 0.4, t->name);
    }
}

static void write_family(const char *folder, const struct family *of, int start, int token)
{
    struct ds_vit_shape s = of->set;
    const int64_t six[1] = {6}, batch[1] = {BATCH};
    struct ds_bundle b = {0};
    struct ds_err err;
    struct net n;
    char path[4096];

    s.height = 9, s.width = 6, s.channels = 2, s.patch = 3;
    s.dim = 12, s.depth = 4, s.heads = 3, s.hidden = 17, s.classes = 5, s.eps = 1e-6;
    net_open(&n, &s, 0);
    fill(&n);
    net_backward(&n, 0);
    add(&b, "config", DS_I32, 1, six,
        (int[]){s.heads, (int)s.act, s.pool_mean, s.fc_norm, start, token});
    add(&b, "x", DS_F32, 4, (int64_t[]){BATCH, s.channels, s.height, s.width}, n.images);
    add(&b, "y", DS_I32, 1, batch, n.label);
    add(&b, "logits", DS_F32, 2, (int64_t[]){BATCH, s.classes}, n.work.logits);
    add(&b, "feature", DS_F32, 2, (int64_t[]){BATCH, ds_feature_width(&s)}, n.work.feature);
    add_tensors(&b, "w", &n.vit.tensors, n.params);
    add_tensors(&b, "g", &n.vit.tensors, n.grad);
    all_rollouts(&b, &n, start, token);
    all_relevances(&b, &n, start, token);
    snprintf(path, sizeof path, "%s/%s.%d.%d.safetensors", folder, of->name, start, token);
    if (ds_safetensors_save(&b, path, &err))
        stop(&err);
    ds_bundle_clear(&b);
    net_close(&n);
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: write_networks FOLDER\n");
        return 64;
    }
    ds_blas_begin();
    for (size_t i = 0; i < sizeof family / sizeof *family; i++) {
        write_family(argv[1], &family[i], 0, family[i].set.cls ? 0 : DS_ALL_ROWS);
        write_family(argv[1], &family[i], 1, 4);
        write_family(argv[1], &family[i], 0, DS_ALL_ROWS);
    }
    return 0;
}
