/* tests/core/test_variants.c -- what families of networks differ in: gradients by finite
 * differences, inference against training, one row against all, and what is refused. */
#include "tests/core/net.h"
#include "core/ops/act.h"
#include "core/ops/gate.h"
#include "core/vit/infer.h"
#include "tests/kernels.h"

/* Every variant by name, some together as they occur. */
static const struct {
    const char *name;
    struct ds_vit_shape set; /* what differs from the toy network */
} variant[] = {
    {"distillation token", {.dist = true}},
    {"distilled DeiT", {.dist = true, .head_dist = true}},
    {"CLIP", {.pre_norm = true, .no_patch_bias = true, .act = DS_ACT_QUICK_GELU}},
    {"tanh GELU", {.act = DS_ACT_GELU_TANH}},
    {"SwiGLU", {.swiglu = true, .layer_scale = true}},
    {"DINOv2 with registers", {.head_concat = true, .layer_scale = true, .registers = 2}},
    {"DINOv2 giant", {.head_concat = true, .swiglu = true, .pre_norm = true}},
    {"everything",
     {.dist = true,
      .head_dist = true,
      .registers = 1,
      .pre_norm = true,
      .no_patch_bias = true,
      .swiglu = true,
      .layer_scale = true}},
};
enum { VARIANTS = sizeof variant / sizeof *variant };

static struct ds_vit_shape shape_of(int i)
{
    const struct ds_vit_shape *v = &variant[i].set;
    struct ds_vit_shape s = toy_shape();

    s.dist = v->dist;
    s.head_dist = v->head_dist;
    s.head_concat = v->head_concat;
    s.pre_norm = v->pre_norm;
    s.no_patch_bias = v->no_patch_bias;
    s.swiglu = v->swiglu;
    s.act = v->act;
    s.layer_scale = v->layer_scale;
    s.registers = v->registers;
    return s;
}

static void near(double value, double expected, double tolerance)
{
    if (!(fabs(value - expected) <= tolerance))
        fail_msg("%.9g, expected %.9g", value, expected);
}

static void gradients(void **state)
{
    (void)state;
    for (int i = 0; i < VARIANTS; i++) {
        struct ds_vit_shape s = shape_of(i);

        print_message("%s\n", variant[i].name); /* whose is a failure below */
        net_check(&s, 0);
        net_check(&s, DS_WANT_FULL);
        s.embed_prefix = false;
        net_check(&s, 0);
    }
}

/* With one step's images, logits of an inference are those of training, and with all rows those
 * of the narrow last block. */
static void one_function(void **state)
{
    (void)state;
    for (int i = 0; i < VARIANTS; i++) {
        const struct ds_vit_shape s = shape_of(i);
        struct ds_vit_work infer = {0};
        struct ds_arena arena = {0};
        struct net narrow, full;
        struct ds_err err;

        net_open(&narrow, &s, 0);
        net_open(&full, &s, DS_WANT_FULL);
        for (int pass = 0; pass < 2; pass++) {
            ds_vit_work_take(&infer, &narrow.vit, BATCH, 0, NULL, false, &arena);
            if (!pass)
                assert_int_equal(ds_arena_reserve(&arena, &err), 0);
        }
        ds_vit_forward(&narrow.vit, &narrow.view, &infer, narrow.images, BATCH, NULL);
        ds_logits_forward(&narrow.vit, &narrow.view, &infer);
        net_backward(&narrow, 0);
        net_backward(&full, 0);
        assert_int_equal(narrow.work.narrow, !s.head_dist && !s.head_concat);
        for (int k = 0; k < BATCH * s.classes; k++) {
            near((double)infer.logits[k], (double)narrow.work.logits[k], 1e-5);
            near((double)full.work.logits[k], (double)narrow.work.logits[k], 1e-5);
        }
        for (size_t k = 0; k < narrow.vit.tensors.total; k++)
            assert_true(fabs((double)narrow.grad[k] - (double)full.grad[k]) <
                        2e-5 * (1 + fabs((double)full.grad[k])));
        ds_arena_clear(&arena);
        net_close(&narrow);
        net_close(&full);
    }
}

