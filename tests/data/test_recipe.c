/* tests/data/test_recipe.c -- recipes as text, their refusals, and what they draw. That their
 * pixels are Pillow's is checked by check_images.py. */
#define _GNU_SOURCE
#include "tests/data/source_help.h"

#include <math.h>

#include "data/image/recipe.h"
#include "data/image/transform.h"

static struct ds_recipe parsed(const char *text, int size)
{
    struct ds_recipe r;
    struct ds_err err;

    if (ds_recipe_parse(&r, text, size, &err))
        fail_msg("%s", err.text);
    return r;
}

static void recipes_go_round(void **state)
{
    static const char *const texts[] = {
        "none",
        "resize 248 bicubic, crop 224",
        "resize 224x224 bicubic",
        "resize 300x200 bilinear, crop 192x100",
        "autoaugment cifar10, random-crop 224 bicubic",
        "autoaugment imagenet, random-crop 96 bilinear 0.2, flip",
        "random-crop 96x64 bilinear 0.333, pad-crop 4, flip",
        "resize 8 bilinear, resize 8 bilinear, resize 8 bilinear, resize 8 bilinear, "
        "resize 8 bilinear, resize 8 bilinear, resize 8 bilinear, resize 8 bilinear",
        "random-crop 16384x16383 bilinear 0.12345678901234567, random-crop 16384x16383 "
        "bilinear "
        "0.12345678901234567, random-crop 16384x16383 bilinear 0.12345678901234567, "
        "random-crop "
        "16384x16383 bilinear 0.12345678901234567, random-crop 16384x16383 bilinear "
        "0.12345678901234567, random-crop 16384x16383 bilinear 0.12345678901234567, "
        "random-crop "
        "16384x16383 bilinear 0.12345678901234567, random-crop 16384x16383 bilinear "
        "0.12345678901234567"};
    char text[DS_RECIPE_TEXT];

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        const struct ds_recipe r = parsed(texts[i], 0);
        struct ds_recipe again;

        ds_recipe_print(text, &r);
        if (i < 8)
            assert_string_equal(text, texts[i]);
        again = parsed(text, 0);
        assert_int_equal(again.count, r.count);
        for (int s = 0; s < r.count; s++) {
            assert_int_equal(again.step[s].kind, r.step[s].kind);
            assert_int_equal(again.step[s].width, r.step[s].width);
            assert_int_equal(again.step[s].height, r.step[s].height);
            assert_int_equal(again.step[s].filter, r.step[s].filter);
            assert_int_equal(again.step[s].policy, r.step[s].policy);
            assert_true(again.step[s].least == r.step[s].least);
        }
    }
}

static void names_follow_the_networks_size(void **state)
{
    static const struct {
        const char *key;
        int size;
        const char *text;
    } want[] = {
        {"timm", 224, "resize 248 bicubic, crop 224"},
        {"timm", 384, "resize 426 bicubic, crop 384"},
        {"cifar", 224, "resize 224x224 bicubic"},
        {"imagenet", 224, "resize 256x256 bilinear, crop 224"},
        {"clip", 336, "resize 336 bicubic, crop 336"},
        {"dinov2", 224, "resize 256 bicubic, crop 224"},
        {"imagenet-256", 224, "resize 256 bicubic, crop 224"},
        {"cifar-train", 224, "autoaugment cifar10, random-crop 224 bicubic"},
        {"imagenet-train", 64, "autoaugment imagenet, random-crop 64 bilinear"},
        {"crop-flip", 32, "random-crop 32 bicubic, flip"},
        {"none", 0, "none"},
    };
    char text[DS_RECIPE_TEXT];
    int names = 0;

    (void)state;
    for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
        const struct ds_recipe r = parsed(want[i].key, want[i].size);

        assert_string_equal(ds_recipe_print(text, &r), want[i].text);
    }
    for (; ds_recipe_named(names); names++) { /* every name works, and says whose it is */
        const struct ds_recipe r = parsed(ds_recipe_named(names)->key, 224);
        int h = 0, w = 0;

        assert_true(strlen(ds_recipe_named(names)->source) > 10);
        if (r.count) {
            assert_true(ds_recipe_fixed(&r, &h, &w));
            assert_int_equal(h, 224);
            assert_int_equal(w, 224);
        }
    }
    assert_int_equal(names, 10);
    assert_null(ds_recipe_named(-1));
}

