/* tests/core/test_gradient.c -- the whole network against finite differences, at odd sizes. */
#include "tests/core/net.h"
#include "core/ops/gelu.h"
#include "core/ops/norm.h"
#include "tests/kernels.h"

static void cls_network(void **state)
{
    const struct ds_vit_shape s = toy_shape();

    (void)state;
    net_check(&s, 0);            /* the last block for the CLS rows only */
    net_check(&s, DS_WANT_FULL); /* and for all */
}

static void other_networks(void **state)
{
    struct ds_vit_shape s = toy_shape();

    (void)state;
    s.layer_scale = true;
    s.registers = 2;
    s.embed_prefix = false;
    net_check(&s, 0);
    s.pool_mean = true;
    net_check(&s, 0);
    s.fc_norm = true;
    s.qkv_bias = false;
    net_check(&s, 0);
    s.pool_mean = false;
    net_check(&s, 0);
    s.pool_mean = true;
    s.cls = false;
    s.registers = 0;
    net_check(&s, 0);
}

/* Narrow and full last block are the same function. */
static void narrow_is_exact(void **state)
{
    const struct ds_vit_shape s = toy_shape();
    struct net a, b;

    (void)state;
    net_open(&a, &s, 0);
    net_open(&b, &s, DS_WANT_FULL);
    net_backward(&a, 0);
    net_backward(&b, 0);
    for (size_t i = 0; i < a.vit.tensors.total; i++)
        assert_true(fabs((double)a.grad[i] - (double)b.grad[i]) <
                    1e-5 * (1 + fabs((double)b.grad[i])));
    net_close(&a);
    net_close(&b);
}

/* keep 1 adds to what is there. */
static void backward_adds(void **state)
{
    const struct ds_vit_shape s = toy_shape();
    struct net n;
    float *once;

    (void)state;
    net_open(&n, &s, 0);
    net_backward(&n, 0);
    once = malloc(n.vit.tensors.total * sizeof *once);
    memcpy(once, n.grad, n.vit.tensors.total * sizeof *once);
    net_backward(&n, 1);
    for (size_t i = 0; i < n.vit.tensors.total; i++)
        assert_true(fabs((double)n.grad[i] - 2 * (double)once[i]) <
                    1e-5 * (1 + fabs((double)once[i])));
    free(once);
    net_close(&n);
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

    begin_with_kernels();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