static void keep_logits(void *with, const struct ds_vit_work *work, const int *label, int first,
                        int worker)
{
    (void)label, (void)worker;
    memcpy((float *)with + (size_t)first * 5, work->logits,
           (size_t)work->images * 5 * sizeof(float));
}

/* Running over a feed gives a network's own logits: one head, two heads, one on two features.
 */
static void over_a_feed(void **state)
{
    float logits[TOY_IMAGES * 5];

    (void)state;
    for (int i = 0; i < 3; i++) {
        struct ds_vit_shape s = shape_of(i == 2 ? 5 : i);
        struct toy_set set;
        struct ds_feed feed;
        struct ds_infer infer;
        struct net n;
        struct ds_err err;

        net_open(&n, &s, 0);
        toy_set(&set, &s, 0, 5);
        feed = toy_feed(&set);
        assert_int_equal(ds_infer_open(&infer, &n.vit, 0, NULL, &err), 0);
        assert_int_equal(ds_infer_run(&infer, &n.view, n.view.outside[DS_HEAD_W],
                                      n.view.outside[DS_HEAD_B], 5, &feed, keep_logits, logits,
                                      NULL, &err),
                         0);
        ds_vit_forward(&n.vit, &n.view, &n.work, set.images, BATCH, NULL);
        ds_logits_forward(&n.vit, &n.view, &n.work);
        for (int k = 0; k < BATCH * 5; k++)
            near((double)logits[k], (double)n.work.logits[k], 1e-5);
        ds_infer_close(&infer);
        free(set.images);
        net_close(&n);
    }
}

/* Without a head there is a feature: that of the same network with one. */
static void without_a_head(void **state)
{
    struct ds_vit_shape s = toy_shape();
    struct ds_vit_work work;
    struct ds_arena arena = {0};
    struct ds_vit bare;
    struct ds_err err;
    struct net n;

    (void)state;
    net_open(&n, &s, 0);
    s.classes = 0;
    assert_int_equal(ds_vit_open(&bare, &s, &err), 0);
    for (int pass = 0; pass < 2; pass++) {
        ds_vit_work_take(&work, &bare, BATCH, 0, NULL, false, &arena);
        if (!pass)
            assert_int_equal(ds_arena_reserve(&arena, &err), 0);
    }
    ds_vit_forward(&bare, &n.view, &work, n.images, BATCH, NULL);
    net_loss(&n);
    for (int k = 0; k < BATCH * s.dim; k++)
        near((double)work.feature[k], (double)n.work.feature[k], 1e-5);
    ds_arena_clear(&arena);
    ds_vit_close(&bare);
    net_close(&n);
}

static double sigmoid(double x)
{
    return 1 / (1 + exp(-x));
}

static double reference(enum ds_act act, double x)
{
    const double u = sqrt(2 / acos(-1)) * (x + 0.044715 * x * x * x);

    return act == DS_ACT_GELU        ? x * 0.5 * erfc(-x / sqrt(2))
           : act == DS_ACT_GELU_TANH ? 0.5 * x * (1 + tanh(u))
                                     : x * sigmoid(1.702 * x);
}

static void activations(void **state)
{
    (void)state;
    for (int act = 0; act < DS_ACTS; act++)
        for (double v = -12; v <= 12; v += 0.0137) {
            float x = (float)v, y, same = (float)v - 1, one = 1, zero = 0;
            const double at = (double)x, h = 1e-5;
            const double slope =
                (reference((enum ds_act)act, at + h) - reference((enum ds_act)act, at - h)) /
                (2 * h);

            ds_act_infer((enum ds_act)act, &same, &same, &one, 1, 1);
            ds_act_forward((enum ds_act)act, &y, &x, &zero, 1, 1);
            assert_true(fabs((double)y - reference((enum ds_act)act, at)) <
                        1e-6 * (1 + fabs(at)));
            assert_true(fabs((double)same - (double)y) < 2e-6 * (1 + fabs(at)));
            assert_true(fabs((double)x - slope) < 2e-6);
        }
}