static void refused(const char *text, int size, const char *words)
{
    struct ds_recipe r;
    struct ds_err err = {0};

    assert_int_equal(ds_recipe_parse(&r, text, size, &err), DS_USAGE);
    assert_int_equal(r.count, 0);
    assert_says(err, DS_USAGE, words);
}

static void nonsense_is_refused(void **state)
{
    (void)state;
    refused("", 0, "recipe '': it is empty; write none for no step");
    refused("resize 8 bicubic,", 0, "there is an empty step in it");
    refused("resize 8 bicubic, , flip", 0, "there is an empty step in it");
    refused("resise 8 bicubic", 0,
            "recipe 'resise 8 bicubic': there is no step 'resise', did you "
            "mean 'resize'?; expected resize, crop");
    refused("turn 8", 0, "there is no step 'turn'; expected resize, crop, random-crop");
    refused("tim", 224, "there is no step 'tim'");
    refused("flip, none", 0, "there is no step 'none'");
    refused("resize", 0, "'resize' lacks its size");
    refused("resize 8", 0, "a step lacks its filter, expected bilinear or bicubic");
    refused("resize 8 lanczos", 0, "'lanczos', expected bilinear or bicubic");
    refused("resize 8 bicubik", 0, "'bicubik' is no filter, did you mean 'bicubic'?");
    refused("resize 8 bicubic 3", 0, "'3' is too much in a step 'resize'");
    refused("flip 3", 0, "'3' is too much in a step 'flip'");
    refused("autoaugment", 0, "a step lacks its policy, expected cifar10 or imagenet");
    refused("autoaugment cifar", 0, "'cifar' is no policy, did you mean 'cifar10'?");
    refused("crop 0", 0, "'0' is no size, expected a number of 1 to 16384 pixels");
    refused("crop 16385", 0, "'16385' is no size");
    refused("crop 2.5", 0, "'2.5' is no size");
    refused("crop 1e2x", 0, "'' is no size");
    refused("crop nan", 0, "'nan' is no size");
    refused("crop -3", 0, "'-3' is no size");
    refused("crop size", 0, "'size' needs the size of the network's input");
    refused("timm", 0, "recipe 'timm': 'size/0.9' needs the size of the network's input");
    refused("crop size/0", 8, "'size/0' is no size");
    refused("crop size/x", 8, "'size/' is no size");
    refused("crop sizes", 8, "'sizes' is no size");
    refused("random-crop 8 bicubic 0", 0, "'0' is no share of the area, expected 0.01 to 1");
    refused("random-crop 8 bicubic 1.1", 0, "'1.1' is no share of the area");
    refused("random-crop 8 bicubic half", 0, "'half' is no share of the area");
    refused("pad-crop 4x4", 0, "pad-crop by '4x4', expected 1 to 512 pixels");
    refused("pad-crop 513", 0, "pad-crop by '513', expected 1 to 512 pixels");
    refused("resize 1 bicubic 3 4 5 6", 0, "has too many words, or too long ones");
    refused("crop 0000000000000000000000000000000000000000000000000000000000000008", 0,
            "has too many words, or too long ones");
    refused("flip,flip,flip,flip,flip,flip,flip,flip,flip", 0, "more than 8 steps");
}

static struct ds_picture test_picture(int channels, int height, int width)
{
    struct ds_picture p = {.channels = channels, .height = height, .width = width};

    p.pixels = malloc((size_t)(channels * height * width));
    assert_non_null(p.pixels);
    for (int c = 0; c < channels; c++)
        for (int y = 0; y < height; y++)
            for (int x = 0; x < width; x++)
                p.pixels[(c * height + y) * width + x] = pixel(1, c, y, x);
    return p;
}

