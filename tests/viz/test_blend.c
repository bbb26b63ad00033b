/* tests/viz/test_blend.c -- pictures of the window are those of the page. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/base/rng.h"
#include "viz/page/blend.h"

enum { W = 211, H = 173, GH = 7, GW = 9 };

static uint8_t *noise(int w, int h)
{
    uint8_t *p = malloc((size_t)w * (size_t)h * 3);

    for (int i = 0; i < w * h * 3; i++)
        p[i] = (uint8_t)(255 * ds_rng_unit(ds_rng_stream(3, "pixels"), (uint64_t)i));
    return p;
}

static void fill(float *map, int n)
{
    for (int i = 0; i < n; i++)
        map[i] = (float)(0.01 + 0.04 * ds_rng_unit(ds_rng_stream(5, "map"), (uint64_t)i));
}

/* Largest and mean difference of a channel, in 1/255. */
static double differ(const uint32_t *pixels, const struct ds_raster *r, double *mean)
{
    double most = 0, sum = 0;

    for (int i = 0; i < W * H; i++)
        for (int c = 0; c < 3; c++) {
            const double d = fabs((double)(pixels[i] >> (16 - 8 * c) & 255) -
                                  255 * (double)r->rgb[3 * i + c]);

            most = fmax(most, d);
            sum += d;
        }
    *mean = sum / (3 * W * H);
    return most;
}

static void compare(int iw, int ih, bool smooth)
{
    uint32_t *out = malloc(W * H * sizeof *out);
    uint8_t *pixels = noise(iw, ih);
    struct ds_raster r;
    struct ds_cmap cmap;
    struct ds_err err = {0};
    float map[GH * GW];
    double mean;

    fill(map, GH * GW);
    assert_int_equal(ds_cmap_find(&cmap, "magma", &err), 0);
    assert_int_equal(ds_raster_init(&r, W, H, &err), 0);
    ds_raster_image(&r, pixels, iw, ih);
    assert_int_equal(
        ds_blend_image(out, W, W, H, pixels, iw, ih, (struct ds_lens){0, 0, 1, 1}, &err), 0);
    assert_true(differ(out, &r, &mean) <= 1.01);
    {
        const struct ds_paint paint = {&cmap, 0.012, 0.045, 0.8, smooth};

        ds_raster_overlay(&r, map, GH, GW, &paint);
        assert_int_equal(
            ds_blend_map(out, W, W, H, map, GH, GW, (struct ds_lens){0, 0, 1, 1}, &paint, &err),
            0);
    }
    assert_true(differ(out, &r, &mean) <= 4);
    assert_true(mean < 0.6);
    ds_raster_clear(&r);
    free(pixels);
    free(out);
}

static void test_as_on_paper(void **state)
{
    (void)state;
    compare(28, 28, true); /* pixels are kept */
    compare(28, 28, false);
    compare(640, 480, true); /* shrunk */
    compare(120, 100, true); /* enlarged and filtered */
}

/* Looking through a lens is looking at a part of the whole. */
static void test_lens(void **state)
{
    uint32_t whole[64 * 64], part[32 * 32];
    uint8_t *pixels = noise(16, 16);
    struct ds_err err = {0};

    (void)state;
    assert_int_equal(
        ds_blend_image(whole, 64, 64, 64, pixels, 16, 16, (struct ds_lens){0, 0, 1, 1}, &err),
        0);
    assert_int_equal(ds_blend_image(part, 32, 32, 32, pixels, 16, 16,
                                    (struct ds_lens){0.25, 0.5, 0.75, 1}, &err),
                     0);
    for (int j = 0; j < 32; j++)
        assert_memory_equal(part + 32 * j, whole + 64 * (j + 32) + 16, 32 * sizeof *part);
    free(pixels);
}

/* What is no number is hatched there and nowhere else; a difference of 0 leaves the image. */
static void test_odd_values(void **state)
{
    uint32_t out[60 * 60], ground[60 * 60];
    float map[9] = {0, 0, 0, 0, NAN, 0, 0, 0, INFINITY};
    struct ds_cmap cmap;
    struct ds_err err = {0};
    int hatched[9] = {0};

    (void)state;
    assert_int_equal(ds_cmap_find(&cmap, "vlag", &err), 0);
    for (int smooth = 0; smooth < 2; smooth++) {
        const struct ds_paint paint = {&cmap, -1, 1, 0.9, smooth};

        memset(hatched, 0, sizeof hatched);
        for (int i = 0; i < 3600; i++)
            out[i] = ground[i] = 0xff000000u | (uint32_t)i * 2654435761u % 0xffffffu;
        assert_int_equal(ds_blend_map(out, 60, 60, 60, map, 3, 3, (struct ds_lens){0, 0, 1, 1},
                                      &paint, &err),
                         0);
        for (int j = 0; j < 60; j++)
            for (int i = 0; i < 60; i++)
                hatched[j / 20 * 3 + i / 20] +=
                    out[60 * j + i] == 0xff3a3a3au || out[60 * j + i] == 0xffd0d0d0u;
        for (int cell = 0; cell < 9; cell++)
            assert_int_equal(hatched[cell], cell == 4 || cell == 8 ? 400 : 0);
        if (!smooth)
            assert_memory_equal(out, ground, 20 * sizeof *out); /* up to rounding: none here */
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_as_on_paper),
        cmocka_unit_test(test_lens),
        cmocka_unit_test(test_odd_values),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
