/* tests/core/test_retain.c -- rollout, split point, masks and factor: laws, and numbers that were
 * computed elsewhere (NumPy 1.24, SciPy 1.10, float64). */
#include "tests/core/toy.h"
#include "core/learn/gauss.h"
#include "core/ops/loss.h"
#include "core/retain/rollout.h"
#include "tests/kernels.h"

static void rollout_by_hand(void **state)
{
    const float s1[9] = {.2f, .5f, .3f, .1f, .6f, .3f, .25f, .25f, .5f};
    const float s2[9] = {.4f, .4f, .2f, .3f, .3f, .4f, .1f, .8f, .1f};
    const double want[2][3] = {{.6, .25, .15}, {.4425, .3475, .21}};
    float b[18], row[6], work[12], full[18];

    (void)state;
    ds_rollout_fuse(b, NULL, s1, 1, 3, 3, DS_FUSE_MEAN, 0, NULL);
    ds_rollout_fuse(b + 9, NULL, s2, 1, 3, 3, DS_FUSE_MEAN, 0, NULL);
    ds_rollout_row(row, work, b, 2, 3, 0);
    ds_rollout_full(full, b, 2, 3);
    for (int l = 0; l < 2; l++)
        for (int i = 0; i < 3; i++) {
            assert_true(fabs((double)row[l * 3 + i] - want[l][i]) < 1e-6);
            assert_true(fabs((double)full[l * 9 + i] - want[l][i]) < 1e-6);
        }
}

/* Rows of a rollout sum to 1; a row by the short way is that row of the long way. */
static void rollout_laws(void **state)
{
    enum { N = 7, L = 5, H = 3 };
    float attn[H * N * N], b[L * N * N], full[L * N * N], rows[L * N], work[2 * L * N];

    (void)state;
    for (int l = 0; l < L; l++) {
        toy_fill(attn, H * N * N, 0, 1, l % 2 ? "odd" : "even");
        for (int r = 0; r < H * N; r++) {
            double sum = 0;

            for (int i = 0; i < N; i++)
                sum += exp((double)attn[r * N + i]);
            for (int i = 0; i < N; i++)
                attn[r * N + i] = (float)(exp((double)attn[r * N + i]) / sum);
        }
        ds_rollout_fuse(b + l * N * N, NULL, attn, H, N, N, DS_FUSE_MEAN, 0, NULL);
    }
    ds_rollout_full(full, b, L, N);
    for (int r = 0; r < L * N; r++) {
        double sum = 0;

        for (int i = 0; i < N; i++)
            sum += (double)full[r * N + i];
        assert_true(fabs(sum - 1) < 1e-5);
    }
    for (int row = DS_ALL_ROWS; row < N; row++) {
        ds_rollout_row(rows, work, b, L, N, row);
        for (int l = 0; l < L; l++)
            for (int i = 0; i < N; i++) {
                double want = 0;

                for (int r = 0; r < N; r++)
                    want += (row < 0 ? 1.0 / N : r == row) * (double)full[(l * N + r) * N + i];
                assert_true(fabs((double)rows[l * N + i] - want) < 1e-6);
            }
    }
}

/* Four maps of 14 x 14: bin, split point less 0.001, and how many patches it protects. */
static void split_vectors(void **state)
{
    static const struct {
        int bin, protected;
        double split;
    } want[] = {{1026, 196, .001657996313}, {197, 196, .000199103987}, {9997, 196, .003994619669},
                {9758, 45, .020294411316}};
    double *scratch = malloc(ds_split_scratch(196) * sizeof *scratch);
    float u[196];

    (void)state;
    for (int v = 0; v < 4; v++) {
        int bin, protected = 0;
        double split;

        for (int i = 0; i < 196; i++) {
            const double r = i / 14, c = i % 14;
            const double value[] = {
                .002 + .006 * exp(-(pow(r - 6.5, 2) + pow(c - 6.5, 2)) / 18) +
                    1e-4 * ((37 * i) % 101) / 101,
                .001 + .010 * exp(-(pow(r - 4, 2) + pow(c - 9, 2)) / 8) +
                    2e-4 * ((53 * i) % 97) / 97,
                .004 + .001 * ((29 * i) % 193) / 193,
                .0015 + .02 / (1 + exp(-2 * (5 - hypot(r - 7, c - 6)))) +
                    3e-4 * ((61 * i) % 89) / 89};

            u[i] = (float)value[v];
        }
        split = ds_split_point(u, 196, DS_SPLIT_ECDF, 0.001, &bin, scratch);
        for (int i = 0; i < 196; i++)
            protected += (double)u[i] > split;
        assert_true(abs(bin - want[v].bin) <= 1); /* the maps are float32 here */
        assert_true(fabs(split - want[v].split) < 3e-6);
        assert_int_equal(protected, want[v].protected);
    }
    for (int i = 0; i < 196; i++)
        u[i] = 0.25f;
    assert_true(ds_split_point(u, 196, DS_SPLIT_ECDF, 0.001, NULL, scratch) == 0.25 - 0.001);
    assert_true(ds_split_point(u, 1, DS_SPLIT_KNEE, 0, NULL, scratch) == 0.25);
    free(scratch);
}

