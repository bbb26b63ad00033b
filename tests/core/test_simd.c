/* tests/core/test_simd.c -- vectorised loops: exp and the normal distribution against double
 * precision over all of their range, and every variant against the portable one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "core/base/rng.h"
#include "core/learn/optim.h"
#include "core/ops/act.h"
#include "core/ops/attention.h"
#include "core/ops/cpu.h"
#include "core/ops/gate.h"
#include "core/ops/gelu.h"
#include "core/ops/gemm.h"
#include "core/ops/linear.h"
#include "core/ops/mul.h"
#include "core/ops/norm.h"
#include "core/ops/simd.h"
#include "core/retain/rollout.h"

static const char *const level_name[] = {"portable", "avx2", "avx512"};
enum { LEVELS = 3 };

/* Whether the machine has the level; from here on it is in force. */
static bool at_level(int level)
{
    struct ds_err err;

    return !ds_cpu_limit(level_name[level], "the test", &err);
}

static float from_bits(uint32_t bits)
{
    float x;

    memcpy(&x, &bits, sizeof x);
    return x;
}

/* The next of some million floats from -inf upwards, tiny ones included; false at the end. */
static bool next_float(uint32_t *step, float *x)
{
    const uint32_t stride = 1013, top = 0x7f800000u; /* infinity */
    const uint32_t count = 2 * (top / stride);
    const uint32_t i = (*step)++;

    *x = i < count / 2 ? -from_bits(top - i * stride) : from_bits((i - count / 2) * stride);
    return i < count;
}

static void exponential(void **state)
{
    uint32_t step = 0;
    float x;

    (void)state;
    while (next_float(&step, &x)) {
        const double e = (double)ds_exp(x), true_e = exp((double)x);

        if (x < -87)
            assert_true(e >= 0 && e < 1.7e-38);
        else if (x <= 88)
            assert_true(fabs(e - true_e) < 1e-7 * true_e);
        else
            assert_true(e > 1.6e38 && isfinite(e));
    }
}

/* y = x Phi(x) to 3.5e-7 |x|, and its derivative to 4e-7, at every level. */
static void gelu_everywhere(void **state)
{
    enum { ROW = 1009 };
    const double pi = acos(-1);
    static const float bias[ROW];

    (void)state;
    for (int level = 0; level < LEVELS && at_level(level); level++) {
        uint32_t step = 0;
        float x[ROW], slope[ROW], y[ROW], only[ROW];
        bool more = true;

        while (more) {
            int n = 0;

            while (n < ROW && (more = next_float(&step, &x[n])))
                n += fabsf(x[n]) < 1e18f; /* the square is finite */
            memcpy(slope, x, sizeof slope);
            ds_gelu_forward(y, slope, bias, 1, n);
            ds_gelu_infer(only, x, bias, 1, n);
            for (int i = 0; i < n; i++) {
                const double v = (double)x[i], phi = 0.5 * erfc(-v / sqrt(2));
                const double density = exp(-0.5 * v * v) / sqrt(2 * pi);

                assert_true(fabs((double)y[i] - v * phi) <= 3.5e-7 * fabs(v) + 2e-45);
                assert_true(fabs((double)only[i] - v * phi) <= 3.5e-7 * fabs(v) + 2e-45);
                assert_true(fabs((double)slope[i] - (phi + v * density)) <= 4e-7);
            }
        }
    }
}

/* Odd sizes, so that every loop has a rest. */
enum { ROWS = 7, N = 37, TOKENS = 19, HEADS = 2, WIDTH = 5, C = HEADS * WIDTH, ROOM = 4096 };

/* What a case reads and writes: `out` is compared, and begins with random numbers as well. */
struct trial {
    float in[ROOM], more[ROOM], bias[ROOM], out[ROOM], second[ROOM], third[ROOM], work[ROOM];
};

static void run_gelu(struct trial *t)
{
    ds_gelu_forward(t->out, t->second, t->bias, ROWS, N);
    ds_gelu_backward(t->third, t->second, ROWS, N);
}

static void run_tanh(struct trial *t)
{
    ds_act_forward(DS_ACT_GELU_TANH, t->out, t->second, t->bias, ROWS, N);
    ds_act_infer(DS_ACT_GELU_TANH, t->third, t->in, t->bias, ROWS, N);
}

static void run_quick(struct trial *t)
{
    ds_act_forward(DS_ACT_QUICK_GELU, t->out, t->second, t->bias, ROWS, N);
    ds_act_infer(DS_ACT_QUICK_GELU, t->third, t->in, t->bias, ROWS, N);
}

static void run_gate(struct trial *t)
{
    ds_gate_infer(t->out, t->in, t->bias, ROWS, N);
    ds_gate_forward(t->out + ROWS * N, t->second, t->bias, ROWS, N);
    ds_gate_backward(t->third, t->second, ROWS, N);
}

