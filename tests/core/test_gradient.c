/* tests/core/test_gradient.c -- the whole network against finite differences, at odd sizes.
 *
 * loss(theta) = mean cross-entropy; for a random direction d over one tensor the central
 * difference (loss(theta + h d) - loss(theta - h d)) / 2h must equal grad . d. The loss is
 * summed in double, so that float32 leaves a relative error of about 1e-3. */
#include "tests/core/toy.h"
#include "core/ops/gelu.h"
#include "core/ops/loss.h"
#include "core/ops/norm.h"

enum { BATCH = 3 };

struct net {
    struct ds_vit vit;
    struct ds_arena arena;
    struct ds_vit_work work;
    float *params, *grad;
    struct ds_vit_view view, grad_view;
    float *(*block)[DS_BLOCK_PARTS], *(*grad_block)[DS_BLOCK_PARTS];
    float *images;
    int label[BATCH];
};

static void open_net(struct net *n, const struct ds_vit_shape *s, unsigned want)
{
    struct ds_err err;

    memset(n, 0, sizeof *n);
    assert_int_equal(ds_vit_open(&n->vit, s, &err), 0);
    n->params = toy_new(n->vit.tensors.total, 0.3, "params");
    n->grad = calloc(n->vit.tensors.total, sizeof *n->grad);
    n->block = calloc((size_t)s->depth, sizeof *n->block);
    n->grad_block = calloc((size_t)s->depth, sizeof *n->grad_block);
    ds_vit_view(&n->view, n->block, &n->vit.tensors, n->params, NULL);
    ds_vit_view(&n->grad_view, n->grad_block, &n->vit.tensors, n->grad, NULL);
    for (int pass = 0; pass < 2; pass++) {
        ds_vit_work_take(&n->work, &n->vit, BATCH, want | DS_WANT_BACKWARD, &n->grad_view, false,
                         &n->arena);
        if (!pass)
            assert_int_equal(ds_arena_reserve(&n->arena, &err), 0);
    }
    n->images = toy_new((size_t)(BATCH * s->channels * s->height * s->width), 1, "pixels");
    for (int i = 0; i < BATCH; i++)
        n->label[i] = (i * 2 + 1) % s->classes;
}

static void close_net(struct net *n)
{
    ds_arena_clear(&n->arena);
    ds_vit_close(&n->vit);
    free(n->params);
    free(n->grad);
    free(n->block);
    free(n->grad_block);
    free(n->images);
}

static double loss_of(struct net *n)
{
    const int k = n->vit.shape.classes;
    int hits = 0;

    ds_vit_forward(&n->vit, &n->view, &n->work, n->images, BATCH, NULL);
    ds_head_forward(&n->vit, n->view.outside[DS_HEAD_W], n->view.outside[DS_HEAD_B], &n->work, 0,
                    k);
    return ds_loss_cross_entropy(n->work.dlogits, &hits, n->work.logits, n->label, BATCH, k, 0, k,
                                 1, 1.0 / BATCH) /
           BATCH;
}

static void backward(struct net *n, float keep)
{
    loss_of(n);
    ds_head_backward(&n->vit, n->view.outside[DS_HEAD_W], &n->grad_view, &n->work, 0,
                     n->vit.shape.classes, keep);
    ds_vit_backward(&n->vit, &n->view, &n->grad_view, &n->work, keep, NULL, NULL);
}

/* One random direction per tensor. */
static void check_tensor(struct net *n, const struct ds_tensor *t)
{
    const double h = 2e-3;
    float *p = n->params + t->at, *d = toy_new(t->count, 1, t->name);
    double analytic = 0, numeric, scale = 0, size = 0;

    for (size_t i = 0; i < t->count; i++)
        size += (double)d[i] * (double)d[i];
    for (size_t i = 0; i < t->count; i++) {
        d[i] /= (float)sqrt(size);
        analytic += (double)d[i] * (double)n->grad[t->at + i];
        scale += (double)n->grad[t->at + i] * (double)n->grad[t->at + i];
    }
    for (size_t i = 0; i < t->count; i++)
        p[i] += (float)h * d[i];
    numeric = loss_of(n);
    for (size_t i = 0; i < t->count; i++)
        p[i] -= 2 * (float)h * d[i];
    numeric = (numeric - loss_of(n)) / (2 * h);
    for (size_t i = 0; i < t->count; i++)
        p[i] += (float)h * d[i];
    if (fabs(numeric - analytic) > 3e-3 * sqrt(scale) + 1e-4)
        fail_msg("%s: gradient %.6g, difference %.6g", t->name, analytic, numeric);
    free(d);
}

static void check_network(const struct ds_vit_shape *s, unsigned want)
{
    struct net n;

    open_net(&n, s, want);
    backward(&n, 0);
    for (int i = 0; i < n.vit.tensors.count; i++)
        check_tensor(&n, &n.vit.tensors.row[i]);
    close_net(&n);
}

static void cls_network(void **state)
{
    const struct ds_vit_shape s = toy_shape();

    (void)state;
    check_network(&s, 0);            /* the last block for the CLS rows only */
    check_network(&s, DS_WANT_FULL); /* and for all */
}

