/* tests/core/test_method_state.c -- what methods remember, against computations by hand: Fisher
 * information, paths, buffers, class means, ridge regression, Mahalanobis distances, adapters.
 */
#include "core/base/rng.h"
#include "core/learn/learner_int.h"
#include "core/learn/refine.h"
#include "tests/core/toy_learn.h"

static const char *const qkv = "blocks.1.attn.qkv.weight";

static const struct ds_slot *slot_of(const struct ds_learner *l, const char *name)
{
    for (int i = 0; i < l->slots; i++)
        if (!strcmp(l->slot[i].tensor->name, name))
            return &l->slot[i];
    fail_msg("no slot '%s'", name);
    return NULL;
}

/* The squared gradient of each image alone, averaged: steps of one image at rate 0. */
static void fisher_by_hand(double *f, struct ds_learner *l, struct toy_world *w)
{
    const struct ds_slot *s = slot_of(l, qkv);
    const double rate = l->opt.rate;
    struct ds_report report;
    struct ds_err err = {0};

    l->opt.rate = 0;
    memset(f, 0, s->tensor->count * sizeof *f);
    for (int i = 0; i < TOY_IMAGES; i++) {
        toy_row(w, 0, i, w->set[0].label[i], i);
        assert_int_equal(ds_learner_step(l, w->images, w->label, w->id, 1, NULL, &report, &err),
                         0);
        for (size_t k = 0; k < s->tensor->count; k++)
            f[k] += pow((double)l->grad[s->grad_at + k], 2) / TOY_IMAGES;
    }
    l->opt.rate = rate;
}

static void fisher(void **state)
{
    struct ds_learner_opt o = toy_method("ewc");
    struct toy_world w;
    struct ds_learner *l;
    double want[300], most = 0;
    const float *got, *anchor;

    (void)state;
    toy_world_open(&w);
    o.decay = o.head_decay = 0;
    l = toy_open(&o, NULL);
    toy_begin(&w, l, 0, false);
    for (int i = 0; i < 4; i++)
        toy_step(&w, l, 0);
    fisher_by_hand(want, l, &w);
    toy_end(&w, l, 0);
    got = toy_array(l, "method/ewc/fisher/blocks.1.attn.qkv.weight", 300);
    anchor = toy_array(l, "method/ewc/anchor/blocks.1.attn.qkv.weight", 300);
    for (int i = 0; i < 300; i++)
        most = fmax(most, want[i]);
    for (int i = 0; i < 300; i++)
        assert_true(fabs((double)got[i] - want[i]) < 1e-5 * most);
    assert_true(most > 0);
    assert_memory_equal(anchor, l->view.block[1][DS_QKV_W], 300 * sizeof *anchor);
    ds_learner_close(l);
    toy_world_close(&w);
}

/* Two tasks whose Fishers are known: what each fusion makes of them. */
static void fusions(void **state)
{
    (void)state;
    for (int fusion = 0; fusion < 3; fusion++) {
        struct ds_learner_opt o = toy_method("ewc");
        float f1[300], a1[300], f2[300], theta2[300];
        const float *got, *anchor;
        struct ds_learner *l, *alone;
        struct toy_world w;

        toy_world_open(&w);
        o.set.ewc.fusion = (enum ds_fisher_fusion)fusion;
        o.set.ewc.gamma = 0.25;
        o.set.ewc.clip = 1e30;
        l = toy_open(&o, NULL);
        toy_learn(&w, l, 0);
        memcpy(f1, toy_array(l, "method/ewc/fisher/blocks.1.attn.qkv.weight", 300), sizeof f1);
        memcpy(a1, toy_array(l, "method/ewc/anchor/blocks.1.attn.qkv.weight", 300), sizeof a1);
        toy_learn(&w, l, 1);
        memcpy(theta2, l->view.block[1][DS_QKV_W], sizeof theta2);
        /* a learner that forgets everything before (gamma 0) has the second Fisher alone */
        o.set.ewc.fusion = DS_FUSION_SUM;
        alone = toy_open(&o, NULL);
        memcpy(alone->params, l->params, l->vit.tensors.total * sizeof(float));
        alone->seen = 2;
        toy_begin(&w, alone, 1, false);
        alone->opt.set.ewc.gamma = 0;
        memcpy(alone->params, l->params, l->vit.tensors.total * sizeof(float));
        toy_end(&w, alone, 1);
        memcpy(f2, toy_array(alone, "method/ewc/fisher/blocks.1.attn.qkv.weight", 300),
               sizeof f2);
        got = toy_array(l, "method/ewc/fisher/blocks.1.attn.qkv.weight", 300);
        anchor = toy_array(l, "method/ewc/anchor/blocks.1.attn.qkv.weight", 300);
        for (int i = 0; i < 300; i++) {
            const double p = (double)f1[i], q = (double)f2[i];
            const double f = fusion == 0   ? 0.25 * p + q
                             : fusion == 1 ? p + q
                                           : 0.25 * p + 0.75 * q;
            const double a = fusion == 1 && p + q > 0
                                 ? (p * (double)a1[i] + q * (double)theta2[i]) / (p + q)
                                 : (double)theta2[i];

            assert_true(fabs((double)got[i] - f) < 1e-6 * (f + 1e-12));
            assert_true(fabs((double)anchor[i] - a) < 1e-6);
        }
        ds_learner_close(l);
        ds_learner_close(alone);
        toy_world_close(&w);
    }
}

