/* tests/core/test_method_grad.c -- what each method adds to the loss: its gradient against
 * finite differences of the whole loss, its value against a computation by hand. */
#include "tests/core/toy_learn.h"
#include "tests/kernels.h"

/* A learner in the middle of the second task, far enough from its start, with rate 0. */
static struct ds_learner *moved(struct toy_world *w, const struct ds_learner_opt *o)
{
    struct ds_learner *l = toy_open(o, NULL);

    toy_learn(w, l, 0);
    toy_begin(w, l, 1, false);
    for (int i = 0; i < 5; i++)
        toy_step(w, l, 1);
    l->opt.rate = l->opt.decay = l->opt.head_decay = 0;
    return l;
}

/* The loss at these weights; the step leaves no trace but the gradient. */
static double loss_at(struct toy_world *w, struct ds_learner *l)
{
    struct toy_state box = {0};
    const long step = l->step;
    struct ds_err err = {0};
    double loss;

    ds_learner_lasting(l, toy_visit, &box, &err);
    ds_learner_passing(l, toy_visit, &box, &err);
    loss = toy_step(w, l, 1).loss;
    box.reading = true;
    ds_learner_lasting(l, toy_visit, &box, &err);
    ds_learner_passing(l, toy_visit, &box, &err);
    assert_int_equal(l->step, step);
    free(box.bytes);
    return loss;
}

/* |g| against the difference of the loss along g, over everything that learns. */
static void check_gradient(struct toy_world *w, const struct ds_learner_opt *o,
                           const char *what)
{
    struct ds_learner *l = moved(w, o);
    const size_t n = l->vit.tensors.total;
    float *g = calloc(n, sizeof *g), *at = malloc(n * sizeof *at);
    double size = 0, loss[2], h;

    loss_at(w, l);
    for (int i = 0; i < l->slots; i++) {
        const struct ds_slot *s = &l->slot[i];
        const size_t row = s->head ? s->tensor->count / 5 : 0;
        const size_t from = s->head ? row * (size_t)l->head_first : 0;
        const size_t to = s->head ? from + row * (size_t)l->head_count : s->tensor->count;

        memcpy(g + s->tensor->at + from, l->grad + s->grad_at + from, (to - from) * sizeof *g);
    }
    for (size_t i = 0; i < n; i++)
        size += (double)g[i] * (double)g[i];
    size = sqrt(size);
    h = 5e-4 / fmax(1, size); /* distances have kinks: stay on one side */
    memcpy(at, l->params, n * sizeof *at);
    for (int side = 0; side < 2; side++) {
        for (size_t i = 0; i < n; i++)
            l->params[i] = at[i] + (float)((side ? h : -h) * (double)g[i] / size);
        loss[side] = loss_at(w, l);
    }
    if (!(fabs((loss[1] - loss[0]) / (2 * h) - size) < 0.01 * size))
        fail_msg("%s: |gradient| %g, difference of the loss %g", what, size,
                 (loss[1] - loss[0]) / (2 * h));
    free(g);
    free(at);
    ds_learner_close(l);
}

static void losses_and_replay(void **state)
{
    static const struct {
        const char *what, *method;
        enum ds_loss_kind loss;
        bool balanced;
    } each[] = {
        {"local", "finetune", DS_LOSS_LOCAL, false}, {"seen", "finetune", DS_LOSS_SEEN, false},
        {"er", "er", DS_LOSS_AUTO, false},           {"er balanced", "er", DS_LOSS_AUTO, true},
        {"derpp", "derpp", DS_LOSS_AUTO, false},     {"er-ace", "er-ace", DS_LOSS_AUTO, false}};
    struct toy_world w;

    (void)state;
    toy_world_open(&w);
    for (size_t i = 0; i < sizeof each / sizeof *each; i++) {
        struct ds_learner_opt o = toy_method(each[i].method);

        o.set.loss = each[i].loss;
        o.set.replay.balanced = each[i].balanced;
        check_gradient(&w, &o, each[i].what);
    }
    toy_world_close(&w);
}

static void penalties(void **state)
{
    struct toy_world w;

    (void)state;
    toy_world_open(&w);
    for (int label = 0; label < 3; label++)
        for (int fusion = 0; fusion < 3; fusion++) {
            struct ds_learner_opt o = toy_method("ewc");

            o.set.ewc.label = (enum ds_fisher_label)label;
            o.set.ewc.fusion = (enum ds_fisher_fusion)fusion;
            o.set.ewc.lambda = 3000;
            check_gradient(&w, &o, "ewc");
        }
    {
        struct ds_learner_opt o = toy_method("si");

        o.set.si.c = 20;
        check_gradient(&w, &o, "si");
    }
    toy_world_close(&w);
}

static void distillation(void **state)
{
    struct toy_world w;
    struct ds_learner_opt o = toy_method("lwf");

    (void)state;
    toy_world_open(&w);
    o.set.lwf.lambda = 10;
    check_gradient(&w, &o, "lwf");
    for (int kind = 0; kind < 4; kind++)
        for (int pool = 0; pool < (kind < 2 ? 5 : 1); pool++)
            for (int cls = 0; cls < 2; cls++) {
                char what[64];

                o = toy_method("attn-distill");
                o.set.distill = (struct ds_distill_opt){(enum ds_distill_kind)kind,
                                                        (enum ds_distill_pool)pool, 20,
                                                        pool % 2 ? "1,3" : "all", cls == 1};
                o.set.lwf.lambda = cls;
                snprintf(what, sizeof what, "attn-distill kind %d pool %d cls %d", kind, pool,
                         cls);
                check_gradient(&w, &o, what);
            }
    toy_world_close(&w);
}