static void other_networks(void **state)
{
    struct ds_vit_shape s = toy_shape();

    (void)state;
    s.layer_scale = true;
    s.registers = 2;
    s.embed_prefix = false;
    check_network(&s, 0);
    s.pool_mean = true;
    check_network(&s, 0);
    s.fc_norm = true;
    s.qkv_bias = false;
    check_network(&s, 0);
    s.pool_mean = false;
    check_network(&s, 0);
    s.pool_mean = true;
    s.cls = false;
    s.registers = 0;
    check_network(&s, 0);
}

/* Narrow and full last block are the same function. */
static void narrow_is_exact(void **state)
{
    const struct ds_vit_shape s = toy_shape();
    struct net a, b;

    (void)state;
    open_net(&a, &s, 0);
    open_net(&b, &s, DS_WANT_FULL);
    backward(&a, 0);
    backward(&b, 0);
    for (size_t i = 0; i < a.vit.tensors.total; i++)
        assert_true(fabs((double)a.grad[i] - (double)b.grad[i]) <
                    1e-5 * (1 + fabs((double)b.grad[i])));
    close_net(&a);
    close_net(&b);
}

/* keep 1 adds to what is there. */
static void backward_adds(void **state)
{
    const struct ds_vit_shape s = toy_shape();
    struct net n;
    float *once;

    (void)state;
    open_net(&n, &s, 0);
    backward(&n, 0);
    once = malloc(n.vit.tensors.total * sizeof *once);
    memcpy(once, n.grad, n.vit.tensors.total * sizeof *once);
    backward(&n, 1);
    for (size_t i = 0; i < n.vit.tensors.total; i++)
        assert_true(fabs((double)n.grad[i] - 2 * (double)once[i]) <
                    1e-5 * (1 + fabs((double)once[i])));
    free(once);
    close_net(&n);
}

static void gelu_is_exact(void **state)
{
    (void)state;
    for (double v = -12; v <= 12; v += 0.0137) {
        float x = (float)v, y, zero = 0;
        const double phi = 0.5 * erfc(-(double)x / sqrt(2)), want = (double)x * phi;
        const double slope = phi + (double)x * exp(-0.5 * (double)x * (double)x) / sqrt(2 * 3.14159265358979);

        ds_gelu_forward(&y, &x, &zero, 1, 1);
        assert_true(fabs((double)y - want) < 1e-6 * (1 + fabs(want)));
        assert_true(fabs((double)x - slope) < 1e-6);
    }
}

static void norm_gradient(void **state)
{
    enum { R = 3, C = 7 };
    float x[R * C], g[C], b[C], y[R * C], dy[R * C], dx[R * C] = {0}, dg[C] = {0}, db[C] = {0};
    float mean[R], rstd[R];

    (void)state;
    toy_fill(x, R * C, 1, 2, "x");
    toy_fill(g, C, 1, 0.5, "g");
    toy_fill(b, C, 0, 1, "b");
    toy_fill(dy, R * C, 0, 1, "dy");
    ds_norm_forward(y, mean, rstd, x, g, b, R, 1, C, 1e-6f);
    ds_norm_backward(dx, dg, db, dy, x, g, mean, rstd, R, 1, C);
    for (int i = 0; i < R * C; i++) {
        const float keep = x[i], h = 1e-2f;
        double up = 0, down = 0;

        x[i] = keep + h;
        ds_norm_forward(y, mean, rstd, x, g, b, R, 1, C, 1e-6f);
        for (int k = 0; k < R * C; k++)
            up += (double)y[k] * (double)dy[k];
        x[i] = keep - h;
        ds_norm_forward(y, mean, rstd, x, g, b, R, 1, C, 1e-6f);
        for (int k = 0; k < R * C; k++)
            down += (double)y[k] * (double)dy[k];
        x[i] = keep;
        assert_true(fabs((up - down) / (2 * (double)h) - (double)dx[i]) < 2e-3);
    }
}

static void impossible_shapes(void **state)
{
    struct ds_vit_shape s = toy_shape();
    struct ds_err err;

    (void)state;
    s.heads = 3;
    assert_int_equal(ds_vit_shape_check(&s, &err), DS_USAGE);
    assert_string_equal(err.text, "dim 10 is not divisible by 3 heads");
    s = toy_shape();
    s.patch = 4;
    assert_int_equal(ds_vit_shape_check(&s, &err), DS_USAGE);
    assert_string_equal(err.text, "image 9 x 6 is not divisible by patch 4");
    s = toy_shape();
    s.cls = false;
    assert_int_equal(ds_vit_shape_check(&s, &err), DS_USAGE);
    s = toy_shape();
    s.depth = 0;
    assert_int_equal(ds_vit_shape_check(&s, &err), DS_USAGE);
    s = toy_shape();
    s.dim = s.heads = 65535;
    s.depth = 65535;
    s.hidden = 65535;
    {
        struct ds_tensors t;

        assert_int_equal(ds_tensors_list(&t, &s, &err), 0); /* counted in 64 bits */
        assert_true(t.total > (size_t)1 << 48);
        ds_tensors_clear(&t);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cls_network),      cmocka_unit_test(other_networks),
        cmocka_unit_test(narrow_is_exact),  cmocka_unit_test(backward_adds),
        cmocka_unit_test(gelu_is_exact),    cmocka_unit_test(norm_gradient),
        cmocka_unit_test(impossible_shapes),
    };

    ds_blas_begin();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