/* omega from gradients and real changes, step by step; Omega at the end of the task. */
static void path(void **state)
{
    const struct ds_learner_opt o = toy_method("si");
    double omega[300] = {0}, begun[300];
    struct toy_world w;
    struct ds_learner *l;
    const struct ds_slot *s;
    const float *got;

    (void)state;
    toy_world_open(&w);
    l = toy_open(&o, NULL);
    s = slot_of(l, qkv);
    toy_begin(&w, l, 0, false);
    for (int k = 0; k < 300; k++)
        begun[k] = (double)l->params[s->tensor->at + (size_t)k];
    for (int i = 0; i < TOY_EPOCHS * 4; i++) {
        float before[300];

        memcpy(before, l->params + s->tensor->at, sizeof before);
        toy_step(&w, l, 0);
        for (int k = 0; k < 300; k++)
            omega[k] -= (double)l->grad[s->grad_at + (size_t)k] *
                        ((double)l->params[s->tensor->at + (size_t)k] - (double)before[k]);
    }
    toy_end(&w, l, 0);
    got = toy_array(l, "method/si/weight/blocks.1.attn.qkv.weight", 300);
    for (int k = 0; k < 300; k++) {
        const double moved = (double)l->params[s->tensor->at + (size_t)k] - begun[k];
        const double want = omega[k] / (moved * moved + 0.1);

        assert_true(fabs((double)got[k] - want) < 1e-5 * (fabs(want) + 1e-3));
    }
    ds_learner_close(l);
    toy_world_close(&w);
}

/* What is in the buffer after offers: by the rule, replayed on a list. */
static void reservoir(void **state)
{
    const struct ds_replay_opt o = {DS_REPLAY_ER, 7, 3, false, 0, 0};
    int id[40], label[40], list[7], slot[3], often[40] = {0};
    struct ds_replay *r;
    struct ds_err err = {0};

    (void)state;
    for (int i = 0; i < 40; i++) {
        id[i] = 100 + i;
        label[i] = i % 5;
    }
    assert_int_equal(ds_replay_open(&r, &o, 5, 9, &err), 0);
    assert_int_equal(ds_replay_draw(r, 0, 0, slot), 0);
    for (int at = 0; at < 40; at += 8)
        ds_replay_offer(r, id + at, label + at, NULL, 8, 5, 1);
    for (int m = 0; m < 40; m++) {
        const uint64_t stream = ds_rng_stream(ds_rng_stream(9, "replay"), "reservoir");
        const int j = m < 7 ? m : (int)ds_rng_below(stream, (uint64_t)m, (uint32_t)m + 1);

        if (j < 7)
            list[j] = m;
    }
    assert_int_equal(r->filled, 7);
    for (int j = 0; j < 7; j++) {
        assert_int_equal(r->id[j], 100 + list[j]);
        assert_int_equal(r->label[j], list[j] % 5);
    }
    assert_int_equal(ds_replay_draw(r, 0, 5, slot), 3);
    assert_true(slot[0] != slot[1] && slot[1] != slot[2] && slot[0] != slot[2]);
    ds_replay_close(r);
    for (int seed = 0; seed < 2000; seed++) { /* every offer stays equally often */
        assert_int_equal(ds_replay_open(&r, &o, 5, (uint64_t)seed, &err), 0);
        ds_replay_offer(r, id, label, NULL, 40, 5, 1);
        for (int j = 0; j < 7; j++)
            often[r->id[j] - 100]++;
        ds_replay_close(r);
    }
    for (int i = 0; i < 40; i++) /* 350 expected, sd 17 */
        assert_in_range(often[i], 270, 430);
}