/* Rows of odd length, so that the vector loops have remainders; inference in place. */
static void gate(void **state)
{
    enum { R = 5, N = 11 };
    float x[R * 2 * N], bias[2 * N], slope[R * 2 * N], y[R * N], place[R * 2 * N], d[R * 2 * N];

    (void)state;
    toy_fill(x, R * 2 * N, 0, 3, "gate");
    toy_fill(bias, 2 * N, 0, 1, "bias");
    memcpy(slope, x, sizeof x);
    memcpy(place, x, sizeof x);
    ds_gate_forward(y, slope, bias, R, N);
    ds_gate_infer(place, place, bias, R, N);
    for (int r = 0; r < R; r++)
        for (int c = 0; c < N; c++)
            d[r * 2 * N + c] = (float)(r + c + 1);
    ds_gate_backward(d, slope, R, N);
    for (int r = 0; r < R; r++)
        for (int c = 0; c < N; c++) {
            const double a = (double)x[r * 2 * N + c] + (double)bias[c];
            const double b = (double)x[r * 2 * N + N + c] + (double)bias[N + c];
            const double s = sigmoid(a), dy = r + c + 1;

            near((double)y[r * N + c], a * s * b, 2e-5);
            near((double)place[r * N + c], (double)y[r * N + c], 1e-6);
            near((double)d[r * 2 * N + c], dy * b * (s + a * s * (1 - s)), 2e-4);
            near((double)d[r * 2 * N + N + c], dy * a * s, 2e-4);
        }
}

static void has(const struct ds_vit_shape *s, const char *name, int rank, int rows, int columns)
{
    const struct ds_tensor *t;
    struct ds_tensors all;
    struct ds_err err;

    assert_int_equal(ds_tensors_list(&all, s, &err), 0);
    t = ds_tensors_lookup(&all, name);
    if (!rank) {
        assert_null(t);
    } else {
        assert_non_null(t);
        assert_int_equal(t->rank, rank);
        assert_int_equal(t->dims[rank - 1], columns);
        if (rank > 1)
            assert_int_equal(t->dims[rank - 2], rows);
    }
    ds_tensors_clear(&all);
}

static void names_and_sizes(void **state)
{
    struct ds_vit_shape s = shape_of(VARIANTS - 1);

    (void)state;
    has(&s, "dist_token", 3, 1, 10);
    has(&s, "pos_embed", 3, 3 + 6, 10);
    has(&s, "norm_pre.weight", 1, 0, 10);
    has(&s, "patch_embed.proj.bias", 0, 0, 0);
    has(&s, "blocks.2.mlp.fc1.weight", 2, 26, 10);
    has(&s, "blocks.2.mlp.fc1.bias", 1, 0, 26);
    has(&s, "blocks.2.mlp.fc2.weight", 2, 10, 13);
    has(&s, "head_dist.weight", 2, 5, 10);
    assert_int_equal(ds_feature_width(&s), 20);
    s = shape_of(5);
    has(&s, "head.weight", 2, 5, 20);
    s.classes = 0;
    has(&s, "head.weight", 0, 0, 0);
    has(&s, "head.bias", 0, 0, 0);
    s = toy_shape();
    has(&s, "dist_token", 0, 0, 0);
    has(&s, "norm_pre.weight", 0, 0, 0);
    has(&s, "head_dist.weight", 0, 0, 0);
    assert_int_equal(ds_feature_width(&s), 10);
}

static void refuse(struct ds_vit_shape s, const char *sentence)
{
    struct ds_err err = {0};

    assert_int_equal(ds_vit_shape_check(&s, &err), DS_USAGE);
    assert_string_equal(err.text, sentence);
}

static void refused_shapes(void **state)
{
    struct ds_vit_shape s = toy_shape();

    (void)state;
    s.cls = false;
    refuse(s, "a network without a CLS token needs mean pooling");
    s.pool_mean = s.dist = true;
    refuse(s, "a distillation token needs a CLS token in front of it");
    s = toy_shape();
    s.head_dist = true;
    refuse(s, "a distillation head needs a distillation token");
    s.dist = true;
    s.classes = 0;
    refuse(s, "a distillation head needs at least one class");
    s.classes = 5;
    s.head_concat = true;
    refuse(s, "a head reads either the distillation token or the mean of the patches");
    s.head_dist = false;
    s.fc_norm = true;
    refuse(s, "a head that reads two features needs neither mean pooling nor fc_norm");
    s = toy_shape();
    s.act = DS_ACTS;
    refuse(s, "activation is 3, expected 0 to 2");
    s.act = DS_ACT_QUICK_GELU;
    s.swiglu = true;
    refuse(s, "a SwiGLU network has no other activation: expected 0");
}

