/* tests/core/test_methods.c -- laws that hold for every method: threads change nothing, the
 * state is complete, steps allocate nothing. */
#include <malloc.h>
#include "core/learn/replay.h"
#include "tests/core/toy_learn.h"

/* Every method of the table, then combinations. */
static const struct variant {
    const char *method;
    enum ds_replay_kind replay;
    enum ds_distill_kind distill;
    enum ds_loss_kind loss;
} extra[] = {
    {"arcl", DS_REPLAY_ER, DS_DISTILL_SYMMETRIC, DS_LOSS_AUTO},
    {"arcl", DS_REPLAY_ACE, DS_DISTILL_SYMMETRIC, DS_LOSS_AUTO},
    {"ewc", DS_REPLAY_DERPP, DS_DISTILL_SYMMETRIC, DS_LOSS_AUTO},
    {"lwf", DS_REPLAY_ER, DS_DISTILL_SYMMETRIC, DS_LOSS_AUTO},
    {"finetune", DS_REPLAY_NONE, DS_DISTILL_SYMMETRIC, DS_LOSS_SEEN},
    {"attn-distill", DS_REPLAY_NONE, DS_DISTILL_ASYMMETRIC, DS_LOSS_AUTO},
    {"attn-distill", DS_REPLAY_NONE, DS_DISTILL_JS, DS_LOSS_AUTO},
    {"attn-distill", DS_REPLAY_NONE, DS_DISTILL_L1, DS_LOSS_AUTO},
};
enum { EXTRA = sizeof extra / sizeof *extra };

static int variants(void)
{
    int n = 0;

    while (ds_methods[n])
        n++;
    return n + EXTRA;
}

static struct ds_learner_opt options_of(int i)
{
    const int own = variants() - EXTRA;
    struct ds_learner_opt o = toy_method(i < own ? ds_methods[i]->name : extra[i - own].method);

    if (i >= own) {
        o.set.replay.kind = extra[i - own].replay;
        o.set.distill.kind = extra[i - own].distill;
        o.set.loss = extra[i - own].loss;
    }
    return o;
}

static void pack(struct toy_state *b, struct ds_learner *l, bool passing)
{
    struct ds_err err = {0};

    ds_learner_lasting(l, toy_visit, b, &err);
    if (passing)
        ds_learner_passing(l, toy_visit, b, &err);
}

/* All numbers of all states after two tasks are the same bytes with 1, 2, 3 and 4 threads, and
 * with blocks computed again on the way back. */
static void threads_change_nothing(void **state)
{
    (void)state;
    for (int v = 0; v < variants(); v++) {
        struct ds_learner_opt o = options_of(v);
        struct toy_state one = {0};

        for (int threads = 1; threads <= 5; threads++) {
            struct toy_state all = {0};
            struct toy_world w;
            struct ds_pool *pool;
            struct ds_learner *l;
            struct ds_err err;

            o.recompute = threads == 5;
            assert_int_equal(ds_pool_new(&pool, o.recompute ? 2 : threads, &err), 0);
            toy_world_open(&w);
            l = toy_open(&o, pool);
            toy_learn(&w, l, 0);
            toy_learn(&w, l, 1);
            pack(&all, l, false);
            if (!one.bytes)
                one = all;
            if (all.used != one.used || memcmp(all.bytes, one.bytes, one.used) != 0)
                fail_msg("%s: %d threads give other bytes", o.method->name, threads);
            if (all.bytes != one.bytes)
                free(all.bytes);
            ds_learner_close(l);
            ds_pool_free(pool);
            toy_world_close(&w);
        }
        free(one.bytes);
    }
}

/* Stopped in the middle of either task, packed, and unpacked into a new learner: what follows
 * are the same bytes, up to the end of the second task. */
