/* tests/data/test_loader.c -- the same bytes for any number of threads and any place to begin;
 * epochs are permutations; augmentation is what it says; nothing is allocated on the way. */
#define _GNU_SOURCE
#include "tests/data/loader_help.h"

#include <math.h>
#include <pthread.h>

#include "data/image/transform.h"

static void unaugmented_batches_are_the_pictures(void **state)
{
    struct ds_loader_want want = plain();
    struct ds_loader *l = opened(&want);

    (void)state;
    assert_int_equal(ds_loader_steps(l), 7);
    for (int epoch = 0; epoch < 2; epoch++)
        for (int step = 0; step < 7; step++) {
            const struct ds_batch *b = next(l, NULL);

            assert_int_equal(b->count, step < 6 ? 16 : 7);
            for (int i = 0; i < b->count; i++) {
                const int picture = 16 * step + i;

                assert_int_equal(b->index[i], picture);
                assert_int_equal(b->label[i], position[ds_source_label(source, picture)]);
                for (int k = 0; k < AREA; k++) {
                    const int v = pixel(picture, 0, k / SIDE, k % SIDE);

                    assert_true(b->images[i * AREA + k] == (float)((v / 255.0 - 0.25) / 0.5));
                }
            }
        }
    ds_loader_close(l);
}

static struct ds_loader_want rich(void)
{
    struct ds_loader_want want = plain();

    want.shuffle = want.flip = true;
    want.pad = 2;
    return want;
}

/* Steps batches from (epoch, step) on, one behind the other: images, labels and indices. */
enum { STEPS = 16 };
struct tape {
    float images[STEPS * 16][AREA];
    int label[STEPS * 16], index[STEPS * 16], count[STEPS];
};

static void record(struct tape *t, const struct ds_loader_want *want, int threads, int epoch,
                   int step, int steps)
{
    struct ds_loader *l = opened(want);
    struct ds_pool *pool;
    struct ds_err err;

    memset(t, 0, sizeof *t);
    assert_int_equal(ds_pool_new(&pool, threads, &err), 0);
    ds_loader_seek(l, epoch, step);
    for (int s = 0; s < steps; s++) {
        const struct ds_batch *b = next(l, pool);

        t->count[s] = b->count;
        for (int i = 0; i < b->count; i++) {
            memcpy(t->images[16 * s + i], b->images + i * AREA, sizeof t->images[0]);
            t->label[16 * s + i] = b->label[i];
            t->index[16 * s + i] = b->index[i];
        }
    }
    ds_loader_close(l);
    ds_pool_free(pool);
}

static struct tape one, other;

static void threads_do_not_matter(void **state)
{
    (void)state;
    for (int rotate = 0; rotate < 2; rotate++) {
        struct ds_loader_want want = rich();

        want.rotate = rotate;
        record(&one, &want, 1, 0, 0, STEPS);
        for (int threads = 2; threads <= 4; threads++) {
            record(&other, &want, threads, 0, 0, STEPS);
            assert_memory_equal(&one, &other, sizeof one);
        }
    }
}

static void a_seek_continues_the_same_stream(void **state)
{
    const struct ds_loader_want want = rich();

    (void)state;
    record(&one, &want, 1, 0, 0, STEPS);
    for (int begin = 0; begin < STEPS; begin++) {
        record(&other, &want, 2, begin / 7, begin % 7, STEPS - begin);
        assert_memory_equal(one.images[16 * begin], other.images,
                            (size_t)(STEPS - begin) * 16 * sizeof *one.images);
        assert_memory_equal(one.label + 16 * begin, other.label,
                            (size_t)(STEPS - begin) * 16 * sizeof(int));
    }
    record(&other, &want, 1, 0, 9, STEPS - 9); /* steps past the epoch's end count on */
    assert_memory_equal(one.images[16 * 9], other.images, 16 * sizeof *one.images);
}

static void a_seek_forgets_where_it_was(void **state)
{
    const struct ds_loader_want want = rich();
    struct ds_loader *l = opened(&want);
    float first[AREA];

    (void)state;
    memcpy(first, next(l, NULL)->images, sizeof first);
    for (int i = 0; i < 20; i++)
        next(l, NULL);
    ds_loader_seek(l, 0, 0);
    assert_memory_equal(next(l, NULL)->images, first, sizeof first);
    ds_loader_close(l);
}