/* Trunks learn; heads that read two features and networks without classes do not. */
static void learning(void **state)
{
    static const char *const sentence[] = {"a network with a distillation head cannot learn "
                                           "tasks: its trunk can, with a fresh head "
                                           "on the CLS token",
                                           "a network with a head on CLS and mean of the "
                                           "patches cannot learn tasks: its trunk can, "
                                           "with a fresh head on the CLS token",
                                           "classes is 0, a learner needs at least 1"};
    const struct ds_learner_opt opt = toy_options("arcl");
    struct ds_learner *l;
    struct ds_err err;

    (void)state;
    for (int i = 0; i < 3; i++) {
        struct ds_vit_shape s = toy_shape();

        s.dist = s.head_dist = i == 0;
        s.head_concat = i == 1;
        s.classes = i == 2 ? 0 : 5;
        assert_int_equal(ds_learner_open(&l, &s, &opt, NULL, &err), DS_USAGE);
        assert_string_equal(err.text, sentence[i]);
    }
}

/* Two tasks with retention on the trunk of a variant: returns the weights. */
static float *learn(const struct ds_vit_shape *s, int threads, bool recompute, size_t *count)
{
    struct ds_learner_opt opt = toy_options("arcl");
    struct ds_learner *l;
    struct ds_report report;
    struct ds_pool *pool;
    struct ds_err err;
    float *weights;

    opt.trainable = "all";
    opt.rate = 0.01;
    opt.recompute = recompute;
    assert_int_equal(ds_pool_new(&pool, threads, &err), 0);
    assert_int_equal(ds_learner_open(&l, s, &opt, pool, &err), 0);
    for (int task = 0; task < 2; task++) {
        const int first = task ? 2 : 0, classes = task ? 3 : 2;
        struct toy_set set;
        struct ds_feed feed;

        toy_set(&set, s, first, classes);
        feed = toy_feed(&set);
        assert_int_equal(
            ds_learner_task_begin(l, task, first, classes, 1, 3, TOY_IMAGES, false, &err), 0);
        for (int step = 0; step < 3; step++)
            assert_int_equal(ds_learner_step(l, set.images + (size_t)step * 11 * set.pixels,
                                             set.label + step * 11, set.id + step * 11, 11,
                                             NULL, &report, &err),
                             0);
        assert_int_equal(ds_learner_task_end(l, &feed, &err), 0);
        free(set.images);
    }
    *count = l->vit.tensors.total;
    weights = malloc(*count * sizeof *weights);
    memcpy(weights, l->params, *count * sizeof *weights);
    ds_learner_close(l);
    ds_pool_free(pool);
    return weights;
}

static void same_weights(const struct ds_vit_shape *s)
{
    size_t n;
    float *one = learn(s, 1, false, &n), *three = learn(s, 3, false, &n);
    float *again = learn(s, 2, true, &n);

    assert_memory_equal(one, three, n * sizeof *one);
    assert_memory_equal(one, again, n * sizeof *one);
    free(one);
    free(three);
    free(again);
}

/* Nor does running blocks twice instead of keeping them change a bit. */
static void any_number_of_threads(void **state)
{
    (void)state;
    for (int i = 0; i < VARIANTS; i++) {
        struct ds_vit_shape s = shape_of(i);

        s.head_dist = s.head_concat = false;
        same_weights(&s);
    }
}

/* So many tokens that a lane has room for one image: 11 lanes instead of 8. */
static void more_lanes_than_eight(void **state)
{
    struct ds_vit_shape s = shape_of(0);

    (void)state;
    s.dist = false;
    s.height = s.width = 27 * s.patch;
    same_weights(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gradients),
        cmocka_unit_test(one_function),
        cmocka_unit_test(over_a_feed),
        cmocka_unit_test(without_a_head),
        cmocka_unit_test(activations),
        cmocka_unit_test(gate),
        cmocka_unit_test(names_and_sizes),
        cmocka_unit_test(refused_shapes),
        cmocka_unit_test(learning),
        cmocka_unit_test(any_number_of_threads),
        cmocka_unit_test(more_lanes_than_eight),
    };

    begin_with_kernels();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