static void apply(uint8_t *out, const char *text, const struct ds_picture *p, int channels,
                  uint64_t index)
{
    const struct ds_recipe r = parsed(text, 0);
    struct ds_room room = {0};
    struct ds_err err;

    if (ds_recipe_apply(out, &r, p, channels, 9, index, &room, &err))
        fail_msg("%s", err.text);
    ds_room_clear(&room);
}

static void random_steps_depend_on_the_index_alone(void **state)
{
    static const char *const texts[] = {"autoaugment cifar10, random-crop 24 bicubic, flip",
                                        "random-crop 24 bilinear",
                                        "resize 24x24 bicubic, pad-crop 4"};
    struct ds_picture p = test_picture(3, 40, 50);
    uint8_t a[3 * 24 * 24], b[sizeof a];

    (void)state;
    for (size_t t = 0; t < sizeof texts / sizeof *texts; t++) {
        const struct ds_recipe r = parsed(texts[t], 0);
        int same = 0;

        assert_true(ds_recipe_random(&r));
        for (uint64_t i = 0; i < 50; i++) {
            apply(a, texts[t], &p, 3, i);
            apply(b, texts[t], &p, 3, i);
            assert_memory_equal(a, b, sizeof a);
            apply(b, texts[t], &p, 3, i + 1);
            same += !memcmp(a, b, sizeof a);
        }
        assert_in_range(same, 0, 5);
    }
    ds_picture_clear(&p);
}

static void flips_are_even(void **state)
{
    struct ds_picture p = test_picture(1, 5, 6);
    uint8_t flipped[30], out[30];
    int n = 0;

    (void)state;
    ds_image_flip(flipped, p.pixels, 1, 5, 6);
    for (uint64_t i = 0; i < 1000; i++) {
        apply(out, "flip", &p, 1, i);
        if (memcmp(out, p.pixels, sizeof out)) {
            assert_memory_equal(out, flipped, sizeof out);
            n++;
        }
    }
    assert_in_range(n, 400, 600);
    ds_picture_clear(&p);
}

static void grey_and_colour(void **state)
{
    struct ds_picture grey = test_picture(1, 9, 7), colour = test_picture(3, 9, 7);
    uint8_t out[3 * 63];

    (void)state;
    apply(out, "none", &grey, 3, 0);
    for (int c = 0; c < 3; c++)
        assert_memory_equal(out + 63 * c, grey.pixels, 63);
    apply(out, "none", &colour, 1, 0);
    for (int i = 0; i < 63; i++)
        assert_int_equal(out[i], (19595 * colour.pixels[i] + 38470 * colour.pixels[63 + i] +
                                  7471 * colour.pixels[126 + i] + 32768) >>
                                     16);
    apply(out, "none", &colour, 3, 0);
    assert_memory_equal(out, colour.pixels, sizeof out);
    apply(out, "crop 11x7", &grey, 1, 0); /* wider than it is: black on both sides */
    for (int i = 0; i < 77; i++)
        assert_int_equal(
            out[i], i % 11 < 2 || i % 11 > 8 ? 0 : grey.pixels[7 + i / 11 * 7 + i % 11 - 2]);
    ds_picture_clear(&grey);
    ds_picture_clear(&colour);
}

/* The mean share of the area in 20000 draws of torchvision 0.14 on a square. */
#define AREA 0.480

/* Area and shape of a window as the definition has them, up to rounding to pixels. */
static void random_windows_are_allowed_ones(void **state)
{
    static const int sides[][2] = {{40, 50}, {224, 224}, {300, 31}, {7, 90},
                                   {1, 1},   {3, 2},     {2, 900}};
    double areas = 0, logs = 0;

    (void)state;
    for (size_t s = 0; s < sizeof sides / sizeof *sides; s++)
        for (uint64_t i = 0; i < 2000; i++) {
            const int h = sides[s][0], w = sides[s][1];
            const struct ds_window v = ds_crop_random(h, w, 0.08, ds_rng_sub(3, i));

            assert_in_range(v.height, 1, h);
            assert_in_range(v.width, 1, w);
            assert_in_range(v.top, 0, h - v.height);
            assert_in_range(v.left, 0, w - v.width);
            if (s != 1)
                continue;
            assert_true((v.width + 0.5) / (v.height - 0.5) > 3.0 / 4);
            assert_true((v.width - 0.5) / (v.height + 0.5) < 4.0 / 3);
            areas += (double)v.height * v.width / (h * w) / 2000;
            logs += log((double)v.width / v.height) / 2000;
        }
    assert_true(fabs(areas - AREA) < 0.02); /* of torchvision; large ones fit less often */
    assert_true(fabs(logs) < 0.02);
    for (uint64_t i = 0; i < 20; i++) { /* all of the area, in one shape only: none is found */
        const struct ds_window v = ds_crop_random(4000, 3500, 1, ds_rng_sub(3, i));

        assert_true(v.height == 4000 && v.width == 3500 && !v.top && !v.left);
    }
}

