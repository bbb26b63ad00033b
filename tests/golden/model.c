/* tests/golden/model.c -- reads a model folder, computes everything, compares by its rules. */
#include "tests/golden/model.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static int number(const json_t *config, const char *key)
{
    return (int)json_integer_value(json_object_get(config, key));
}

static void read_shape(struct ds_vit_shape *s, const json_t *k)
{
    *s = (struct ds_vit_shape){
        .height = number(k, "img_size"),
        .width = number(k, "img_size"),
        .channels = number(k, "in_chans"),
        .patch = number(k, "patch_size"),
        .dim = number(k, "embed_dim"),
        .depth = number(k, "depth"),
        .heads = number(k, "num_heads"),
        .hidden = (int)lround(json_number_value(json_object_get(k, "mlp_ratio")) *
                              number(k, "embed_dim")),
        .classes = number(k, "num_classes"),
        .registers = number(k, "reg_tokens"),
        .cls = json_is_true(json_object_get(k, "class_token")),
        .qkv_bias = json_is_true(json_object_get(k, "qkv_bias")),
        .layer_scale = json_is_true(json_object_get(k, "layer_scale")),
        .embed_prefix = !json_is_true(json_object_get(k, "no_embed_class")),
        .pool_mean = !strcmp(json_string_value(json_object_get(k, "global_pool")), "avg"),
        .fc_norm = json_is_true(json_object_get(k, "fc_norm")),
        .eps = json_number_value(json_object_get(k, "eps")),
    };
}

/* Places for all gradients; qkv weights get room for the masked ones behind them. */
static size_t place(struct golden_model *m)
{
    size_t total = 0;

    m->at = calloc((size_t)m->vit.tensors.count, sizeof *m->at);
    for (int i = 0; i < m->vit.tensors.count; i++) {
        const struct ds_tensor *t = &m->vit.tensors.row[i];

        m->at[i] = total;
        total += t->count * (t->part == DS_QKV_W ? 2 : 1);
    }
    return total;
}

static int load_weights(struct golden_model *m, struct ds_err *err)
{
    for (int i = 0; i < m->vit.tensors.count; i++) {
        const struct ds_tensor *t = &m->vit.tensors.row[i];
        const struct ds_array *a = ds_bundle_lookup(&m->c->want, t->name);

        if (!a || a->type != DS_F32 || (size_t)ds_array_count(a) != t->count)
            return ds_fail(err, DS_DATA, "%s: weights.safetensors: no float32 '%s' of %zu values",
                           m->c->folder, t->name, t->count);
        memcpy(m->params + t->at, a->data, t->count * sizeof(float));
    }
    return 0;
}

static int prepare(struct golden_model *m, struct ds_err *err)
{
    const unsigned want = DS_WANT_BACKWARD | DS_WANT_FULL | DS_WANT_ATTENTION | DS_WANT_TOKENS;
    const size_t depth = (size_t)m->vit.shape.depth, grads = place(m);
    const int room = m->batch > m->images ? m->batch : m->images;

    m->params = calloc(m->vit.tensors.total, sizeof *m->params);
    m->grad = calloc(grads, sizeof *m->grad);
    m->block = calloc(depth, sizeof *m->block);
    m->grad_block = calloc(depth, sizeof *m->grad_block);
    if (!m->params || !m->grad || !m->block || !m->grad_block)
        return ds_fail(err, DS_NOMEM, "out of memory");
    ds_vit_view(&m->view, m->block, &m->vit.tensors, m->params, NULL);
    ds_vit_view(&m->grad_view, m->grad_block, &m->vit.tensors, m->grad, m->at);
    for (int pass = 0; pass < 2; pass++) {
        ds_vit_work_take(&m->work, &m->vit, room, want, &m->grad_view, true, &m->arena);
        if (!pass && ds_arena_reserve(&m->arena, err))
            return err->code;
    }
    return load_weights(m, err);
}

static double tolerance_of(const struct conformance *c, const char *name, const char *key)
{
    const json_t *t = json_object_get(json_object_get(c->manifest, "tensors"), name);
    const json_t *value = json_object_get(t, key);

    return json_is_number(value) ? json_number_value(value) : -1;
}

static double largest_difference(const float *a, const float *b, size_t n)
{
    double most = 0;

    for (size_t i = 0; i < n; i++) {
        const double d = fabs((double)a[i] - (double)b[i]);

        most = d > most || isnan(d) ? d : most;
    }
    return isnan(most) ? INFINITY : most;
}

/* Quotients of two gradients are compared where the divisor is not close to nothing. */
static void compare_factor(struct conformance *c, const char *name, const struct ds_array *want,
                           const float *mine)
{
    const struct ds_array *grad;
    const double tol = tolerance_of(c, name, "tol_robust");
    const size_t n = (size_t)ds_array_count(want);
    const float *expected = want->data, *g;
    double top = 0, most = 0;
    char full[300];

    snprintf(full, sizeof full, "grad.param.%s", name + strlen("factor."));
    grad = ds_bundle_lookup(&c->want, full);
    if (!grad)
        return;
    g = grad->data;
    for (size_t i = 0; i < n; i++)
        top = fmax(top, fabs((double)g[i]));
    for (size_t i = 0; i < n; i++) {
        if (fabs((double)mine[i]) > 10)
            most = INFINITY;
        if (fabs((double)g[i]) > 1e-2 * top)
            most = fmax(most, fabs((double)mine[i] - (double)expected[i]));
    }
    conf_report(c, name, most, tol);
}