static void factor_vectors(void **state)
{
    const float masked[] = {0, 1, -1, 0, 3, .005f}, g[] = {0, 0, 0, 1, -.1f, .01f};
    const double want[] = {1, 10, -10, 0, -10, .5};
    float f[6];

    (void)state;
    ds_optim_factor(f, masked, g, 6, 10);
    for (int i = 0; i < 6; i++)
        assert_true(fabs((double)f[i] - want[i]) < 1e-6);
}

/* Two Adam steps with a factor, rate 1e-4, decay 5e-5. */
static void adam_vectors(void **state)
{
    const struct ds_optim adam = {DS_ADAM, 0.9, 0.999, 1e-8, 0, false};
    const float g[2][4] = {{.01f, -.02f, 0, .001f}, {-.005f, .01f, 0, .002f}};
    const float masked[2][4] = {{.005f, .04f, 0, -.05f}, {0, .001f, .001f, .001f}};
    const double want[2][4] = {{.499950000050, -.300199999900, .199900099900, .100999990050},
                               {.499950000050, -.300197327841, .198901112192, .100951718117}};
    float w[4] = {.5f, -.3f, .2f, .1f}, m[4] = {0}, v[4] = {0};

    (void)state;
    for (long t = 1; t <= 2; t++) {
        const struct ds_update u = {.rate = 1e-4, .decay = 5e-5, .clamp = 10, .t = t};

        ds_optim_step(w, m, v, g[t - 1], masked[t - 1], 4, &adam, &u);
        for (int i = 0; i < 4; i++)
            assert_true(fabs((double)w[i] - want[t - 1][i]) < 2e-7);
    }
}

/* SGD with momentum and Nesterov by hand; AdamW's decay does not touch the moments. */
static void other_optimisers(void **state)
{
    const struct ds_optim sgd = {.kind = DS_SGD, .momentum = 0.9, .nesterov = true};
    const struct ds_optim adamw = {DS_ADAMW, 0.9, 0.999, 1e-8, 0, false};
    const struct ds_update u = {.rate = 0.1, .decay = 0.5, .factor = 1, .t = 1};
    float w = 1, m = 0, v = 0;
    const float g = 0.2f;

    (void)state;
    ds_optim_step(&w, &m, NULL, &g, NULL, 1, &sgd, &u); /* d = .7, m = .7, u = .1 (.7 + .63) */
    assert_true(fabs((double)w - (1 - 0.1 * (0.7 + 0.9 * 0.7))) < 1e-6);
    w = 1, m = 0;
    ds_optim_step(&w, &m, &v, &g, NULL, 1, &adamw, &u);
    assert_true(fabs((double)m - 0.02) < 1e-8);
    assert_true(fabs((double)w - (1 - 0.1 - 0.1 * 0.5)) < 1e-5);
}

/* Class means weigh classes alike, sample means weigh images; complement; same amount at random. */
static void mask_rules(void **state)
{
    enum { N = 6, L = 2, P = 16 };
    float maps[N * L * P], soft[L * P], other[L * P];
    const int label[N] = {0, 0, 0, 0, 1, 1};
    struct ds_mask_rule rule = {.reduce = DS_REDUCE_SAMPLE};
    uint8_t binary[N * L * P];
    struct ds_err err;

    (void)state;
    toy_fill(maps, N * L * P, 1, 0.2, "maps");
    assert_int_equal(ds_mask_from_maps(soft, NULL, binary, maps, label, N, 2, L, P, &rule, NULL,
                                       &err), 0);
    for (int c = 0; c < L * P; c++) {
        double sample = 0, class = 0;

        for (int i = 0; i < N; i++) {
            sample += binary[i * L * P + c] / (double)N;
            class += binary[i * L * P + c] / (label[i] ? 2.0 : 4.0) / 2;
        }
        assert_true(fabs(sample - (double)soft[c]) < 1e-6);
        other[c] = (float)class;
    }
    rule.reduce = DS_REDUCE_CLASS;
    ds_mask_from_maps(soft, NULL, NULL, maps, label, N, 2, L, P, &rule, NULL, &err);
    for (int c = 0; c < L * P; c++)
        assert_true(fabs((double)soft[c] - (double)other[c]) < 1e-6);
    rule.region = DS_REGION_NONATTENTION;
    ds_mask_from_maps(soft, NULL, NULL, maps, label, N, 2, L, P, &rule, NULL, &err);
    for (int c = 0; c < L * P; c++)
        assert_true(fabs((double)soft[c] - (1 - (double)other[c])) < 1e-6);
    rule.region = DS_REGION_RANDOM;
    ds_mask_from_maps(soft, NULL, binary, maps, label, N, 2, L, P, &rule, NULL, &err);
    for (int l = 0; l < L; l++) {
        double here = 0, there = 0;

        for (int p = 0; p < P; p++) {
            here += (double)soft[l * P + p];
            there += (double)other[l * P + p];
        }
        assert_true(fabs(here - there) < 1e-5);
    }
}

