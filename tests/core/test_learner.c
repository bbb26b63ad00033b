/* tests/core/test_learner.c -- the laws of learning: threads, retention, memory, failures. */
#include "tests/core/toy.h"
#include <malloc.h>
#include "core/retain/rollout.h"
#include "tests/kernels.h"

enum { EPOCHS = 3 };

static struct ds_learner *open_learner(const struct ds_learner_opt *o, struct ds_pool *pool)
{
    const struct ds_vit_shape s = toy_shape();
    struct ds_learner *l = NULL;
    struct ds_err err = {0};

    if (ds_learner_open(&l, &s, o, pool, &err))
        fail_msg("%s", err.text);
    toy_fill(l->params, l->vit.tensors.total, 0, 0.3, "params");
    return l;
}

static void learn_task(struct ds_learner *l, int task, int first, int count)
{
    const int batch = l->opt.batch, steps = (TOY_IMAGES + batch - 1) / batch;
    struct toy_set set;
    struct ds_feed feed;
    struct ds_report report;
    struct ds_err err = {0};

    toy_set(&set, &l->vit.shape, first, count);
    feed = toy_feed(&set);
    assert_int_equal(ds_learner_task_begin(l, task, first, count, EPOCHS, steps, TOY_IMAGES, false,
                                           &err), 0);
    for (int i = 0; i < EPOCHS * steps; i++) {
        const int at = i % steps * batch;
        const int n = TOY_IMAGES - at < batch ? TOY_IMAGES - at : batch;

        if (ds_learner_step(l, set.images + (size_t)at * set.pixels, set.label + at, set.id + at,
                            n, NULL, &report, &err))
            fail_msg("%s", err.text);
    }
    if (ds_learner_task_end(l, &feed, &err))
        fail_msg("%s", err.text);
    free(set.images);
}

static void same_floats(const float *a, const float *b, size_t n)
{
    assert_memory_equal(a, b, n * sizeof *a);
}

/* Two tasks with 1, 2, 3 and 4 threads: weights, masks and heads are the same bytes. */
static void threads_change_nothing(void **state)
{
    const char *const methods[] = {"finetune", "arcl", "frozen"};

    (void)state;
    for (int m = 0; m < 3; m++) {
        struct ds_learner *one = NULL;

        for (int threads = 1; threads <= 4; threads++) {
            struct ds_learner_opt o = toy_options(methods[m]);
            struct ds_pool *pool;
            struct ds_learner *l;
            struct ds_err err;

            assert_int_equal(ds_pool_new(&pool, threads, &err), 0);
            l = open_learner(&o, pool);
            learn_task(l, 0, 0, 2);
            learn_task(l, 1, 2, 3);
            if (one) {
                same_floats(one->params, l->params, l->vit.tensors.total);
                same_floats(one->refined_w, l->refined_w, 50);
                same_floats(one->memory.soft, l->memory.soft, 18);
                ds_learner_close(l);
            } else {
                one = l;
            }
            one->pool = NULL;
            ds_pool_free(pool);
        }
        ds_learner_close(one);
    }
}

/* With query masking the last block's weights are bit-identical over a whole task, and the
 * others are not; fine-tuning moves them all; frozen moves none. */
static void last_block_stays(void **state)
{
    struct ds_learner_opt o = toy_options("arcl");
    struct ds_learner *l = open_learner(&o, NULL);
    const size_t n = 300;
    float before[3][300];

    (void)state;
    learn_task(l, 0, 0, 2);
    for (int b = 0; b < 3; b++)
        memcpy(before[b], l->view.block[b][DS_QKV_W], sizeof before[b]);
    learn_task(l, 1, 2, 3);
    same_floats(before[2], l->view.block[2][DS_QKV_W], n);
    assert_memory_not_equal(before[0], l->view.block[0][DS_QKV_W], n * sizeof(float));
    ds_learner_close(l);
    o = toy_options("finetune");
    l = open_learner(&o, NULL);
    memcpy(before[2], l->view.block[2][DS_QKV_W], sizeof before[2]);
    learn_task(l, 0, 0, 2);
    assert_memory_not_equal(before[2], l->view.block[2][DS_QKV_W], n * sizeof(float));
    ds_learner_close(l);
    o = toy_options("frozen");
    l = open_learner(&o, NULL);
    memcpy(before[0], l->view.block[0][DS_QKV_W], sizeof before[0]);
    learn_task(l, 0, 0, 2);
    same_floats(before[0], l->view.block[0][DS_QKV_W], n);
    ds_learner_close(l);
}