/* One picture of class 0, eight of class 1: balanced draws take each class half of the time. */
static void balanced_draws(void **state)
{
    const struct ds_replay_opt o = {DS_REPLAY_ER, 9, 4, true, 0, 0};
    int id[9], label[9], slot[4], zero = 0;
    struct ds_replay *r;
    struct ds_err err = {0};

    (void)state;
    for (int i = 0; i < 9; i++) {
        id[i] = i;
        label[i] = i > 0;
    }
    assert_int_equal(ds_replay_open(&r, &o, 2, 1, &err), 0);
    ds_replay_offer(r, id, label, NULL, 9, 2, 1);
    for (int step = 0; step < 1000; step++) {
        assert_int_equal(ds_replay_draw(r, 0, step, slot), 4);
        for (int i = 0; i < 4; i++)
            zero += r->label[slot[i]] == 0;
    }
    assert_in_range(zero, 1850, 2150);
    ds_replay_close(r);
}

/* DER++ remembers the logits of the step in which a picture came. */
static void stored_logits(void **state)
{
    const struct ds_learner_opt o = toy_method("derpp");
    float feature[TOY_IMAGES * 10], z[TOY_IMAGES * 5];
    struct toy_world w;
    struct ds_learner *l;

    (void)state;
    toy_world_open(&w);
    l = toy_open(&o, NULL);
    toy_begin(&w, l, 0, false);
    toy_infer(l, &l->view, &w.set[0], feature, z);
    toy_step(&w, l, 0);
    assert_int_equal(l->replay->filled, 9);
    for (int j = 0; j < 9; j++) {
        assert_int_equal(l->replay->width[j], 2);
        for (int k = 0; k < 2; k++)
            assert_true(fabs((double)l->replay->logits[j * 5 + k] -
                             (double)z[l->replay->id[j] * 5 + k] / 2) < 1e-5);
    }
    ds_learner_close(l);
    toy_world_close(&w);
}

static void class_means(void **state)
{
    const struct ds_learner_opt o = toy_method("ncm");
    float feature[TOY_IMAGES * 10];
    struct toy_world w;
    struct ds_learner *l;

    (void)state;
    toy_world_open(&w);
    l = toy_open(&o, NULL);
    toy_infer(l, &l->view, &w.set[1], feature, NULL);
    toy_learn(&w, l, 0);
    toy_learn(&w, l, 1);
    for (int k = 2; k < 5; k++) {
        double mean[10] = {0}, size = 0;

        for (int i = 0; i < TOY_IMAGES; i++)
            for (int c = 0; c < 10 && w.set[1].label[i] == k; c++)
                mean[c] += (double)feature[i * 10 + c];
        for (int c = 0; c < 10; c++)
            size += mean[c] * mean[c];
        for (int c = 0; c < 10; c++)
            assert_true(fabs((double)l->view.outside[DS_HEAD_W][k * 10 + c] -
                             mean[c] / sqrt(size)) < 1e-5);
        assert_true(l->view.outside[DS_HEAD_B][k] == 0);
    }
    ds_learner_close(l);
    toy_world_close(&w);
}

