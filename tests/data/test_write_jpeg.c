/* tests/data/test_write_jpeg.c -- what was written as JPEG is read back, nearly the same. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>

#include "data/image/write_jpeg.h"

enum { W = 61, H = 43 };

/* Colours that run in all directions, and a hard edge of red on blue: 4:2:0 would smear it. */
static void paint(uint8_t *rgb)
{
    for (int y = 0; y < H; y++)
        for (int x = 0; x < W; x++) {
            uint8_t *p = rgb + (y * W + x) * 3;

            p[0] = (uint8_t)(x < W / 2 ? 4 * x : 220);
            p[1] = (uint8_t)(x < W / 2 ? 5 * y : 20);
            p[2] = (uint8_t)(x < W / 2 ? 255 - 3 * x : y < H / 2 ? 20 : 230);
        }
}

static void decode(uint8_t *rgb, const unsigned char *bytes, size_t n)
{
    struct jpeg_decompress_struct d;
    struct jpeg_error_mgr trouble;

    d.err = jpeg_std_error(&trouble);
    jpeg_create_decompress(&d);
    jpeg_mem_src(&d, bytes, n);
    assert_int_equal(jpeg_read_header(&d, TRUE), JPEG_HEADER_OK);
    assert_int_equal(d.image_width, W);
    assert_int_equal(d.image_height, H);
    for (int i = 0; i < 3; i++)
        assert_true(d.comp_info[i].h_samp_factor == 1 && d.comp_info[i].v_samp_factor == 1);
    jpeg_start_decompress(&d);
    while (d.output_scanline < d.output_height) {
        JSAMPROW row = rgb + (size_t)d.output_scanline * W * 3;

        jpeg_read_scanlines(&d, &row, 1);
    }
    jpeg_finish_decompress(&d);
    jpeg_destroy_decompress(&d);
}

static double mean_error(const uint8_t *a, const uint8_t *b)
{
    double sum = 0;

    for (int i = 0; i < W * H * 3; i++)
        sum += abs(a[i] - b[i]);
    return sum / (W * H * 3);
}

static void pictures_come_back(void **state)
{
    static const struct {
        int quality;
        double most;
    } row[] = {{100, 0.8}, {92, 2}, {50, 8}};
    static uint8_t in[W * H * 3], out[W * H * 3];
    size_t before = (size_t)-1;
    struct ds_err err;

    (void)state;
    paint(in);
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        unsigned char *bytes, *again;
        size_t n, m;

        assert_int_equal(ds_jpeg_encode(&bytes, &n, in, W, H, row[i].quality, &err), 0);
        assert_int_equal(ds_jpeg_encode(&again, &m, in, W, H, row[i].quality, &err), 0);
        assert_int_equal(n, m);
        assert_memory_equal(bytes, again, n);
        assert_true(n < before); /* worse is smaller */
        before = n;
        decode(out, bytes, n);
        if (mean_error(in, out) > row[i].most)
            fail_msg("quality %d: mean error %.2f", row[i].quality, mean_error(in, out));
        free(bytes);
        free(again);
    }
}

static void impossible_sizes_are_refused(void **state)
{
    static const int wrong[][2] = {{0, 1}, {1, 0}, {-5, 4}, {70000, 1}};
    unsigned char *bytes;
    size_t n;
    struct ds_err err;

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_int_equal(ds_jpeg_encode(&bytes, &n, NULL, wrong[i][0], wrong[i][1], 90, &err),
                         DS_USAGE);
        assert_null(bytes);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pictures_come_back),
        cmocka_unit_test(impossible_sizes_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
