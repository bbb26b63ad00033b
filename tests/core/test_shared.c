/* tests/core/test_shared.c -- tasks that share their classes and one head: what is remembered
 * of a class is that of all its images so far, as if they had come at once; and features that
 * are known already, which change nothing. */
#include "core/learn/gauss.h"
#include "tests/core/toy_learn.h"

enum { K = 5, C = 10, BOTH = 2 * TOY_IMAGES };

/* Two domains of the same five classes, and both behind each other. */
struct domains {
    struct toy_set set[2];
    size_t pixels;
};

static int fetch_both(void *with, int first, int count, float *images, int *label,
                      struct ds_err *err)
{
    struct domains *d = with;

    (void)err;
    for (int i = 0; i < count; i++) {
        const struct toy_set *s = &d->set[(first + i) / TOY_IMAGES];
        const int at = (first + i) % TOY_IMAGES;

        memcpy(images + (size_t)i * d->pixels, s->images + (size_t)at * d->pixels,
               d->pixels * sizeof *images);
        label[i] = s->label[at];
    }
    return 0;
}

static void domains_open(struct domains *d)
{
    const struct ds_vit_shape s = toy_shape();

    toy_set(&d->set[0], &s, 0, K);
    toy_set(&d->set[1], &s, 0, K);
    d->pixels = d->set[0].pixels;
    toy_fill(d->set[1].images, TOY_IMAGES * d->pixels, 0.4, 1.5, "another domain");
    for (int i = 0; i < TOY_IMAGES; i++) /* not as many of each as in the first */
        d->set[1].label[i] = i % 7 % K;
}

static void domains_close(struct domains *d)
{
    free(d->set[0].images);
    free(d->set[1].images);
}

static struct ds_learner *open_shared(const char *method, bool refine)
{
    struct ds_learner_opt o = toy_method(method);

    o.shared_head = true;
    o.class_task = NULL;
    o.refine_head = refine;
    o.refine.norm = 0;
    return toy_open(&o, NULL);
}

static void begin(struct ds_learner *l, int task)
{
    struct ds_err err = {0};

    assert_int_equal(ds_learner_task_begin(l, task, 0, K, 1, 4, BOTH, false, &err), 0);
}

static void end(struct ds_learner *l, const struct ds_feed *feed)
{
    struct ds_err err = {0};

    if (ds_learner_task_end(l, feed, &err))
        fail_msg("%s", err.text);
}

/* One domain after the other. */
static struct ds_learner *in_turn(struct domains *d, const char *method, bool refine)
{
    struct ds_learner *l = open_shared(method, refine);

    for (int t = 0; t < 2; t++) {
        const struct ds_feed feed = toy_feed(&d->set[t]);

        begin(l, t);
        end(l, &feed);
    }
    return l;
}

static struct ds_learner *at_once(struct domains *d, const char *method, bool refine)
{
    const struct ds_feed feed = {.count = BOTH, .with = d, .fetch = fetch_both};
    struct ds_learner *l = open_shared(method, refine);

    begin(l, 0);
    end(l, &feed);
    return l;
}

static void close_to(const float *a, const float *b, size_t n, double within)
{
    for (size_t i = 0; i < n; i++)
        if (fabs((double)a[i] - (double)b[i]) > within * (1 + fabs((double)b[i])))
            fail_msg("number %zu is %.9g in turn, %.9g at once", i, (double)a[i], (double)b[i]);
}

static void differ(const float *a, const float *b, size_t n, double by)
{
    double most = 0;

    for (size_t i = 0; i < n; i++)
        most = fmax(most, fabs((double)a[i] - (double)b[i]));
    assert_true(most > by);
}