/* A mask of ones (and a prefix that counts) leaves the gradient as it is: f = 1. */
static void full_mask_is_no_mask(void **state)
{
    struct ds_learner_opt o = toy_options("arcl");
    struct ds_learner *l;
    struct toy_set set;
    struct ds_report report;
    struct ds_err err = {0};

    (void)state;
    for (int axis = DS_AXIS_QUERY; axis <= DS_AXIS_BOTH; axis++) {
        o.retain.axis = (enum ds_mask_axis)axis;
        l = open_learner(&o, NULL);
        toy_set(&set, &l->vit.shape, 2, 3);
        l->memory.tasks = 1;
        for (int i = 0; i < 18; i++)
            l->memory.soft[i] = 1;
        assert_int_equal(ds_learner_task_begin(l, 1, 2, 3, 1, 1, TOY_IMAGES, false, &err), 0);
        for (int i = 0; i < 3 * 7; i++)
            l->wq[i] = l->wk[i] = 1;
        assert_int_equal(ds_learner_step(l, set.images, set.label, NULL, 11, NULL, &report, &err),
                         0);
        for (int i = 0; i < l->slots; i++)
            for (size_t k = 0; l->slot[i].masked && k < l->slot[i].tensor->count; k++) {
                const float *g = l->grad + l->slot[i].grad_at;

                assert_true(fabs((double)g[k] - (double)g[k + l->slot[i].tensor->count]) <
                            1e-6 + 1e-4 * fabs((double)g[k]));
            }
        free(set.images);
        ds_learner_close(l);
    }
}

/* No allocation inside a task's steps. */
static void steps_allocate_nothing(void **state)
{
    const struct ds_learner_opt o = toy_options("arcl");
    struct ds_pool *pool;
    struct ds_learner *l;
    struct toy_set set;
    struct ds_report report;
    struct ds_err err = {0};
    size_t before = 0, after;

    (void)state;
    assert_int_equal(ds_pool_new(&pool, 2, &err), 0);
    l = open_learner(&o, pool);
    learn_task(l, 0, 0, 2);
    toy_set(&set, &l->vit.shape, 2, 3);
    assert_int_equal(ds_learner_task_begin(l, 1, 2, 3, 9, 3, TOY_IMAGES, false, &err), 0);
    for (int i = 0; i < 20; i++) {
        if (i == 1)
            before = mallinfo2().uordblks + mallinfo2().hblkhd;
        assert_int_equal(ds_learner_step(l, set.images, set.label, NULL, 11, NULL, &report, &err),
                         0);
    }
    after = mallinfo2().uordblks + mallinfo2().hblkhd;
    assert_int_equal(before, after);
    free(set.images);
    ds_learner_close(l);
    ds_pool_free(pool);
}

/* NaN in a weight: the step fails, names block and op, and changes nothing. */
static void not_finite_is_named(void **state)
{
    const struct ds_learner_opt o = toy_options("finetune");
    struct ds_learner *l = open_learner(&o, NULL);
    struct toy_set set;
    struct ds_report report;
    struct ds_err err = {0};
    float *copy;

    (void)state;
    toy_set(&set, &l->vit.shape, 0, 2);
    assert_int_equal(ds_learner_task_begin(l, 0, 0, 2, 1, 4, TOY_IMAGES, false, &err), 0);
    l->view.block[1][DS_FC1_W][5] = NAN;
    copy = malloc(l->vit.tensors.total * sizeof *copy);
    memcpy(copy, l->params, l->vit.tensors.total * sizeof *copy);
    assert_int_equal(ds_learner_step(l, set.images, set.label, NULL, 11, NULL, &report, &err),
                     DS_INTERNAL);
    assert_non_null(strstr(err.text, "task 1, step 1: 'mlp.fc1' of block 1 is not finite"));
    same_floats(copy, l->params, l->vit.tensors.total);
    assert_int_equal(l->step, 0);
    free(copy);
    free(set.images);
    ds_learner_close(l);
}