static void each_epoch_is_another_permutation(void **state)
{
    struct ds_loader_want want = rich();
    struct ds_loader *l;
    int before[COUNT] = {0}, now[COUNT], fixed = 0;

    (void)state;
    want.n_indices = 100; /* of the source's 103 */
    l = opened(&want);
    for (int epoch = 0; epoch < 5; epoch++) {
        int seen[COUNT] = {0}, n = 0;

        for (int step = 0; step < ds_loader_steps(l); step++) {
            const struct ds_batch *b = next(l, NULL);

            for (int i = 0; i < b->count; i++) {
                seen[b->index[i]]++;
                now[n++] = b->index[i];
            }
        }
        assert_int_equal(n, 100);
        for (int i = 0; i < COUNT; i++)
            assert_int_equal(seen[i], i < 100);
        for (int i = 0; i < 100; i++)
            fixed += now[i] == before[i];
        memcpy(before, now, sizeof now);
    }
    assert_in_range(fixed, 0, 30); /* about one an epoch */
    ds_loader_close(l);
}

static void seeds_differ(void **state)
{
    struct ds_loader_want want = rich();

    (void)state;
    record(&one, &want, 1, 0, 0, 7);
    want.seed++;
    record(&other, &want, 1, 0, 0, 7);
    assert_memory_not_equal(one.index, other.index, sizeof one.index);
}

static void the_buffers_take_turns(void **state)
{
    const struct ds_loader_want want = plain();
    struct ds_loader *l = opened(&want);
    const struct ds_batch *a = next(l, NULL), *b;
    float kept[16 * AREA];

    (void)state;
    memcpy(kept, a->images, sizeof kept);
    b = next(l, NULL);
    assert_ptr_not_equal(a, b);
    assert_memory_equal(a->images, kept, sizeof kept); /* valid beside the one after it */
    assert_int_equal(a->index[0], 0);
    assert_int_equal(b->index[0], 16);
    assert_ptr_equal(next(l, NULL), a);
    ds_loader_close(l);
}

static void a_large_batch_is_one_short_batch(void **state)
{
    struct ds_loader_want want = plain();
    struct ds_loader *l;

    (void)state;
    for (int n = 1; n < 20; n++) { /* fewer pictures than pieces, too */
        want.n_indices = n;
        want.batch = 2000000000;
        l = opened(&want);
        assert_int_equal(ds_loader_steps(l), 1);
        assert_int_equal(next(l, NULL)->count, n);
        assert_int_equal(next(l, NULL)->index[n - 1], n - 1);
        ds_loader_close(l);
    }
}

/* One picture of an augmented batch must be one of the few things that can be made of it;
 * which one is counted. */
struct tally {
    int place[25], look[8]; /* crop; flip and turn */
    int last;               /* which of all it was */
};

static void identify(struct tally *t, const struct ds_loader_want *want, const float *image,
                     int picture, int label)
{
    uint8_t in[AREA], a[AREA], b[AREA], c[AREA];
    float made[AREA];
    struct ds_pixel_scale scale;
    struct ds_err err;

    ds_scale_init(&scale, 1, want->mean, want->std);
    assert_int_equal(ds_source_read(source, picture, in, &err), 0);
    for (int dy = -want->pad; dy <= want->pad; dy++)
        for (int dx = -want->pad; dx <= want->pad; dx++)
            for (int flip = 0; flip <= want->flip; flip++) {
                ds_image_shift(a, in, 1, SIDE, SIDE, dy, dx);
                ds_image_flip(b, a, 1, SIDE, SIDE);
                ds_image_turn(c, flip ? b : a, 1, SIDE, want->rotate ? label : 0);
                ds_scale_apply(&scale, made, c, 1, AREA);
                if (memcmp(made, image, sizeof made))
                    continue;
                t->last = 5 * (dy + 2) + dx + 2;
                t->place[t->last]++;
                t->look[2 * (want->rotate ? label : 0) + flip]++;
                t->last = 8 * t->last + 2 * (want->rotate ? label : 0) + flip;
                return;
            }
    fail_msg("picture %d became something else", picture);
}

/* Within six standard deviations of n draws of probability 1/of each. */
static void check_even(const int *counts, int of, int n)
{
    const double p = 1.0 / of, slack = 6 * sqrt(n * p * (1 - p));

    for (int i = 0; i < of; i++)
        if (fabs(counts[i] - n * p) > slack)
            fail_msg("outcome %d of %d came %d times in %d", i, of, counts[i], n);
}