/* The loss of a step is cross-entropy and lambda KD, by hand from logits of both networks. */
static void lwf_value(void **state)
{
    const struct ds_learner_opt o = toy_method("lwf");
    float feature[TOY_IMAGES * 10], z[TOY_IMAGES * 5], old[TOY_IMAGES * 5];
    struct toy_world w;
    struct ds_learner *l;
    double want = 0, got;
    int n;

    (void)state;
    toy_world_open(&w);
    l = moved(&w, &o);
    toy_infer(l, &l->view, &w.set[1], feature, z);
    toy_infer(l, &l->old_view, &w.set[1], feature, old);
    got = loss_at(&w, l);
    n = toy_batch(&w, l, 1, l->step);
    for (int i = 0; i < n; i++) {
        const float *a = z + (w.id[i] - TOY_IMAGES) * 5, *b = old + (w.id[i] - TOY_IMAGES) * 5;
        double sum = 0, qsum = 0, psum = 0;

        for (int k = 2; k < 5; k++)
            sum += exp((double)a[k] / 2);
        want += log(sum) - (double)a[w.label[i]] / 2;
        for (int k = 0; k < 2; k++) {
            qsum += exp((double)a[k] / 4);
            psum += exp((double)b[k] / 4);
        }
        for (int k = 0; k < 2; k++)
            want -= 1.5 * exp((double)b[k] / 4) / psum * ((double)a[k] / 4 - log(qsum));
    }
    assert_true(fabs(got - want / n) < 1e-5 * want / n);
    ds_learner_close(l);
    toy_world_close(&w);
}

/* Scores of every tile of a forward pass, in order of image, layer, head. */
struct scores {
    double s[TOY_IMAGES][3][2][49];
    bool narrow[3];
};

struct score_tap {
    struct scores *to;
    int first;
};

static void keep_scores(void *with, int layer, int image, int head, float *tile)
{
    const struct score_tap *t = with;
    const int cells = layer == 2 ? 7 : 49; /* the last block asks with CLS only */

    for (int i = 0; i < cells; i++)
        t->to->s[t->first + image][layer][head][i] = (double)tile[i];
}

static void scores_of(struct scores *to, struct ds_learner *l, const struct ds_vit_view *view,
                      const struct toy_set *set)
{
    struct score_tap tap = {to, 0};
    const struct ds_vit_taps taps = {.attn = {.with = &tap, .scores = keep_scores}};

    for (int i = 0; i < TOY_IMAGES; i++) {
        tap.first = i;
        ds_vit_forward(&l->vit, view, l->work, set->images + (size_t)i * set->pixels, 1, &taps);
    }
}

/* Squared scores summed over queries, unit length over heads and keys, distance; mean of
 * layers. */
static double symmetric_by_hand(const struct scores *a, const struct scores *b, int image)
{
    double loss = 0;

    for (int l = 0; l < 3; l++) {
        double v[14] = {0}, u[14] = {0}, vv = 0, uu = 0, d = 0;

        for (int h = 0; h < 2; h++)
            for (int i = 0; i < (l == 2 ? 7 : 49); i++) {
                v[h * 7 + i % 7] += pow(a->s[image][l][h][i], 2);
                u[h * 7 + i % 7] += pow(b->s[image][l][h][i], 2);
            }
        for (int i = 0; i < 14; i++) {
            vv += v[i] * v[i];
            uu += u[i] * u[i];
        }
        for (int i = 0; i < 14; i++)
            d += pow(v[i] / sqrt(vv) - u[i] / sqrt(uu), 2);
        loss += sqrt(d) / 3;
    }
    return loss;
}

static void distill_value(void **state)
{
    struct ds_learner_opt o = toy_method("attn-distill");
    float feature[TOY_IMAGES * 10], z[TOY_IMAGES * 5];
    struct scores *a = calloc(2, sizeof *a), *b = a + 1;
    struct toy_world w;
    struct ds_learner *l;
    double want = 0, got;
    int n;

    (void)state;
    toy_world_open(&w);
    o.set.distill.mu = 7;
    o.set.lwf.lambda = 0;
    l = moved(&w, &o);
    toy_infer(l, &l->view, &w.set[1], feature, z);
    scores_of(a, l, &l->view, &w.set[1]);
    scores_of(b, l, &l->old_view, &w.set[1]);
    got = loss_at(&w, l);
    n = toy_batch(&w, l, 1, l->step);
    for (int i = 0; i < n; i++) {
        const int image = w.id[i] - TOY_IMAGES;
        double sum = 0;

        for (int k = 2; k < 5; k++)
            sum += exp((double)z[image * 5 + k] / 2);
        want += log(sum) - (double)z[image * 5 + w.label[i]] / 2;
        want += 7 * symmetric_by_hand(a, b, image);
    }
    assert_true(fabs(got - want / n) < 1e-5 * want / n);
    free(a);
    ds_learner_close(l);
    toy_world_close(&w);
}

static void layers_are_read(void **state)
{
    static const char *const bad[] = {"", "0", "4", "1,", "1,1", "x", "1;2"};

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        const struct ds_vit_shape s = toy_shape();
        struct ds_learner_opt o = toy_method("attn-distill");
        struct ds_learner *l = NULL;
        struct ds_err err = {0};

        o.set.distill.layers = bad[i];
        assert_int_equal(ds_learner_open(&l, &s, &o, NULL, &err), DS_USAGE);
        assert_non_null(strstr(err.text, "distill-layers"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(losses_and_replay), cmocka_unit_test(penalties),
        cmocka_unit_test(distillation),      cmocka_unit_test(lwf_value),
        cmocka_unit_test(distill_value),     cmocka_unit_test(layers_are_read),
    };

    begin_with_kernels();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
