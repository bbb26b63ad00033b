/* tests/viz/test_raster.c -- resampling and blending. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "viz/page/raster.h"

static void small_pictures_keep_their_pixels(void **state)
{
    uint8_t pixels[3 * 5 * 3];
    struct ds_raster r;
    struct ds_err err;

    (void)state;
    for (int i = 0; i < 45; i++)
        pixels[i] = (uint8_t)(5 * i);
    assert_int_equal(ds_raster_init(&r, 50, 21, &err), 0);
    ds_raster_image(&r, pixels, 5, 3);
    for (int j = 0; j < 21; j++)
        for (int i = 0; i < 50; i++) {
            const uint8_t *p = pixels + ((j / 7) * 5 + i / 10) * 3;

            for (int k = 0; k < 3; k++)
                assert_true(r.rgb[(j * 50 + i) * 3 + k] == (float)p[k] / 255);
        }
    ds_raster_clear(&r);
    assert_null(r.rgb);
}

static void shrinking_keeps_the_mean(void **state)
{
    static uint8_t pixels[120 * 120 * 3];
    struct ds_raster r;
    struct ds_err err;
    double mean = 0;

    (void)state;
    for (int i = 0; i < 120 * 120; i++) /* a fine chequer: the worst case for aliasing */
        memset(pixels + 3 * i, (i + i / 120) % 2 ? 255 : 0, 3);
    assert_int_equal(ds_raster_init(&r, 20, 20, &err), 0);
    ds_raster_image(&r, pixels, 120, 120);
    for (int i = 0; i < 1200; i++) {
        assert_true(fabsf(r.rgb[i] - 0.5f) < 0.1f);
        mean += (double)r.rgb[i] / 1200;
    }
    assert_true(fabs(mean - 0.5) < 0.01);
    ds_raster_clear(&r);
}

static struct ds_cmap grey(void)
{
    struct ds_cmap m;
    struct ds_err err;

    assert_int_equal(ds_cmap_find(&m, "grey", &err), 0);
    return m;
}

static void a_smooth_map_invents_no_peak(void **state)
{
    const float map[] = {0, 0, 0, 0, 1, 0, 0, 0, 0};
    const struct ds_cmap m = grey();
    const struct ds_paint paint = {&m, 0, 1, 1, true};
    struct ds_raster r;
    struct ds_err err;
    float most = 0;

    (void)state;
    assert_int_equal(ds_raster_init(&r, 61, 61, &err), 0);
    ds_raster_overlay(&r, map, 3, 3, &paint);
    for (int i = 0; i < 61 * 61 * 3; i++) {
        assert_true(r.rgb[i] >= 0 && r.rgb[i] <= 1);
        most = fmaxf(most, r.rgb[i]);
    }
    assert_true(most > 0.99f && r.rgb[(30 * 61 + 30) * 3] == most); /* and loses none */
    ds_raster_clear(&r);
}

static void opacity_grows_with_the_value(void **state)
{
    const float map[] = {0, 0.5f, 1};
    const struct ds_cmap m = grey();
    const struct ds_paint paint = {&m, 0, 1, 0.8, false};
    const uint8_t pixels[9] = {200, 200, 200, 200, 200, 200, 200, 200, 200};
    struct ds_raster r;
    struct ds_err err;
    double alpha = 0.8 * sqrt(0.5);

    (void)state;
    assert_int_equal(ds_raster_init(&r, 3, 1, &err), 0);
    ds_raster_image(&r, pixels, 3, 1);
    ds_raster_overlay(&r, map, 1, 3, &paint);
    assert_true(fabs((double)r.rgb[0] - 200 / 255.0) < 1e-6); /* lo: the picture as it is */
    assert_true(fabs((double)r.rgb[3] - ((1 - alpha) * 200 / 255 + alpha * 128 / 255)) < 1e-5);
    assert_true(fabs((double)r.rgb[6] - (0.2 * 200 / 255 + 0.8)) < 1e-6);
    ds_raster_clear(&r);
}

static void a_flat_map_and_nan_are_harmless(void **state)
{
    const float flat[] = {0.3f, 0.3f, 0.3f, 0.3f}, holes[] = {NAN, 1, INFINITY, 0};
    const struct ds_cmap m = grey();
    const struct ds_paint none = {&m, 0.3, 0.3, 0.8, true}, paint = {&m, 0, 1, 1, true};
    struct ds_raster r;
    struct ds_err err;

    (void)state;
    assert_int_equal(ds_raster_init(&r, 24, 24, &err), 0);
    ds_raster_overlay(&r, flat, 2, 2, &none);
    for (int i = 0; i < 24 * 24 * 3; i++)
        assert_true(r.rgb[i] == 0);
    ds_raster_overlay(&r, holes, 2, 2, &paint);
    for (int i = 0; i < 24 * 24 * 3; i++)
        assert_true(isfinite(r.rgb[i]) && r.rgb[i] >= 0 && r.rgb[i] <= 1);
    assert_true(r.rgb[0] == 0.75f); /* hatched, not a colour */
    ds_raster_clear(&r);
}

static void impossible_sizes_are_refused(void **state)
{
    struct ds_raster r;
    struct ds_err err;

    (void)state;
    assert_int_equal(ds_raster_init(&r, 0, 5, &err), DS_USAGE);
    assert_int_equal(ds_raster_init(&r, 5, 100000, &err), DS_USAGE);
    assert_non_null(strstr(err.text, "--dpi"));
    assert_int_equal(ds_raster_side(0.001, 72), 1);
    assert_int_equal(ds_raster_side(72, 300), 300);
    assert_int_equal(ds_raster_side(1e9, 300), 8192);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(small_pictures_keep_their_pixels),
        cmocka_unit_test(shrinking_keeps_the_mean),
        cmocka_unit_test(a_smooth_map_invents_no_peak),
        cmocka_unit_test(opacity_grows_with_the_value),
        cmocka_unit_test(a_flat_map_and_nan_are_harmless),
        cmocka_unit_test(impossible_sizes_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