static void state_is_complete(void **state)
{
    (void)state;
    for (int v = 0; v < 2 * variants(); v++) {
        const struct ds_learner_opt o = options_of(v / 2);
        const int stop = v % 2, steps = o.method->untrained ? 0 : 3;
        struct toy_state box = {0}, a_end = {0}, b_end = {0};
        struct ds_err err = {0};
        struct toy_world w;
        struct ds_learner *a, *b;

        toy_world_open(&w);
        a = toy_open(&o, NULL);
        b = toy_open(&o, NULL);
        for (int t = 0; t < stop; t++)
            toy_learn(&w, a, t);
        toy_begin(&w, a, stop, false);
        for (int i = 0; i < steps; i++)
            toy_step(&w, a, stop);
        pack(&box, a, true);
        box.reading = true;
        ds_learner_lasting(b, toy_visit, &box, &err);
        toy_begin(&w, b, stop, true);
        assert_int_equal(ds_learner_passing(b, toy_visit, &box, &err), 0);
        assert_int_equal(box.at, box.used);
        for (struct ds_learner *l = a; l; l = l == a ? b : NULL) {
            for (int i = steps; i < TOY_EPOCHS * 4 && !o.method->untrained; i++)
                toy_step(&w, l, stop);
            toy_end(&w, l, stop);
            for (int t = stop + 1; t < TOY_TASKS; t++)
                toy_learn(&w, l, t);
        }
        pack(&a_end, a, false);
        pack(&b_end, b, false);
        if (a_end.used != b_end.used || memcmp(a_end.bytes, b_end.bytes, a_end.used) != 0)
            fail_msg("%s, stopped in task %d: the resumed run differs", o.method->name,
                     stop + 1);
        free(box.bytes);
        free(a_end.bytes);
        free(b_end.bytes);
        ds_learner_close(a);
        ds_learner_close(b);
        toy_world_close(&w);
    }
}

static void steps_allocate_nothing(void **state)
{
    (void)state;
    for (int v = 0; v < variants(); v++) {
        const struct ds_learner_opt o = options_of(v);
        struct ds_pool *pool;
        struct ds_learner *l;
        struct toy_world w;
        struct ds_err err;
        size_t before, after;

        if (o.method->untrained)
            continue;
        assert_int_equal(ds_pool_new(&pool, 2, &err), 0);
        toy_world_open(&w);
        l = toy_open(&o, pool);
        toy_learn(&w, l, 0);
        toy_begin(&w, l, 1, false);
        toy_step(&w, l, 1);
        before = mallinfo2().uordblks + mallinfo2().hblkhd;
        for (int i = 0; i < 5; i++)
            toy_step(&w, l, 1);
        after = mallinfo2().uordblks + mallinfo2().hblkhd;
        if (before != after)
            fail_msg("%s allocates in its steps", o.method->name);
        ds_learner_close(l);
        ds_pool_free(pool);
        toy_world_close(&w);
    }
}

/* Frozen trunks keep every bit; those that learn do not. */
static void frozen_means_frozen(void **state)
{
    (void)state;
    for (int v = 0; v < variants(); v++) {
        const struct ds_learner_opt o = options_of(v);
        const bool frozen = o.method->trainable && !strcmp(o.method->trainable, "head");
        struct ds_learner *l = toy_open(&o, NULL);
        const struct ds_tensor *q =
            ds_tensors_lookup(&l->vit.tensors, "blocks.0.attn.qkv.weight");
        float before[300];
        struct toy_world w;

        assert_int_equal(q->count, 300);
        memcpy(before, l->params + q->at, sizeof before);
        toy_world_open(&w);
        toy_learn(&w, l, 0);
        toy_learn(&w, l, 1);
        if (!memcmp(before, l->params + q->at, sizeof before) != frozen)
            fail_msg("%s: the trunk %s", o.method->name, frozen ? "moved" : "stayed");
        ds_learner_close(l);
        toy_world_close(&w);
    }
}

/* Refused when the learner is opened, before anything is learned or written. */
static void a_buffer_beyond_memory_is_refused(void **state)
{
    const struct ds_replay_opt want = {.kind = DS_REPLAY_DERPP, .buffer = INT32_MAX, .rows = 1};
    struct ds_replay *r;
    struct ds_err err;

    (void)state;
    assert_int_equal(ds_replay_open(&r, &want, 65535, 1, &err), DS_NOMEM);
    assert_non_null(strstr(err.text, "a replay buffer of 2147483647 pictures: out of memory: "));
    assert_null(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(threads_change_nothing),
        cmocka_unit_test(state_is_complete),
        cmocka_unit_test(steps_allocate_nothing),
        cmocka_unit_test(frozen_means_frozen),
        cmocka_unit_test(a_buffer_beyond_memory_is_refused),
    };

    ds_blas_begin();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