/* State through lasting and passing into a second learner: the next steps are the same bits. */
struct box {
    char *bytes;
    size_t used, at;
    bool reading;
};

static int visit(void *with, const char *name, enum ds_state_type type, void *data, size_t count,
                 struct ds_err *err)
{
    struct box *b = with;
    const size_t size = count * (type == DS_STATE_F64 ? 8 : 4);

    (void)name;
    (void)err;
    if (b->reading) {
        memcpy(data, b->bytes + b->at, size);
        b->at += size;
        return 0;
    }
    b->bytes = realloc(b->bytes, b->used + size + 1);
    memcpy(b->bytes + b->used, data, size);
    b->used += size;
    return 0;
}

static void state_is_complete(void **state)
{
    const char *const methods[] = {"finetune", "arcl"};

    (void)state;
    for (int m = 0; m < 4; m++) {
        struct ds_learner_opt o = toy_options(methods[m % 2]);
        struct ds_learner *a, *b;
        struct toy_set set;
        struct ds_report report;
        struct ds_err err = {0};
        struct box box = {0};

        o.retain.source = m > 1 ? DS_SOURCE_LAST_EPOCH : DS_SOURCE_CLEAN;
        a = open_learner(&o, NULL);
        b = open_learner(&o, NULL);
        learn_task(a, 0, 0, 2);
        toy_set(&set, &a->vit.shape, 2, 3);
        ds_learner_task_begin(a, 1, 2, 3, 2, 3, TOY_IMAGES, false, &err);
        for (int i = 0; i < 4; i++)
            ds_learner_step(a, set.images, set.label, NULL, 11, NULL, &report, &err);
        ds_learner_lasting(a, visit, &box, &err);
        ds_learner_passing(a, visit, &box, &err);
        box.reading = true;
        ds_learner_lasting(b, visit, &box, &err);
        assert_int_equal(ds_learner_task_begin(b, 1, 2, 3, 2, 3, TOY_IMAGES, true, &err), 0);
        ds_learner_passing(b, visit, &box, &err);
        for (int i = 0; i < 2; i++) {
            ds_learner_step(a, set.images, set.label, NULL, 11, NULL, &report, &err);
            ds_learner_step(b, set.images, set.label, NULL, 11, NULL, &report, &err);
        }
        same_floats(a->params, b->params, a->vit.tensors.total);
        {
            struct ds_feed feed = toy_feed(&set);

            assert_int_equal(ds_learner_task_end(a, &feed, &err), 0);
            assert_int_equal(ds_learner_task_end(b, &feed, &err), 0);
        }
        same_floats(a->memory.soft, b->memory.soft, 18);
        same_floats(a->refined_w, b->refined_w, 50);
        free(box.bytes);
        free(set.images);
        ds_learner_close(a);
        ds_learner_close(b);
    }
}

static void schedules(void **state)
{
    struct ds_schedule s = {.kind = DS_SCHEDULE_MULTISTEP, .gamma = 0.1};
    const double five[] = {1, 1, 1, 1, 0.1};

    (void)state;
    assert_int_equal(ds_schedule_milestones(&s, "5,8"), 2);
    for (int e = 0; e < 5; e++)
        assert_true(fabs(ds_schedule_at(&s, e, e, 5) - five[e]) < 1e-15);
    assert_true(fabs(ds_schedule_at(&s, 9, 9, 10) - 0.01) < 1e-15);
    assert_int_equal(ds_schedule_milestones(&s, "8,5"), -1);
    assert_int_equal(ds_schedule_milestones(&s, "5;8"), -1);
    s.kind = DS_SCHEDULE_COSINE;
    assert_true(fabs(ds_schedule_at(&s, 0, 50, 100) - 0.5) < 1e-12);
    s.warmup = 10;
    assert_true(ds_schedule_at(&s, 0, 0, 100) < 0.11);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(threads_change_nothing), cmocka_unit_test(last_block_stays),
        cmocka_unit_test(full_mask_is_no_mask),   cmocka_unit_test(steps_allocate_nothing),
        cmocka_unit_test(not_finite_is_named),    cmocka_unit_test(state_is_complete),
        cmocka_unit_test(schedules),
    };

    begin_with_kernels();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