static void two_gaussians_are_one(void **state)
{
    static const int n1[] = {7, 1, 12, 1}, n2[] = {5, 9, 1, 1};

    (void)state;
    for (int i = 0; i < 4; i++) {
        const int all = n1[i] + n2[i];
        float *f = toy_new((size_t)all * C, 1, "features");
        float mean[3][C], root[3][C * C];
        struct ds_err err = {0};

        for (int c = 0; c < n2[i] * C; c++)
            f[n1[i] * C + c] += 2;
        assert_int_equal(ds_gauss_fit(mean[0], root[0], NULL, f, n1[i], C, &err), 0);
        assert_int_equal(ds_gauss_fit(mean[1], root[1], NULL, f + n1[i] * C, n2[i], C, &err),
                         0);
        assert_int_equal(ds_gauss_fit(mean[2], root[2], NULL, f, all, C, &err), 0);
        assert_int_equal(
            ds_gauss_join(mean[0], root[0], n1[i], mean[1], root[1], n2[i], C, &err), 0);
        close_to(mean[0], mean[2], C, 1e-6);
        for (int a = 0; a < C; a++) /* the covariances: small pivots of roots are rounding */
            for (int b = 0; b < C; b++) {
                double one = 0, other = 0;

                for (int k = 0; k < C; k++) {
                    one += (double)root[0][a * C + k] * (double)root[0][b * C + k];
                    other += (double)root[2][a * C + k] * (double)root[2][b * C + k];
                }
                assert_true(fabs(one - other) < 1e-5 * (1 + fabs(other)));
            }
        mean[1][0] = NAN;
        assert_int_equal(
            ds_gauss_join(mean[0], root[0], n1[i], mean[1], root[1], n2[i], C, &err),
            DS_INTERNAL);
        free(f);
    }
}

static void classes_are_pooled_for_refinement(void **state)
{
    struct ds_learner *turn, *once;
    struct domains d;
    float first[K * C];

    (void)state;
    domains_open(&d);
    turn = open_shared("frozen", true);
    for (int t = 0; t < 2; t++) {
        const struct ds_feed feed = toy_feed(&d.set[t]);

        begin(turn, t);
        end(turn, &feed);
        if (!t)
            memcpy(first, turn->mean, sizeof first);
    }
    once = at_once(&d, "frozen", true);
    close_to(turn->mean, once->mean, K * C, 1e-5);
    close_to(turn->root, once->root, K * C * C, 1e-3);
    differ(turn->mean, first, K * C, 1e-3);
    for (int k = 0; k < K; k++)
        assert_int_equal(turn->counted[k], once->counted[k]);
    ds_learner_close(turn);
    ds_learner_close(once);
    domains_close(&d);
}

static void class_means_are_of_all_domains(void **state)
{
    struct ds_learner *turn, *once;
    struct domains d;

    (void)state;
    domains_open(&d);
    turn = in_turn(&d, "ncm", false);
    once = at_once(&d, "ncm", false);
    close_to(turn->view.outside[DS_HEAD_W], once->view.outside[DS_HEAD_W], K * C, 1e-6);
    ds_learner_close(turn);
    ds_learner_close(once);
    domains_close(&d);
}

static void covariances_are_of_all_domains(void **state)
{
    float feature[TOY_IMAGES * C], z[2][TOY_IMAGES * K];
    struct ds_learner *turn, *once;
    struct domains d;

    (void)state;
    domains_open(&d);
    for (int method = 0; method < 2; method++) {
        const char *name = method ? "ranpac" : "fecam";

        turn = in_turn(&d, name, false);
        once = at_once(&d, name, false);
        toy_infer(turn, &turn->view, &d.set[0], feature, z[0]);
        toy_infer(once, &once->view, &d.set[0], feature, z[1]);
        if (!method) /* ranpac chooses its ridge from the last task's images: only the sums
                        agree */
            close_to(z[0], z[1], TOY_IMAGES * K, 1e-4);
        else {
            const double *a = toy_array(turn, "method/ranpac/gram", 0);
            const double *b = toy_array(once, "method/ranpac/gram", 0);

            for (int i = 0; i < 21 * 21; i++)
                assert_true(fabs(a[i] - b[i]) < 1e-6 * (1 + fabs(b[i])));
        }
        ds_learner_close(turn);
        ds_learner_close(once);
    }
    domains_close(&d);
}