/* Adam makes a whole step of a tiny gradient: a few weights may differ by tenths of a step. */
static void compare_weights(struct conformance *c, const char *name, const struct ds_array *want,
                            const float *mine)
{
    const double rate = tolerance_of(c, name, "lr");
    const double share = fmax(4 * tolerance_of(c, name, "f32_frac_gt_10pct_lr"), 0.002);
    const size_t n = (size_t)ds_array_count(want);
    const float *expected = want->data;
    size_t off = 0;
    double most = largest_difference(mine, expected, n);

    for (size_t i = 0; i < n; i++)
        off += fabs((double)mine[i] - (double)expected[i]) > 0.1 * rate;
    conf_report(c, name, most > 3 * rate * 10 * 1.2 ? INFINITY : (double)off / (double)n, share);
}

static void compare(struct conformance *c, const struct ds_array *mine)
{
    const struct ds_array *want = ds_bundle_lookup(&c->want, mine->name);
    const double tol = tolerance_of(c, mine->name, "tol");
    const size_t n = (size_t)ds_array_count(mine);

    if (c->precision == DS_PRECISION_BF16)
        conf_compare_rounded(c, mine);
    else if (!strncmp(mine->name, "factor.", 7))
        compare_factor(c, mine->name, want, mine->data);
    else if (strstr(mine->name, ".w.") && tol < 0)
        compare_weights(c, mine->name, want, mine->data);
    else if (mine->type == DS_F32)
        conf_report(c, mine->name, largest_difference(mine->data, want->data, n),
                    tol < 0 ? 2e-6 : tol); /* means of exact bits have no tolerance of their own */
}

/* Large folders hold their inputs as bytes only: x = (u8 - 127.5) / 127.5. */
static int unpack_bytes(struct conformance *c, const char *bytes, const char *name,
                        struct ds_err *err)
{
    const struct ds_array *u8 = ds_bundle_lookup(&c->want, bytes);
    struct ds_array *x;
    int64_t dims[DS_RANK_MAX];
    int rank;

    if (ds_bundle_lookup(&c->want, name) || !u8)
        return 0;
    memcpy(dims, u8->dims, sizeof dims);
    rank = u8->rank;
    x = ds_bundle_add(&c->want, name, DS_F32, rank, dims, NULL, err);
    if (!x)
        return err->code;
    u8 = ds_bundle_lookup(&c->want, bytes);
    for (int64_t i = 0; i < ds_array_count(x); i++)
        ((float *)x->data)[i] = (float)((((const uint8_t *)u8->data)[i] - 127.5) / 127.5);
    return 0;
}

static int read_folder(struct conformance *c, struct ds_err *err)
{
    static const char *const part[] = {"weights", "input", "forward", "rollout",
                                       "masks",   "grads", "steps",   "paper"};
    char file[64];
    json_t *paper, *tensors;
    const char *name;
    json_t *entry;

    c->manifest = conf_json(c, "manifest.json", err);
    if (!c->manifest)
        return err->code;
    paper = conf_json(c, "paper.json", err);
    if (!paper)
        return err->code;
    tensors = json_object_get(c->manifest, "tensors");
    json_object_foreach(paper, name, entry)
        json_object_set(tensors, name, entry);
    json_decref(paper);
    for (size_t i = 0; i < sizeof part / sizeof *part; i++) {
        snprintf(file, sizeof file, "%s.safetensors", part[i]);
        if (conf_read(c, file, err))
            return err->code;
    }
    return unpack_bytes(c, "x_u8", "x", err) || unpack_bytes(c, "mask_u8", "mask_x", err)
               ? (int)err->code
               : 0;
}

int conf_model(struct conformance *c, struct ds_err *err)
{
    struct golden_model m = {.c = c};
    struct ds_vit_shape shape;
    int code = 0;

    if (read_folder(c, err))
        return err->code;
    read_shape(&shape, json_object_get(c->manifest, "config"));
    m.batch = number(c->manifest, "batch");
    m.steps = number(c->manifest, "steps");
    m.images = number(c->manifest, "n_mask_images");
    m.temperature = json_number_value(json_object_get(c->manifest, "temperature"));
    if (ds_vit_open(&m.vit, &shape, err))
        return err->code;
    m.vit.precision = c->precision;
    code = prepare(&m, err);
    if (code)
        goto done;
    golden_forward(&m);
    golden_gradients(&m);
    golden_rollouts(&m);
    golden_masked_gradients(&m);
    code = golden_relevance(&m, err) || golden_masks(&m, err) ||
                   (c->precision == DS_PRECISION_FP32 && golden_steps(&m, err))
               ? (int)err->code
               : 0;
    for (int i = 0; !code && i < c->got.count; i++)
        compare(c, &c->got.array[i]);
done:
    ds_arena_clear(&m.arena);
    ds_vit_close(&m.vit);
    free(m.at);
    free(m.params);
    free(m.grad);
    free(m.block);
    free(m.grad_block);
    return code;
}