static void augmentation_is_even(void **state)
{
    struct ds_loader_want want = rich();
    struct tally t = {0};
    struct ds_loader *l;
    int n = 0;

    (void)state;
    want.rotate = true;
    l = opened(&want);
    for (int step = 0; step < 7 * 40; step++) {
        const struct ds_batch *b = next(l, NULL);

        for (int i = 0; i < b->count; i++, n++)
            identify(&t, &want, b->images + i * AREA, b->index[i], b->label[i]);
    }
    assert_int_equal(n, 40 * COUNT);
    check_even(t.place, 25, n); /* together: rows and columns are drawn apart */
    check_even(t.look, 8, n);
    ds_loader_close(l);
}

static void each_position_of_the_epoch_has_its_own(void **state)
{
    struct ds_loader_want want = rich();
    struct tally t = {0};
    struct ds_loader *l;
    int last[6][16], same = 0;

    (void)state;
    l = opened(&want);
    for (int step = 0; step < 6; step++) {
        const struct ds_batch *b = next(l, NULL);

        for (int i = 0; i < 16; i++) {
            identify(&t, &want, b->images + i * AREA, b->index[i], b->label[i]);
            last[step][i] = t.last;
            same += step > 0 && last[step][i] == last[step - 1][i];
        }
    }
    assert_in_range(same, 0, 16); /* of 80; one in 50 by chance */
    ds_loader_close(l);
}

static void augmentation_changes_from_epoch_to_epoch(void **state)
{
    struct ds_loader_want want = rich();

    (void)state;
    want.shuffle = false;
    record(&one, &want, 1, 0, 0, 7);
    record(&other, &want, 1, 1, 0, 7);
    assert_memory_equal(one.index, other.index, sizeof one.index);
    assert_memory_not_equal(one.images, other.images, sizeof one.images);
}

static void rotation_does_not_move_the_crop(void **state)
{
    struct ds_loader_want want = rich();
    float turned[AREA];

    (void)state;
    record(&one, &want, 1, 0, 0, 1);
    want.rotate = true;
    record(&other, &want, 1, 0, 0, 1);
    for (int i = 0; i < 16; i++) {
        for (int k = 0; k < AREA; k++) { /* undo the turn by its definition */
            int y = k / SIDE, x = k % SIDE;

            for (int q = 0; q < other.label[i]; q++) {
                const int from = x;

                x = SIDE - 1 - y;
                y = from;
            }
            turned[k] = one.images[i][y * SIDE + x];
        }
        assert_memory_equal(other.images[i], turned, sizeof turned);
    }
}

static void nothing_is_allocated_after_opening(void **state)
{
    struct ds_loader_want want = rich();
    struct ds_loader *l;
    struct ds_pool *pool;
    struct ds_err err;
    int before;

    (void)state;
    want.rotate = true;
    before = atomic_load(&allocations);
    l = opened(&want);
    assert_true(atomic_load(&allocations) > before); /* the counter counts */
    assert_int_equal(ds_pool_new(&pool, 2, &err), 0);
    before = atomic_load(&allocations);
    for (int i = 0; i < 30; i++) {
        ds_pool_run(pool, ds_loader_work(l), 1);
        ds_loader_failed(l, &err);
        ds_loader_batch(l);
        if (i == 20)
            ds_loader_seek(l, 3, 1);
    }
    assert_int_equal(atomic_load(&allocations), before);
    ds_pool_free(pool);
    ds_loader_close(l);
}

/* Of several broken pictures the first one in the batch is reported, whoever met it. */
static void the_first_broken_picture_is_named(void **state)
{
    struct ds_loader_want want = {.batch = 20,
                                  .n_indices = 40,
                                  .indices = all,
                                  .position = position,
                                  .mean = {0, 0, 0},
                                  .std = {1, 1, 1}};
    struct ds_source *folder;
    struct ds_loader *l;
    struct ds_err err;
    char name[64];

    (void)state;
    for (int i = 0; i < 40; i++) {
        snprintf(name, sizeof name, "f/train/a/%02d.png", i);
        put_png(name, i, 3, 4, 4);
    }
    assert_int_equal(ds_source_open(&folder, in_base("f"), DS_TRAIN, 0, &err), 0);
    put_text("f/train/a/13.png", "spoilt");
    put_text("f/train/a/07.png", "spoilt");
    want.source = folder;
    l = opened(&want);
    for (int threads = 1; threads <= 3; threads++) {
        struct ds_pool *pool;

        assert_int_equal(ds_pool_new(&pool, threads, &err), 0);
        ds_loader_seek(l, 0, 0);
        ds_pool_run(pool, ds_loader_work(l), 1);
        err = (struct ds_err){0};
        assert_int_equal(ds_loader_failed(l, &err), DS_DATA);
        assert_says(err, DS_DATA, "train/a/07.png: not a PNG or JPEG picture");
        for (int buffer = 0; buffer < 2; buffer++) { /* the next batch is well, in either */
            ds_loader_seek(l, 0, 1);
            ds_pool_run(pool, ds_loader_work(l), 1);
            assert_int_equal(ds_loader_failed(l, &err), 0);
            assert_int_equal(ds_loader_batch(l)->index[0], 20);
        }
        ds_pool_free(pool);
    }
    ds_loader_close(l);
    ds_source_close(folder);
}