/* (G + ridge I) W = Q with G and Q from features of both tasks; scores are h W. */
static void ridge_regression(void **state)
{
    enum { M = 21 };
    const struct ds_learner_opt o = toy_method("ranpac");
    const uint64_t stream = ds_rng_stream(o.seed, "ranpac projection");
    float feature[TOY_IMAGES * 10], z[TOY_IMAGES * 5];
    double g[M][M] = {{0}}, q[M][5] = {{0}}, h[M], ridge;
    const float *weight;
    struct toy_world w;
    struct ds_learner *l;

    (void)state;
    toy_world_open(&w);
    l = toy_open(&o, NULL);
    toy_learn(&w, l, 0);
    toy_learn(&w, l, 1);
    weight = toy_array(l, "method/ranpac/weight", M * 5);
    ridge = *(const double *)toy_array(l, "method/ranpac/ridge", 1);
    assert_true(ridge >= 1e-8 && ridge <= 1e8);
    for (int t = 0; t < 2; t++) {
        toy_infer(l, &l->view, &w.set[t], feature, z);
        for (int i = 0; i < TOY_IMAGES; i++) {
            for (int m = 0; m < M; m++) {
                h[m] = 0;
                for (int c = 0; c < 10; c++)
                    h[m] += (double)feature[i * 10 + c] *
                            (double)(float)ds_rng_normal(stream, (uint64_t)(c * M + m));
                h[m] = fmax(h[m], 0);
            }
            for (int a = 0; a < M; a++) {
                q[a][w.set[t].label[i]] += h[a];
                for (int b = 0; b < M; b++)
                    g[a][b] += h[a] * h[b];
            }
            for (int k = 0; k < 5; k++) {
                double score = 0;

                for (int m = 0; m < M; m++)
                    score += h[m] * (double)weight[m * 5 + k];
                assert_true(fabs(score - (double)z[i * 5 + k]) < 1e-3);
            }
        }
    }
    for (int a = 0; a < M; a++)
        for (int k = 0; k < 5; k++) {
            double left = ridge * (double)weight[a * 5 + k];

            for (int b = 0; b < M; b++)
                left += g[a][b] * (double)weight[b * 5 + k];
            assert_true(fabs(left - q[a][k]) < 1e-3 * (fabs(q[a][k]) + 1));
        }
    ds_learner_close(l);
    toy_world_close(&w);
}

/* x = A^-1 b by elimination with pivots. */
static void eliminate(double a[10][10], double *b)
{
    for (int k = 0; k < 10; k++) {
        int top = k;

        for (int i = k + 1; i < 10; i++)
            top = fabs(a[i][k]) > fabs(a[top][k]) ? i : top;
        for (int j = 0; j < 10; j++) {
            const double other = a[k][j];

            a[k][j] = a[top][j];
            a[top][j] = other;
        }
        {
            const double other = b[k];

            b[k] = b[top];
            b[top] = other;
        }
        for (int i = 0; i < 10; i++) {
            const double f = i == k ? 0 : a[i][k] / a[k][k];

            for (int j = 0; j < 10; j++)
                a[i][j] -= f * a[k][j];
            b[i] -= f * b[k];
        }
    }
    for (int k = 0; k < 10; k++)
        b[k] /= a[k][k];
}

static void tukey(double x[10], const float *f, bool unit)
{
    double size = 0;

    for (int c = 0; c < 10; c++) {
        x[c] = (f[c] < 0 ? -1 : 1) * sqrt(fabs((double)f[c]));
        size += x[c] * x[c];
    }
    for (int c = 0; c < 10 && unit; c++)
        x[c] /= sqrt(size);
}