static void mask_memory(void **state)
{
    const float first[2] = {1, 0}, second[2] = {0, 0.5f};
    double sum[2] = {0};
    float soft[2];
    struct ds_mask_memory m = {.sum = sum, .soft = soft};

    (void)state;
    ds_mask_remember(&m, first, 30, 2, DS_REDUCE_SAMPLE, DS_HISTORY_CUMULATIVE);
    ds_mask_remember(&m, second, 10, 2, DS_REDUCE_SAMPLE, DS_HISTORY_CUMULATIVE);
    assert_true(fabs((double)soft[0] - 0.75) < 1e-6 && fabs((double)soft[1] - 0.125) < 1e-6);
    ds_mask_remember(&m, first, 30, 2, DS_REDUCE_SAMPLE, DS_HISTORY_LAST);
    assert_true(soft[0] == 1 && soft[1] == 0);
    ds_mask_remember(&m, second, 30, 2, DS_REDUCE_SAMPLE, DS_HISTORY_MIN);
    assert_true(soft[0] == 0 && soft[1] == 0);
}

/* mean and L L^T of the fit are mean and covariance of the features, plus 1e-4 I. */
static void class_gaussian(void **state)
{
    enum { N = 50, D = 4 };
    float x[N * D], mean[D], root[D * D];
    double cov[D * D];
    struct ds_err err;

    (void)state;
    toy_fill(x, N * D, 0.3, 2, "features");
    assert_int_equal(ds_gauss_fit(mean, root, cov, x, N, D, &err), 0);
    for (int a = 0; a < D; a++)
        for (int b = 0; b < D; b++) {
            double want = a == b ? 1e-4 : 0, got = 0;

            for (int i = 0; i < N; i++)
                want += ((double)x[i * D + a] - (double)mean[a]) *
                        ((double)x[i * D + b] - (double)mean[b]) / (N - 1);
            for (int k = 0; k < D; k++)
                got += (double)root[a * D + k] * (double)root[b * D + k];
            assert_true(fabs(want - cov[a * D + b]) < 1e-5);
            assert_true(fabs(want - got) < 1e-5);
        }
    x[3] = NAN;
    assert_int_equal(ds_gauss_fit(mean, root, NULL, x, N, D, &err), DS_INTERNAL);
}

/* Cross-entropy against differences; in place; classes outside the range do not take part. */
static void cross_entropy(void **state)
{
    float z[2 * 6] = {1, 2, -1, .5f, 3, 0, 0, -2, 1, 4, .2f, -1}, d[12], keep[12];
    const int label[2] = {2, 4};
    int hits = 0;

    (void)state;
    memset(d, 0, sizeof d);
    memcpy(keep, z, sizeof z);
    ds_loss_cross_entropy(d, &hits, z, label, 2, 6, 2, 3, 1.7, 0.5);
    for (int i = 0; i < 12; i++) {
        const float h = 1e-2f;
        double up, down;

        z[i] += h;
        up = ds_loss_cross_entropy(NULL, &hits, z, label, 2, 6, 2, 3, 1.7, 0.5);
        z[i] -= 2 * h;
        down = ds_loss_cross_entropy(NULL, &hits, z, label, 2, 6, 2, 3, 1.7, 0.5);
        z[i] += h;
        assert_true(fabs(0.5 * (up - down) / (2 * (double)h) - (double)d[i]) < 1e-4);
    }
    memcpy(z, keep, sizeof z);
    ds_loss_cross_entropy(z, &hits, z, label, 2, 6, 2, 3, 1.7, 0.5);
    for (int r = 0; r < 2; r++)
        for (int k = 2; k < 5; k++)
            assert_true(z[r * 6 + k] == d[r * 6 + k]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rollout_by_hand), cmocka_unit_test(rollout_laws),
        cmocka_unit_test(split_vectors),   cmocka_unit_test(factor_vectors),
        cmocka_unit_test(adam_vectors),    cmocka_unit_test(other_optimisers),
        cmocka_unit_test(mask_rules),      cmocka_unit_test(mask_memory),
        cmocka_unit_test(class_gaussian),  cmocka_unit_test(cross_entropy),
    };

    begin_with_kernels();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