/* The second domain goes on with the rows of the first, and old answers are of all classes. */
static void the_head_is_one(void **state)
{
    struct ds_learner *l = open_shared("lwf", false);
    float head[K * C];
    struct ds_report report[2];
    struct ds_err err = {0};
    struct domains d;

    (void)state;
    domains_open(&d);
    for (int t = 0; t < 2; t++) {
        const struct ds_feed feed = toy_feed(&d.set[t]);

        begin(l, t);
        assert_int_equal(l->old, t ? K : 0);
        assert_int_equal(l->seen, K);
        assert_int_equal(l->head_count, K);
        if (t)
            assert_memory_equal(head, l->view.outside[DS_HEAD_W], sizeof head);
        for (int i = 0; i < 3; i++)
            assert_int_equal(ds_learner_step(l, d.set[t].images, d.set[t].label, NULL, 11, NULL,
                                             &report[t], &err),
                             0);
        end(l, &feed);
        memcpy(head, l->view.outside[DS_HEAD_W], sizeof head);
    }
    ds_learner_close(l);
    domains_close(&d);
}

/* One pass over the images alone gives the features that steps of any batch would compute. */
static void known_features_change_nothing(void **state)
{
    float feature[TOY_IMAGES * C], *head[2];
    struct domains d;

    (void)state;
    domains_open(&d);
    for (int known = 0; known < 2; known++) {
        struct ds_learner *l = open_shared("frozen", false);
        const struct ds_feed feed = toy_feed(&d.set[0]);
        struct toy_seen seen = {l, feature, NULL};
        struct ds_report report;
        struct ds_infer infer;
        struct ds_err err = {0};

        assert_true(ds_learner_frozen_trunk(l));
        assert_int_equal(ds_infer_open(&infer, &l->vit, DS_WANT_ALONE, NULL, &err), 0);
        assert_int_equal(infer.room, 1);
        ds_infer_run(&infer, &l->view, NULL, NULL, 0, &feed, toy_sink, &seen, NULL, &err);
        ds_infer_close(&infer);
        begin(l, 0);
        for (int at = 0; at + 9 <= TOY_IMAGES; at += 3) {
            ds_learner_known(l, known ? feature + at * C : NULL);
            assert_int_equal(
                ds_learner_step(l, known ? NULL : d.set[0].images + (size_t)at * d.pixels,
                                d.set[0].label + at, NULL, 9, NULL, &report, &err),
                0);
        }
        head[known] = malloc(K * C * sizeof *head[known]);
        memcpy(head[known], l->view.outside[DS_HEAD_W], K * C * sizeof *head[known]);
        ds_learner_close(l);
    }
    assert_memory_equal(head[0], head[1], K * C * sizeof **head);
    free(head[0]);
    free(head[1]);
    domains_close(&d);
}

static void a_trunk_that_moves_is_not_frozen(void **state)
{
    static const char *const moving[] = {"arcl", "finetune", "lwf", "lora", "ewc"};
    static const char *const still[] = {"frozen", "ncm", "ranpac", "fecam"};

    (void)state;
    for (int i = 0; i < 9; i++) {
        const bool moves = i < 5;
        struct ds_learner *l = open_shared(moves ? moving[i] : still[i - 5], false);

        assert_int_equal(ds_learner_frozen_trunk(l), !moves);
        ds_learner_close(l);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_gaussians_are_one),
        cmocka_unit_test(classes_are_pooled_for_refinement),
        cmocka_unit_test(class_means_are_of_all_domains),
        cmocka_unit_test(covariances_are_of_all_domains),
        cmocka_unit_test(the_head_is_one),
        cmocka_unit_test(known_features_change_nothing),
        cmocka_unit_test(a_trunk_that_moves_is_not_frozen),
    };

    ds_blas_begin();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
