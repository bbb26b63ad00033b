/* tests/data/test_resize.c -- pictures and maps in other sizes, where the numbers are easy.
 * That they are Pillow's and PyTorch's is checked by check_images.py. */
#define _GNU_SOURCE
#include "tests/data/source_help.h"

#include <math.h>

#include "data/image/resize.h"

/* Half a slope, across and down, as wide as all of it: steps of 5, and at the end of the box
 * the pixel behind it takes part. */
static void a_box_is_scaled_like_a_picture(void **state)
{
    static const uint8_t want[2][8] = {{0, 3, 8, 13, 18, 23, 28, 33},
                                       {38, 43, 48, 53, 58, 63, 68, 70}};
    static _Alignas(16) unsigned char scratch[1 << 12];
    uint8_t slope[64], out[64];

    (void)state;
    assert_true(ds_resize_scratch(8, 8, 8, 8, DS_BILINEAR) <= sizeof scratch);
    for (int down = 0; down < 2; down++)
        for (int half = 0; half < 2; half++) {
            const float from = half ? 4 : 0;
            const float box[4] = {down ? 0 : from, down ? from : 0, down ? 8 : from + 4,
                                  down ? from + 4 : 8};
            const struct ds_planes p = ds_planes_of(slope, 1, 8, 8);

            for (int i = 0; i < 64; i++)
                slope[i] = (uint8_t)(10 * (down ? i / 8 : i % 8));
            ds_resize(out, 8, 8, &p, box, DS_BILINEAR, scratch);
            for (int i = 0; i < 64; i++)
                assert_int_equal(out[i], want[half][down ? i / 8 : i % 8]);
        }
}

/* One row of numbers, and one column. */
static void maps_are_interpolated(void **state)
{
    static const struct {
        struct ds_resize_how how;
        int in, out;
        float from[4], to[4];
    } row[] = {
        {{.filter = DS_BILINEAR}, 2, 4, {1, 2}, {1, 1.25f, 1.75f, 2}},
        {{.filter = DS_BILINEAR}, 4, 2, {1, 2, 3, 4}, {1.5f, 3.5f}},
        {{.filter = DS_BILINEAR, .scale_y = 7, .scale_x = 7}, 2, 2, {1, 2}, {1, 2}},
        {{.filter = DS_BILINEAR, .antialias = true},
         4,
         2,
         {1, 2, 3, 4},
         {12 / 7.0f, 23 / 7.0f}},
        {{.filter = DS_BICUBIC, .a = -0.75}, 2, 4, {3, 3}, {3, 3, 3, 3}},
        {{.filter = DS_BICUBIC, .a = -0.75}, 4, 4, {1, 5, 2, 4}, {1, 5, 2, 4}},
        {{.filter = DS_BICUBIC, .a = -0.5, .antialias = true}, 4, 1, {3, 3, 3, 3}, {3}},
    };
    struct ds_err err;

    (void)state;
    for (size_t i = 0; i < sizeof row / sizeof *row; i++)
        for (int down = 0; down < 2; down++) {
            float out[4];

            assert_int_equal(ds_resize_floats(out, down ? row[i].out : 1, down ? 1 : row[i].out,
                                              row[i].from, down ? row[i].in : 1,
                                              down ? 1 : row[i].in, 1, &row[i].how, &err),
                             0);
            for (int k = 0; k < row[i].out; k++)
                assert_true(fabsf(out[k] - row[i].to[k]) < 1e-6f);
        }
}

static void impossible_resizes_of_maps_are_refused(void **state)
{
    static const struct {
        int oh, ow, ih, iw, channels;
        double scale_y, scale_x;
        const char *says;
    } row[] = {
        {0, 1, 2, 2, 1, 0, 0, "resizing 2 x 2 x 1 values to 0 x 1; expected at least one of"},
        {1, 0, 2, 2, 1, 0, 0, "resizing 2 x 2 x 1 values to 1 x 0"},
        {1, 1, 0, 2, 1, 0, 0, "resizing 0 x 2 x 1 values to 1 x 1"},
        {1, 1, 2, 0, 1, 0, 0, "resizing 2 x 0 x 1 values to 1 x 1"},
        {1, 1, 2, 2, 0, 0, 0, "resizing 2 x 2 x 0 values to 1 x 1"},
        {1, 1, 2, 2, 1, -1, 0, "resizing in steps of -1 and 2, expected numbers above 0"},
        {1, 1, 2, 2, 1, 0, -1, "resizing in steps of 2 and -1"},
        {1, 1, 2, 2, 1, INFINITY, 0, "resizing in steps of inf and 2"},
        {1, 1, 2, 2, 1, 0, INFINITY, "resizing in steps of 2 and inf"},
    };
    struct ds_resize_how how = {.filter = DS_BICUBIC, .antialias = true, .a = -0.5};
    struct ds_err err;
    float in[4] = {1, 2, 3, 4}, out[4];

    (void)state;
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        how.scale_y = row[i].scale_y;
        how.scale_x = row[i].scale_x;
        assert_int_equal(ds_resize_floats(out, row[i].oh, row[i].ow, in, row[i].ih, row[i].iw,
                                          row[i].channels, &how, &err),
                         DS_USAGE);
        assert_says(err, DS_USAGE, row[i].says);
    }
    how.scale_x = 0;
    how.scale_y = 1e6; /* far outside: the last row, and where the filter ends nothing */
    assert_int_equal(ds_resize_floats(out, 3, 1, in, 2, 2, 1, &how, &err), 0);
    assert_true(isfinite(out[0]) && isfinite(out[1]) && out[2] == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_box_is_scaled_like_a_picture),
        cmocka_unit_test(maps_are_interpolated),
        cmocka_unit_test(impossible_resizes_of_maps_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