static void mahalanobis(void **state)
{
    struct ds_learner_opt o = toy_method("fecam");
    float feature[TOY_IMAGES * 10], z[TOY_IMAGES * 5];
    struct toy_world w;
    struct ds_learner *l;

    (void)state;
    toy_world_open(&w);
    l = toy_open(&o, NULL);
    toy_learn(&w, l, 0);
    toy_learn(&w, l, 1);
    toy_infer(l, &l->view, &w.set[1], feature, z);
    for (int k = 2; k < 5; k++) {
        double mean[10] = {0}, s[10][10] = {{0}}, x[10], size = 0, v = 0, u = 0;
        int n = 0;

        for (int pass = 0; pass < 2; pass++)
            for (int i = 0; i < TOY_IMAGES; i++) {
                if (w.set[1].label[i] != k)
                    continue;
                tukey(x, feature + i * 10, false);
                n += !pass;
                for (int a = 0; a < 10; a++)
                    for (int b = 0; b < 10; b++) {
                        if (pass)
                            s[a][b] += (x[a] - mean[a] / n) * (x[b] - mean[b] / n) / (n - 1);
                        else if (!b)
                            mean[a] += x[a];
                    }
            }
        for (int a = 0; a < 10; a++)
            for (int b = 0; b < 10; b++)
                *(a == b ? &v : &u) += s[a][b] / (a == b ? 10 : 90);
        for (int c = 0; c < 10; c++)
            size += mean[c] * mean[c];
        for (int i = 0; i < 5; i++) {
            double m[10][10], d[10], solved[10], square = 0;

            tukey(x, feature + i * 10, true);
            for (int a = 0; a < 10; a++) {
                solved[a] = d[a] = x[a] - mean[a] / sqrt(size);
                for (int b = 0; b < 10; b++)
                    m[a][b] = a == b ? 1
                                     : (s[a][b] + u) / sqrt((s[a][a] + v * 1.000001) *
                                                            (s[b][b] + v * 1.000001));
            }
            eliminate(m, solved);
            for (int a = 0; a < 10; a++)
                square += d[a] * solved[a];
            assert_true(fabs(square + (double)z[i * 5 + k]) < 1e-4 * (square + 1));
        }
    }
    ds_learner_close(l);
    toy_world_close(&w);
}

/* Alignment: its gradient by differences, and its value by hand for one row. */
static void normalised_logits(void **state)
{
    const int class_task[] = {0, 0, 1, 1, 1}, y[] = {3, 0};
    const double z[2][5] = {{0.3, -1.2, 0.7, 2, -0.4}, {1.5, 0.2, -0.3, 0.1, 0.9}};
    double tasks[5], want = 0;
    float dz[10];

    (void)state;
    for (int i = 0; i < 10; i++)
        dz[i] = (float)z[i / 5][i % 5];
    for (int i = 0; i < 2; i++) {
        const double a = hypot(z[i][0], z[i][1]);
        const double b = sqrt(z[i][2] * z[i][2] + z[i][3] * z[i][3] + z[i][4] * z[i][4]);
        const double cool = 2 / ((a + b) * 0.1);
        double sum = 0;

        for (int k = 0; k < 5; k++)
            sum += exp(z[i][k] * cool);
        want += log(sum) - z[i][y[i]] * cool;
    }
    assert_true(fabs(ds_refine_norm_loss(dz, y, 2, 5, class_task, 0.1, 1, tasks) - want) <
                1e-4 * want);
    for (int i = 0; i < 10; i++) {
        double loss[2];

        for (int side = 0; side < 2; side++) {
            float moved[10];

            for (int k = 0; k < 10; k++)
                moved[k] = (float)(z[k / 5][k % 5] + (k == i ? (side ? 1e-3 : -1e-3) : 0));
            loss[side] = ds_refine_norm_loss(moved, y, 2, 5, class_task, 0.1, 1, tasks);
        }
        assert_true(fabs((loss[1] - loss[0]) / 2e-3 - (double)dz[i]) < 2e-2);
    }
}

/* SLCA's head: the raw one stays for the next task, the evaluated one is refined on means that
 * are drawn in by age. */
