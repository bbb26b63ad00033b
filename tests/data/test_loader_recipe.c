/* tests/data/test_loader_recipe.c -- batches made by recipes: what they hold, the same bytes
 * for any number of threads, nothing allocated on the way, and refusals. */
#define _GNU_SOURCE
#include "tests/data/loader_help.h"

#include "tests/data/jpeg_help.h"

/* A folder of pictures of many sizes, JPEG and PNG. */
static struct ds_source *mixed_folder(const char *name)
{
    struct ds_source *s;
    struct ds_err err;
    char file[64];

    for (int i = 0; i < 30; i++) {
        const struct jpeg_look look = {
            .width = 20 + 3 * i, .height = 90 - 2 * i, .components = 3, .progressive = i & 1};

        snprintf(file, sizeof file, "%s/train/%c/%02d.%s", name, 'a' + i % CLASSES, i,
                 i % 3 ? "jpg" : "png");
        if (i % 3) {
            struct jpeg_file f = jpeg_encode(&look);

            put(file, f.bytes, f.n);
            free(f.bytes);
        } else {
            put_png(file, i, i % 2 ? 3 : 1, 10 + i, 40 - i);
        }
    }
    if (ds_source_open(&s, in_base(name), DS_TRAIN, SIDE, &err))
        fail_msg("%s", err.text);
    return s;
}

/* Every picture is a pure function of seed, epoch and place, whoever decodes it. */
static void recipes_do_not_depend_on_threads(void **state)
{
    static float one_images[12][3 * AREA], other_images[12][3 * AREA];
    struct ds_recipe recipe;
    struct ds_source *folder = mixed_folder("mixed");
    struct ds_loader_want want = {.source = folder,
                                  .indices = all,
                                  .n_indices = 30,
                                  .position = position,
                                  .batch = 12,
                                  .shuffle = true,
                                  .flip = true,
                                  .std = {1, 1, 1},
                                  .seed = 4,
                                  .recipe = &recipe};
    struct ds_err err;

    (void)state;
    assert_int_equal(
        ds_recipe_parse(&recipe, "autoaugment cifar10, random-crop size bicubic", SIDE, &err),
        0);
    for (int threads = 1; threads <= 4; threads++)
        for (int begin = 0; begin < 3; begin++) { /* batches 0..3: the last one is of epoch 1 */
            struct ds_loader *l = opened(&want);
            struct ds_pool *pool;

            assert_int_equal(ds_pool_new(&pool, threads, &err), 0);
            ds_loader_seek(l, 0, begin);
            for (int s = begin; s < 4; s++)
                memcpy(other_images, next(l, pool)->images, sizeof other_images);
            if (threads == 1 && begin == 0)
                memcpy(one_images, other_images, sizeof one_images);
            assert_memory_equal(one_images, other_images, sizeof one_images);
            ds_pool_free(pool);
            ds_loader_close(l);
        }
    ds_source_close(folder);
}

static void a_batch_holds_what_the_recipe_makes(void **state)
{
    struct ds_source *resized;
    struct ds_recipe recipe;
    struct ds_loader_want want = plain();
    struct ds_room room = {0};
    struct ds_loader *l;
    struct ds_pool *pool;
    struct ds_err err;
    const float *first;
    uint8_t bytes[144];
    int before;

    (void)state;
    assert_int_equal(ds_source_open(&resized, in_base("set"), DS_TRAIN, 12, &err), 0);
    assert_int_equal(ds_recipe_parse(&recipe, "random-crop 12 bicubic", 0, &err), 0);
    want.source = resized;
    want.recipe = &recipe;
    want.mean[0] = 0;
    want.std[0] = 1;
    l = opened(&want);
    assert_int_equal(ds_pool_new(&pool, 2, &err), 0);
    next(l, pool);
    before = atomic_load(&allocations);
    for (int step = 1; step < 20; step++) {
        const struct ds_batch *b = next(l, pool);
        const uint64_t stream =
            ds_rng_sub(ds_rng_stream(want.seed, "recipe"), (uint64_t)(step / 7));

        assert_int_equal(atomic_load(&allocations), before);
        for (int i = 0; i < b->count; i++) {
            assert_int_equal(ds_source_make(resized, b->index[i], &recipe, stream,
                                            (uint64_t)(16 * (step % 7) + i), bytes, &room,
                                            &err),
                             0);
            for (int k = 0; k < 144; k++)
                assert_true(b->images[i * 144 + k] == (float)(bytes[k] / 255.0));
        }
        before = atomic_load(&allocations);
    }
    ds_pool_free(pool);
    ds_loader_close(l);
    want.recipe = NULL; /* the source's own */
    l = opened(&want);
    assert_int_equal(ds_source_read(resized, 3, bytes, &err), 0);
    first = next(l, NULL)->images;
    for (int k = 0; k < 144; k++)
        assert_true(first[3 * 144 + k] == (float)(bytes[k] / 255.0));
    ds_loader_close(l);
    ds_room_clear(&room);
    ds_source_close(resized);
}

static void recipes_that_do_not_fit_are_refused(void **state)
{
    struct ds_source *folder = mixed_folder("mixed2"), *raw;
    struct ds_loader_want want = plain();
    struct ds_recipe flip, larger, wider, vast;
    struct ds_loader *l;
    struct ds_err err;

    (void)state;
    assert_int_equal(ds_recipe_parse(&flip, "flip", 0, &err), 0);
    assert_int_equal(ds_recipe_parse(&larger, "random-crop 9 bicubic", 0, &err), 0);
    want.recipe = &larger;
    refused(&want,
            "set: the training recipe makes 9 x 9 pixels, evaluation 7 x 7; both must be");
    assert_int_equal(ds_recipe_parse(&wider, "resize 9x7 bilinear", 0, &err), 0);
    want.recipe = &wider;
    refused(&want, "set: the training recipe makes 9 x 7 pixels, evaluation 7 x 7");
    assert_int_equal(ds_recipe_parse(&wider, "resize 7x9 bilinear", 0, &err), 0);
    refused(&want, "set: the training recipe makes 7 x 9 pixels, evaluation 7 x 7");
    put_idx("oblong", "train", (const int[]){0, 1}, 2, 3, 4);
    assert_int_equal(ds_source_open(&raw, in_base("oblong"), DS_TRAIN, 0, &err), 0);
    assert_int_equal(ds_recipe_parse(&vast, "resize 16000 bilinear", 0, &err), 0);
    want.source = raw;
    want.n_indices = 2;
    want.recipe = &vast;
    assert_int_equal(ds_loader_open(&l, &want, &err), DS_DATA);
    assert_says(err, DS_DATA, "oblong: ");
    ds_source_close(raw);
    want.recipe = &larger;
    want.source = folder;
    want.n_indices = 30;
    want.std[1] = want.std[2] = 1;
    refused(&want, "mixed2: the training recipe makes 9 x 9 pixels, evaluation 7 x 7");
    want.recipe = &flip;
    refused(&want, "mixed2: the training recipe leaves pictures of different sizes; end it");
    ds_source_close(folder);
    assert_int_equal(ds_source_open(&raw, in_base("mixed2"), DS_TRAIN, 0, &err), 0);
    want.source = raw;
    want.recipe = NULL;
    refused(&want,
            "mixed2: pictures of 13 x 10 to 107 x 88 pixels; choose one size for all with");
    ds_source_close(raw);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(recipes_do_not_depend_on_threads),
        cmocka_unit_test(a_batch_holds_what_the_recipe_makes),
        cmocka_unit_test(recipes_that_do_not_fit_are_refused),
    };

    return cmocka_run_group_tests(tests, open_source, close_source);
}