static void run_norm(struct trial *t)
{
    float mean[ROWS], rstd[ROWS];

    ds_norm_forward(t->out, mean, rstd, t->in, t->bias, t->more, ROWS, 1, N, 1e-6f);
    ds_norm_backward(t->second, t->third, t->third + N, t->more, t->in, t->bias, mean, rstd,
                     ROWS, 1, N);
}

static void run_rows(struct trial *t)
{
    ds_rows_copy(t->out, t->in, t->bias, ROWS, N, N);
    ds_rows_scale_add(t->second, t->in, t->bias, t->more, ROWS, N, N);
    ds_rows_sum(t->third, t->in, N, NULL, 0, ROWS, N);
    ds_rows_sum(t->third + N, t->in, N, t->more, N, ROWS, N);
    ds_rows_scale(t->third + 2 * N, N, t->in, N, t->bias, ROWS, N);
    ds_rows_weigh(t->third + 2 * N + ROWS * N, N, t->in, N, t->bias, ROWS, N);
}

static void run_attention(struct trial *t)
{
    const struct ds_mul fp32 = {0};
    const struct ds_attn s = {1, TOKENS, TOKENS, HEADS, WIDTH, &fp32};

    assert_true(ds_attn_scratch(&s) <= ROOM && HEADS * TOKENS * TOKENS + TOKENS * C <= ROOM);
    ds_attn_forward(t->out, t->out + TOKENS * C, 1, t->in, &s, NULL);
    ds_attn_backward(t->second, 6 * C, t->more, t->out + TOKENS * C, t->in, t->bias,
                     t->bias + N, t->work, &s, NULL);
    memset(t->work, 0, sizeof t->work);
}

static void run_adam(struct trial *t)
{
    const struct ds_optim adam = {DS_ADAM, 0.9, 0.999, 1e-8, 0, false};
    const struct ds_update how = {0.1, 0.01, 0.5, 10, 3};

    for (int i = 0; i < 2 * N; i++)
        t->third[i] = fabsf(t->third[i]);
    ds_optim_step(t->out, t->second, t->third, t->in, NULL, N, &adam, &how);
    ds_optim_step(t->out + N, t->second + N, t->third + N, t->in, t->more, N, &adam, &how);
    ds_optim_factor(t->out + 2 * N, t->more, t->in, N, 10);
}

static void run_sgd(struct trial *t)
{
    const struct ds_optim sgd = {DS_SGD, 0, 0, 0, 0.9, true};
    const struct ds_update how = {0.1, 0.01, 0.5, 10, 3};

    ds_optim_step(t->out, t->second, NULL, t->in, NULL, N, &sgd, &how);
    ds_optim_step(t->out + N, t->second + N, NULL, t->in, t->more, N, &sgd, &how);
}

static void run_rollout(struct trial *t)
{
    for (int i = 0; i < HEADS * TOKENS * TOKENS; i++)
        t->in[i] = fabsf(t->in[i]);
    ds_rollout_fuse(t->out, NULL, t->in, HEADS, TOKENS, TOKENS, DS_FUSE_MEAN, 0, NULL);
    ds_rollout_fuse(t->second, t->third, t->in, HEADS, TOKENS, TOKENS, DS_FUSE_MAX, 0, NULL);
}

static const struct {
    const char *name;
    void (*run)(struct trial *t);
} trial[] = {
    {"gelu", run_gelu},           {"tanh gelu", run_tanh}, {"quick gelu", run_quick},
    {"gate", run_gate},           {"norm", run_norm},      {"rows", run_rows},
    {"attention", run_attention}, {"adam", run_adam},      {"sgd", run_sgd},
    {"rollout", run_rollout},
};

static void fill(float *x, uint64_t stream)
{
    for (uint64_t i = 0; i < ROOM; i++)
        x[i] = (float)ds_rng_normal(stream, i);
}

static void run_trial(struct trial *t, size_t which)
{
    float *const array[] = {t->in, t->more, t->bias, t->out, t->second, t->third};

    memset(t, 0, sizeof *t);
    for (size_t i = 0; i < sizeof array / sizeof *array; i++)
        fill(array[i], 10 * which + i);
    memcpy(t->second, t->in, sizeof t->in);
    trial[which].run(t);
}

static void variants_agree(void **state)
{
    static struct trial plain, wide;
    int compared = 0;

    (void)state;
    for (size_t which = 0; which < sizeof trial / sizeof *trial; which++) {
        assert_true(at_level(0));
        run_trial(&plain, which);
        for (int level = 1; level < LEVELS && at_level(level); level++, compared++) {
            const float *a = plain.in, *b = wide.in;

            run_trial(&wide, which);
            for (size_t i = 0; i < sizeof plain / sizeof *a; i++)
                if (!(fabsf(a[i] - b[i]) <= 2e-5f * (1 + fabsf(a[i]))))
                    fail_msg("%s, %s: %g, portable %g", trial[which].name, level_name[level],
                             (double)b[i], (double)a[i]);
        }
    }
    if (!compared)
        print_message("this machine has the portable variant only\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exponential),
        cmocka_unit_test(gelu_everywhere),
        cmocka_unit_test(variants_agree),
    };

    ds_blas_begin();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