/* Labels and indices only: no picture is made. */
static void names_need_no_pictures(void **state)
{
    struct ds_loader_want want = plain();
    struct ds_loader *l;
    struct ds_err err;

    (void)state;
    want.names_only = true;
    assert_int_equal(ds_loader_open(&l, &want, &err), 0);
    assert_int_equal(ds_loader_rows(l), COUNT);
    ds_pool_run(NULL, ds_loader_work(l), 1);
    assert_null(ds_loader_batch(l)->images);
    assert_int_equal(ds_loader_batch(l)->count, want.batch);
    for (int i = 0; i < want.batch; i++)
        assert_int_equal(
            ds_loader_batch(l)->label[i],
            want.position[ds_source_label(want.source, ds_loader_batch(l)->index[i])]);
    ds_loader_close(l);
}

static void impossible_wishes_are_refused(void **state)
{
    const int foreign[] = {0, COUNT}, negative[] = {-1};
    struct ds_source *oblong;
    struct ds_loader_want want = plain();
    struct ds_err err;

    (void)state;
    want.batch = 0;
    refused(&want, "set: 103 pictures in batches of 0; expected at least one of each");
    want = plain();
    want.n_indices = 0;
    refused(&want, "set: 0 pictures in batches of 16");
    want = plain();
    want.pad = -1;
    refused(&want, "crops padded by -1 pixels, expected 0 to 16384");
    want.pad = 16385;
    refused(&want, "crops padded by 16385 pixels");
    want = plain();
    want.std[0] = 0;
    refused(&want, "mean 0.25 and deviation 0 of channel 0; expected finite numbers");
    want.std[0] = INFINITY;
    refused(&want, "mean 0.25 and deviation inf of channel 0; expected finite numbers");
    want.std[0] = 1;
    want.mean[0] = NAN;
    refused(&want, "mean nan and deviation 1 of channel 0");
    want = plain();
    want.indices = foreign;
    want.n_indices = 2;
    refused(&want, "picture 103 was asked for, there are 0 to 102");
    want.indices = negative;
    want.n_indices = 1;
    refused(&want, "picture -1 was asked for");
    put_idx("oblong", "train", (const int[]){0, 1}, 2, 3, 4);
    assert_int_equal(ds_source_open(&oblong, in_base("oblong"), DS_TRAIN, 0, &err), 0);
    want = plain();
    want.source = oblong;
    want.n_indices = 2;
    want.rotate = true;
    refused(&want, "oblong: rotation turns square pictures, these are 4 x 3");
    ds_source_close(oblong);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unaugmented_batches_are_the_pictures),
        cmocka_unit_test(threads_do_not_matter),
        cmocka_unit_test(a_seek_continues_the_same_stream),
        cmocka_unit_test(a_seek_forgets_where_it_was),
        cmocka_unit_test(each_epoch_is_another_permutation),
        cmocka_unit_test(seeds_differ),
        cmocka_unit_test(the_buffers_take_turns),
        cmocka_unit_test(a_large_batch_is_one_short_batch),
        cmocka_unit_test(augmentation_is_even),
        cmocka_unit_test(each_position_of_the_epoch_has_its_own),
        cmocka_unit_test(augmentation_changes_from_epoch_to_epoch),
        cmocka_unit_test(rotation_does_not_move_the_crop),
        cmocka_unit_test(nothing_is_allocated_after_opening),
        cmocka_unit_test(the_first_broken_picture_is_named),
        cmocka_unit_test(names_need_no_pictures),
        cmocka_unit_test(impossible_wishes_are_refused),
    };

    return cmocka_run_group_tests(tests, open_source, close_source);
}