static void alignment(void **state)
{
    const struct ds_learner_opt o = toy_method("slca");
    float weight[50], bias[5], aged[50], raw[50];
    struct ds_refine how = o.refine;
    struct toy_world w;
    struct ds_learner *l;
    struct ds_err err = {0};

    (void)state;
    toy_world_open(&w);
    l = toy_open(&o, NULL);
    toy_learn(&w, l, 0);
    toy_begin(&w, l, 1, false);
    memcpy(raw, l->view.outside[DS_HEAD_W], sizeof raw);
    assert_memory_not_equal(raw, l->refined_w, 20 * sizeof *raw);
    for (int i = 0; i < 4; i++)
        toy_step(&w, l, 1);
    assert_memory_equal(raw, l->view.outside[DS_HEAD_W], 20 * sizeof *raw);
    toy_end(&w, l, 1);
    for (int k = 0; k < 5; k++)
        for (int c = 0; c < 10; c++)
            aged[k * 10 + c] = (float)((k < 2 ? 0.95 : 1.0) * (double)l->mean[k * 10 + c]);
    memcpy(weight, l->view.outside[DS_HEAD_W], sizeof weight);
    memcpy(bias, l->view.outside[DS_HEAD_B], sizeof bias);
    how.class_task = toy_class_task;
    assert_int_equal(ds_refine_head(weight, bias, aged, l->root, 10, 5, &how,
                                    ds_rng_sub(o.seed, 1), NULL, NULL, &err),
                     0);
    for (int i = 0; i < 50; i++)
        assert_true(fabs((double)weight[i] - (double)l->refined_w[i]) < 1e-5);
    ds_learner_close(l);
    toy_world_close(&w);
}

/* W = W_0 + B A for keys and values, queries untouched; InfLoRA's A is fixed, of orthogonal
 * rows of length 1/sqrt(3) outside the space of older tasks. */
static void adapters(void **state)
{
    static const char *const names[] = {"lora", "inflora"};

    (void)state;
    for (int m = 0; m < 2; m++) {
        const struct ds_learner_opt o = toy_method(names[m]);
        float first[30], query[100];
        const float *base, *a, *b, *w;
        struct toy_world world;
        struct ds_learner *l;

        toy_world_open(&world);
        l = toy_open(&o, NULL);
        toy_learn(&world, l, 0);
        toy_begin(&world, l, 1, false);
        a = toy_array(l, "method/lora/a", 6 * 30);
        b = toy_array(l, "method/lora/b", 6 * 30);
        base = toy_array(l, "method/lora/base", 600);
        w = l->view.block[1][DS_QKV_W];
        memcpy(first, a + 2 * 30, sizeof first);
        memcpy(query, w, sizeof query);
        for (int i = 0; i < 5; i++)
            toy_step(&world, l, 1);
        assert_memory_equal(query, w, sizeof query);
        assert_true(!memcmp(first, a + 2 * 30, sizeof first) == (m == 1));
        for (int i = 0; i < 100; i++) {
            double sum = (double)base[200 + i];

            for (int r = 0; r < 3; r++)
                sum += (double)b[2 * 30 + i / 10 * 3 + r] * (double)a[2 * 30 + r * 10 + i % 10];
            assert_true(fabs(sum - (double)w[100 + i]) < 1e-5);
        }
        for (int r = 0; r < 3 && m == 1; r++)
            for (int s = 0; s < 3; s++) {
                double dot = 0;

                for (int c = 0; c < 10; c++)
                    dot += (double)a[60 + r * 10 + c] * (double)a[60 + s * 10 + c];
                assert_true(fabs(dot - (r == s ? 1.0 / 3 : 0)) < 1e-5);
            }
        if (m == 1) {
            const int *rank = toy_array(l, "method/inflora/rank", 3);
            const int *retain = toy_array(l, "method/inflora/retain", 3);
            const double *basis = toy_array(l, "method/inflora/basis", 300);

            assert_true(rank[1] > 0 && rank[1] <= 5);
            for (int i = 0; i < rank[1] && !retain[1] && rank[1] <= 7; i++)
                for (int r = 0; r < 3; r++) {
                    double dot = 0;

                    for (int c = 0; c < 10; c++)
                        dot += basis[100 + i * 10 + c] * (double)a[60 + r * 10 + c];
                    assert_true(fabs(dot) < 1e-5);
                }
        }
        ds_learner_close(l);
        toy_world_close(&world);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fisher),         cmocka_unit_test(fusions),
        cmocka_unit_test(path),           cmocka_unit_test(reservoir),
        cmocka_unit_test(balanced_draws), cmocka_unit_test(stored_logits),
        cmocka_unit_test(class_means),    cmocka_unit_test(ridge_regression),
        cmocka_unit_test(mahalanobis),    cmocka_unit_test(normalised_logits),
        cmocka_unit_test(adapters),       cmocka_unit_test(alignment),
    };

    ds_blas_begin();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