static void shapes_and_limits(void **state)
{
    const struct ds_recipe shorter = parsed("resize 248 bicubic, crop 224", 0);
    const struct ds_recipe open =
        parsed("resize 300x200 bilinear, resize 100 bilinear, flip", 0);
    const struct ds_recipe large = parsed("resize 9000x9000 bilinear", 0);
    const struct ds_recipe unfixed = parsed("resize 100 bilinear", 0);
    struct ds_picture p = test_picture(1, 1, 100);
    struct ds_room room = {0};
    struct ds_err err;
    uint8_t out[1];
    int h = 375, w = 500;

    (void)state;
    assert_int_equal(ds_recipe_shape(&shorter, &h, &w, &err), 0);
    assert_int_equal(h, 224);
    assert_false(ds_recipe_random(&shorter));
    assert_true(ds_recipe_random(&open));
    assert_true(ds_recipe_fixed(&open, &h, &w));
    assert_int_equal(h, 100);
    assert_int_equal(w, 150);
    assert_false(ds_recipe_fixed(&unfixed, &h, &w));
    assert_int_equal(ds_recipe_apply(out, &shorter, &p, 1, 0, 0, &room, &err), DS_DATA);
    assert_says(err, DS_DATA,
                "100 x 1 pixels with the short side at 248 are more than 16384 a");
    assert_int_equal(ds_recipe_apply(out, &large, &p, 1, 0, 0, &room, &err), DS_DATA);
    assert_says(err, DS_DATA, "a step makes 9000 x 9000 pixels of 100 x 1, at most 64 million");
    assert_null(room.bytes);
    assert_int_equal(ds_recipe_shape(&large, &h, &w, &err), DS_DATA);
    assert_says(err, DS_DATA, "a step makes 9000 x 9000 pixels of 150 x 100, at most 64");
    ds_picture_clear(&p);
}

static void the_room_grows_and_stays(void **state)
{
    const struct ds_recipe r = parsed("resize 20 bicubic, crop 16", 0);
    struct ds_picture small = test_picture(3, 30, 30), large = test_picture(3, 60, 60);
    struct ds_room room = {0};
    struct ds_err err;
    uint8_t out[3 * 256];
    size_t size;

    (void)state;
    assert_int_equal(ds_recipe_apply(out, &r, &small, 3, 0, 0, &room, &err), 0);
    size = room.size;
    assert_int_equal(ds_recipe_apply(out, &r, &large, 3, 0, 0, &room, &err), 0);
    assert_true(room.size > size);
    size = room.size;
    assert_int_equal(ds_recipe_apply(out, &r, &small, 3, 0, 0, &room, &err), 0);
    assert_int_equal(room.size, size);
    ds_room_clear(&room);
    ds_picture_clear(&small);
    ds_picture_clear(&large);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(recipes_go_round),
        cmocka_unit_test(names_follow_the_networks_size),
        cmocka_unit_test(nonsense_is_refused),
        cmocka_unit_test(random_steps_depend_on_the_index_alone),
        cmocka_unit_test(flips_are_even),
        cmocka_unit_test(grey_and_colour),
        cmocka_unit_test(random_windows_are_allowed_ones),
        cmocka_unit_test(shapes_and_limits),
        cmocka_unit_test(the_room_grows_and_stays),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
